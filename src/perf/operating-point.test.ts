import { describe, expect, it } from 'vitest'
import { cellOf, resolveCoefficients } from './coefficients.ts'
import type { Engine } from './deployment.ts'
import { solveReplica } from './operating-point.ts'
import { aggregated, denseModel, device, fp8Precision, priorsOnly, shape } from './perf.fixture.ts'
import { rankFeatures } from './rank-features.ts'
import { Replica } from './replica.ts'
import { StepModel } from './step-time.ts'

const users = 64

function replicaOf(engine: Engine): Replica {
  const deployment = aggregated({ tensor: 4 }, { engine })
  const features = rankFeatures(denseModel, fp8Precision(), deployment.pool.parallelism, engine)
  const coefficients = resolveCoefficients(priorsOnly, cellOf('dense', denseModel, device, deployment))
  return new Replica({
    model: new StepModel(features, device, coefficients),
    engine,
    shape: { ...shape, inputTokens: 4000, outputTokens: 100 },
    speculation: null,
    role: 'both',
  })
}

function solve(engine: Engine, requests: number | null) {
  const solved = solveReplica(replicaOf(engine), { kind: 'closed', concurrency: users, requests }, 1, 1e6)
  if ('overload' in solved) throw new Error('closed loops do not overload')
  return solved
}

describe('closed loops whose requests come back together', () => {
  it('interrupt decoding with half of the prompts where prompts go first', () => {
    const replica = replicaOf('sglang')
    const waves = solve('sglang', users)
    const decoding = replica.decodeStep(users)
    const others = replica.prefillStep(0, 1, 1) * replica.chunks * (users - 1)
    expect(waves.benchmarkTpotSeconds).toBeCloseTo(decoding + others / 2 / 99, 6)
  })

  it('lose in the first token what decoding wins: a wave takes all prompts and all decoding', () => {
    const waves = solve('sglang', users)
    const replica = replicaOf('sglang')
    const decoding = replica.decodeStep(users) * 99
    const prompts = replica.burstSeconds(users) * 2
    const wave = waves.benchmarkTtftSeconds + waves.benchmarkTpotSeconds * 99
    expect(wave / (decoding + prompts)).toBeGreaterThan(0.9)
    expect(wave / (decoding + prompts)).toBeLessThan(1.1)
  })

  it('leave engines alone whose prompts ride along with decodes, and the steady state', () => {
    for (const engine of ['vllm', 'trtllm'] as const) {
      const solved = solve(engine, users)
      expect(solved.benchmarkTpotSeconds).toBe(solved.tpotSeconds)
    }
    expect(solve('sglang', null).benchmarkTpotSeconds).toBe(solve('sglang', null).tpotSeconds)
    expect(solve('sglang', 10 * users).tpotSeconds).toBe(solve('sglang', null).tpotSeconds)
  })

  it('weigh the first burst by its share of the requests', () => {
    const steady = solve('sglang', null).tpotSeconds
    const wave = solve('sglang', users).benchmarkTpotSeconds
    expect(solve('sglang', 10 * users).benchmarkTpotSeconds).toBeCloseTo(0.9 * steady + 0.1 * wave, 9)
  })
})
