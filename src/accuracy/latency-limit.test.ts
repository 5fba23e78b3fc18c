import { describe, expect, it } from 'vitest'
import type { AggregatedDeployment, Load } from '../perf/deployment.ts'
import { aggregated, denseModel, device, fp8Precision, priorsOnly, shape } from '../perf/perf.fixture.ts'
import { predict } from '../perf/predict.ts'
import { bestLayoutPredictor, largestRateWithin } from './latency-limit.ts'
import { examplePoint } from './rows/rows.fixture.ts'

const layout = (tensor: number, attentionData = 1): AggregatedDeployment => ({
  mode: 'aggregated',
  engine: 'trtllm',
  precision: fp8Precision(),
  speculation: null,
  pool: {
    acceleratorId: device.id,
    parallelism: { tensor, pipeline: 1, attentionData, expert: 1 },
    replicas: 1,
  },
})

const ask = (deployment: AggregatedDeployment) => (load: Load) => {
  const answer = predict({
    modelId: 'dense',
    architecture: denseModel,
    accelerator: device,
    deployment,
    shape,
    load,
    coefficients: priorsOnly,
  })
  return answer.feasible ? answer : null
}

const lookups = {
  architecture: (id: string) => (id === 'dense' ? denseModel : null),
  accelerator: (id: string) => (id === device.id ? device : null),
}

describe('largestRateWithin', () => {
  const deployment = layout(8)
  const rate = (ttftP99Ms: number, tpotP99Ms: number) =>
    largestRateWithin({ ttftP99Ms, tpotP99Ms }, deployment, ask(deployment))

  it('stays within both limits and uses what they allow', () => {
    const found = rate(3000, 30)!
    expect(found.tpot.p99Ms).toBeLessThanOrEqual(30)
    expect(found.ttft.p99Ms).toBeLessThanOrEqual(3000)
    const more = ask(deployment)({
      kind: 'open',
      requestsPerSecond: 1.02 * found.requestsPerSecond,
      arrivalVariation: 1,
    })
    expect(more === null || more.tpot.p99Ms > 30 || more.ttft.p99Ms > 3000).toBe(true)
  })

  it('grows with the limits, and is null where even an idle system misses them', () => {
    const rates = [25, 40, 80, 200].map(tpot => rate(5000, tpot)?.requestsPerSecond ?? 0)
    expect(rates).toEqual([...rates].sort((a, b) => a - b))
    expect(rate(1, 200)).toBeNull()
  })
})

describe('bestLayoutPredictor', () => {
  const best = bestLayoutPredictor(lookups, priorsOnly)
  const point = examplePoint({
    modelId: 'dense',
    deployment: aggregated({ tensor: 8 }),
    alternatives: [[layout(1), layout(4), layout(8)]],
    shape,
    load: { kind: 'offline' },
  })
  const output = (alternatives: readonly (readonly AggregatedDeployment[])[]) => {
    const outcome = best({ ...point, alternatives })
    return 'skipped' in outcome ? outcome.skipped : outcome.outputTokensPerSecondPerDevice!
  }

  it('takes the layout with most tokens', () => {
    const single = [1, 4, 8].map(size => output([[layout(size)]])).filter(value => typeof value === 'number')
    expect(output(point.alternatives!)).toBe(Math.max(...single))
  })

  it('goes on to the next list only when nothing of the first is feasible', () => {
    const second = output([[layout(8)]])
    expect(output([[layout(3)], [layout(8)]])).toBe(second)
    expect(output([[layout(8)], [layout(1)]])).toBe(second)
    expect(output([[layout(3)]])).toBe('no layout fits the memory and the latency limits')
  })

  it('names what the catalog lacks', () => {
    expect(best({ ...point, modelId: 'unknown/Model' })).toEqual({
      skipped: 'model not in the catalog: unknown/Model',
    })
  })
})
