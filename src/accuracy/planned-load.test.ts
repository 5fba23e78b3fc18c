import { describe, expect, it } from 'vitest'
import { planLoad } from './planned-load.ts'
import type { Option } from './regret.ts'

/** TPOT and throughput that grow with the load as a power, predicted TPOT off by a factor. */
function loadsOf(configuration: string, throughput: number, factor = 1): Option[] {
  return [1, 4, 16, 64].map(concurrency => {
    const measured = { tpotMs: 5 * concurrency ** 0.5, tokensPerSecondPerDevice: throughput * concurrency }
    return {
      configuration,
      concurrency,
      measured,
      predicted: { ...measured, tpotMs: factor * measured.tpotMs },
    }
  })
}

describe('planLoad', () => {
  it('costs nothing when the prediction is right and nothing is kept free', () => {
    const plan = planLoad([...loadsOf('A', 10), ...loadsOf('B', 12)], 15, 0)!
    expect(plan.regret).toBeCloseTo(0, 10)
    expect(plan.overshoot).toBeCloseTo(0, 10)
    expect(plan.best).toBeCloseTo(12 * 9, 6)
  })

  it('pays for a margin with the load that it leaves unused', () => {
    const plan = planLoad(loadsOf('A', 10), 15, 0.1)!
    expect(plan.missed).toBe(false)
    // Load goes with the square of TPOT here.
    expect(plan.regret).toBeCloseTo(1 / 0.9 ** 2 - 1, 10)
    expect(plan.loadedRegret).toBeCloseTo(0, 10)
  })

  it('backs off to the limit where the prediction was hopeful', () => {
    const plan = planLoad(loadsOf('A', 10, 0.8), 15, 0)!
    expect(plan.missed).toBe(true)
    expect(plan.overshoot).toBeCloseTo(0.25, 10)
    expect(plan.regret).toBeCloseTo(0, 10)
  })

  it('does not miss what a margin as large as the error keeps free', () => {
    const plan = planLoad(loadsOf('A', 10, 0.8), 15, 0.2 + 1e-9)!
    expect(plan.missed).toBe(false)
    expect(plan.regret).toBeCloseTo(0, 6)
  })

  it('takes the next configuration where the first cannot meet the limit', () => {
    const hopeless = loadsOf('B', 100, 0.1).map(option => ({
      ...option,
      measured: { ...option.measured, tpotMs: 99 },
    }))
    const plan = planLoad([...loadsOf('A', 10), ...hopeless], 15, 0)!
    expect(plan.missed).toBe(true)
    expect(plan.regret).toBeCloseTo(0, 10)
  })

  it('answers nothing when nothing meets the limit', () => {
    expect(planLoad(loadsOf('A', 10), 4, 0)).toBeNull()
  })
})
