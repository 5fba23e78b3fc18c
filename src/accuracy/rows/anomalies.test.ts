import { describe, expect, it } from 'vitest'
import type { MeasuredPoint } from '../measured-point.ts'
import {
  impliesTooMuchCompute,
  isPrefillStall,
  isQueueCollapse,
  looksEager,
  markLatencyAnomalies,
  markUtilisation,
} from './anomalies.ts'
import { suspectReasons } from './reasons.ts'
import { examplePhysics, examplePoint, unknownPhysics } from './rows.fixture.ts'

const closed = (concurrency: number) => ({ kind: 'closed', concurrency, requests: null }) as const

function marks(points: readonly MeasuredPoint[], campaign = 'one') {
  const candidates = points.map(point => ({ point, campaign }))
  return markLatencyAnomalies(candidates, examplePhysics).map(({ point }) => point.suspect)
}

describe('isQueueCollapse', () => {
  const collapsed = examplePoint({ load: closed(512), ttftMs: 20_000, tpotMs: 4.7 })

  it('sees requests that wait over four times their decoding', () => {
    expect(isQueueCollapse(collapsed)).toBe(true)
  })

  it('accepts long waits with slow decoding, and small loads', () => {
    expect(isQueueCollapse({ ...collapsed, tpotMs: 30 })).toBe(false)
    expect(isQueueCollapse({ ...collapsed, load: closed(16) })).toBe(false)
    expect(isQueueCollapse({ ...collapsed, ttftMs: null })).toBe(false)
  })
})

describe('isPrefillStall', () => {
  const stalled = examplePoint({ load: closed(4), nominalInputTokens: 8192, ttftMs: 5500 })

  it('sees long waits for few users', () => {
    expect(isPrefillStall(stalled)).toBe(true)
    expect(isPrefillStall({ ...stalled, ttftMs: 1389 })).toBe(false)
    expect(isPrefillStall({ ...stalled, load: closed(64) })).toBe(false)
    expect(isPrefillStall({ ...stalled, nominalInputTokens: 1024 })).toBe(false)
  })

  it('sees nearly idle pools that wait for something else than their prompts', () => {
    const { deployment } = examplePoint()
    if (deployment.mode !== 'aggregated') throw new Error('the example is aggregated')
    const { pool, ...rest } = deployment
    const pools = { ...rest, mode: 'disaggregated', prefill: pool, decode: { ...pool, replicas: 7 } } as const
    const idle = examplePoint({ deployment: pools, load: closed(8), nominalInputTokens: 1024, ttftMs: 5000 })
    expect(isPrefillStall(idle)).toBe(true)
    expect(isPrefillStall({ ...idle, ttftMs: 1500 })).toBe(false)
    // Long prompts may take longer; with more users than devices prompts may queue.
    expect(isPrefillStall({ ...idle, nominalInputTokens: 8192 })).toBe(false)
    expect(isPrefillStall({ ...idle, load: closed(9) })).toBe(false)
  })

  it('distrusts the whole run of that configuration and day', () => {
    const other = examplePoint({ date: '2026-01-01' })
    const sameRun = examplePoint({ load: closed(64) })
    expect(marks([stalled, sameRun, other])).toEqual([
      suspectReasons.prefillStall,
      suspectReasons.prefillStall,
      null,
    ])
  })
})

describe('impliesTooMuchCompute', () => {
  // 2 × 8e9 FLOP × 40,000 tokens/s is 0.64 of 1e15 FLOP/s.
  const fast = examplePoint({ totalTokensPerSecondPerDevice: 40_000 })

  it('uses the stated throughput, or Little’s law', () => {
    expect(impliesTooMuchCompute(fast, examplePhysics)).toBe(true)
    expect(impliesTooMuchCompute({ ...fast, totalTokensPerSecondPerDevice: 20_000 }, examplePhysics)).toBe(
      false,
    )
    const byLatency = examplePoint({ load: closed(512), ttftMs: 100, tpotMs: 10 })
    expect(impliesTooMuchCompute(byLatency, examplePhysics)).toBe(true)
  })

  it('says nothing about unknown models', () => {
    expect(impliesTooMuchCompute(fast, unknownPhysics)).toBe(false)
  })

  it('distrusts a campaign when more than a tenth of it trips, else the row alone', () => {
    const slow = examplePoint({ totalTokensPerSecondPerDevice: 1000 })
    const mark = (slowRows: number) =>
      markUtilisation(
        [fast, ...new Array<MeasuredPoint>(slowRows).fill(slow)].map(point => ({ point, campaign: 'one' })),
        examplePhysics,
      ).filter(({ point }) => point.suspect !== null).length
    expect(mark(5)).toBe(6)
    expect(mark(20)).toBe(1)
  })
})

describe('looksEager', () => {
  // 4 ms of weights leave 41 ms over 32 layers: 1.3 ms a layer.
  const eager = examplePoint({ tpotMs: 45 })

  it('judges small loads only', () => {
    expect(looksEager(eager, examplePhysics)).toBe(true)
    expect(looksEager({ ...eager, tpotMs: 8 }, examplePhysics)).toBe(false)
    expect(looksEager({ ...eager, load: closed(32) }, examplePhysics)).toBeNull()
    expect(looksEager({ ...eager, nominalOutputTokens: 100 }, examplePhysics)).toBeNull()
    expect(looksEager(eager, unknownPhysics)).toBeNull()
  })

  it('distrusts a campaign of which over 30 % trips, and no single row', () => {
    const good = examplePoint()
    const large = examplePoint({ load: closed(64) })
    expect(marks([eager, large])).toEqual([suspectReasons.eagerMode, suspectReasons.eagerMode])
    expect(marks([eager, good, good, good, good])).toEqual([null, null, null, null, null])
  })
})
