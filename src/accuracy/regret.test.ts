import { describe, expect, it } from 'vitest'
import { decide, type Option, regretOf } from './regret.ts'
import { examplePoint } from './rows/rows.fixture.ts'
import { throughputAt } from './throughput-at.ts'

function option(
  configuration: string,
  concurrency: number,
  measured: readonly [tpotMs: number, throughput: number],
  predicted: readonly [tpotMs: number, throughput: number] = measured,
): Option {
  const performance = ([tpotMs, tokensPerSecondPerDevice]: readonly [number, number]) => ({
    tpotMs,
    tokensPerSecondPerDevice,
  })
  return { configuration, concurrency, measured: performance(measured), predicted: performance(predicted) }
}

describe('decide', () => {
  const small = option('A', 4, [10, 100])
  const large = option('A', 64, [30, 800])
  const other = option('B', 16, [20, 400])

  it('costs nothing when the prediction is right', () => {
    expect(decide([small, large, other], 20)).toMatchObject({
      feasibleKnown: 0,
      feasiblePredicted: 0,
      overshoot: 0,
    })
  })

  it('prices a wrong ranking among feasible options', () => {
    const mistaken = option('A', 4, [10, 100], [10, 900])
    const decision = decide([mistaken, other], 20)
    expect(decision.feasibleKnown).toBe(3)
    expect(decision.feasiblePredicted).toBe(3)
  })

  it('counts a missed limit as overshoot and falls back to a smaller load of the same configuration', () => {
    const hopeful = option('A', 64, [30, 800], [18, 800])
    const decision = decide([small, hopeful, other], 20)
    expect(decision.overshoot).toBeCloseTo(0.5, 12)
    expect(decision.feasiblePredicted).toBe(3)
    expect(decision.feasibleKnown).toBe(0)
  })

  it('falls back to the next choice when no smaller load is feasible', () => {
    const hopeful = option('C', 64, [30, 800], [18, 800])
    expect(decide([hopeful, other], 20).feasiblePredicted).toBe(0)
  })

  it('takes the fastest as predicted when nothing is promised', () => {
    const timid = option('A', 4, [10, 100], [25, 100])
    const slower = option('B', 16, [20, 400], [40, 400])
    expect(decide([timid, slower], 20).feasiblePredicted).toBe(3)
  })

  it('compares with a random configuration at its best feasible load', () => {
    expect(decide([small, option('A', 8, [15, 200]), other], 20).random).toBe(0.5)
  })
})

describe('regretOf', () => {
  const loads = [1, 2, 4, 8, 16, 32]
  const scored = (exact: boolean) =>
    loads.map(concurrency => {
      const point = examplePoint({
        load: { kind: 'closed', concurrency, requests: null },
        tpotMs: 6 + concurrency,
        ttftMs: 50,
        group: `config ${concurrency}`,
      })
      const tpotMs = exact ? point.tpotMs : 40 - concurrency
      return {
        point,
        prediction: { tpotMs, ttftMs: 50, totalTokensPerSecondPerDevice: null, joulesPerOutputToken: null },
      }
    })

  it('is zero with perfect ranks', () => {
    const regret = regretOf(scored(true))
    expect(regret).toMatchObject({ groups: 1, n: 4, feasibleKnown: { mean: 0, within3Percent: 1 } })
    expect(regret.spearman.mean).toBeCloseTo(1, 12)
  })

  it('is above zero with wrong feasibility', () => {
    expect(regretOf(scored(false)).feasiblePredicted.mean).toBeGreaterThan(0)
  })

  it('judges no group of fewer than five options', () => {
    expect(regretOf(scored(true).slice(0, 4))).toMatchObject({ groups: 0, n: 0 })
  })

  it('takes repeated runs as one option', () => {
    const [first] = scored(true)
    expect(regretOf(new Array(9).fill(first)).groups).toBe(0)
  })
})

describe('throughputAt', () => {
  const loads = [
    { tpotMs: 10, tokensPerSecondPerDevice: 100 },
    { tpotMs: 40, tokensPerSecondPerDevice: 400 },
  ]

  it('interpolates between the loads around the limit, in ln-ln', () => {
    expect(throughputAt(loads, 20)).toBeCloseTo(200)
  })

  it('never extrapolates', () => {
    expect(throughputAt(loads, 400)).toBe(400)
    expect(throughputAt(loads, 9)).toBeNull()
  })
})
