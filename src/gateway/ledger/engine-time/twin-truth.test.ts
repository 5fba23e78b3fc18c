import { describe, expect, test } from 'vitest'
import { predictingPool } from '../../../sim/replica-estimate.fixture.ts'
import { attributionError } from './attribution-error.fixture.ts'
import { type EngineRates, estimatePrefillSecondsPerToken } from './engine-fact.ts'
import { rates } from './engine-time.fixture.ts'
import { chatLoad, twinTruth } from './twin-truth.fixture.ts'

describe('against the truth of a twin', () => {
  const pool = predictingPool({ replicas: 2 })
  const quiet = twinTruth(pool, chatLoad(0.2, 60), 'quiet')
  const prefillSecondsPerToken = estimatePrefillSecondsPerToken(quiet.facts)!
  const measured: EngineRates = {
    ...rates,
    prefillSecondsPerToken,
    prefillWatts: 1400,
    decodeWatts: 900,
    idleWatts: 300,
  }

  test('the twin’s truth is whole: shares of requests are the busy time', () => {
    const shares = [...quiet.shares.values()].reduce((sum, each) => sum + each.prefillMs + each.decodeMs, 0)
    expect(shares / quiet.busyMs).toBeCloseTo(1, 2)
  })

  test.for([
    [0.5, 0.02],
    [6, 0.05],
    [20, 0.08],
  ] as const)('%d requests/s: at most %d of the money is on a wrong request', ([perSecond, most]) => {
    const error = attributionError(twinTruth(pool, chatLoad(perSecond, 150), 'load'), measured)
    expect(error.misplacedShare).toBeLessThan(most)
    expect(Math.abs(error.busyBias)).toBeLessThan(0.02)
    expect(error.misplacedShare).toBeLessThan(error.misplacedByWallTime / 4)
  })

  test('without lone requests there is no estimate', () => {
    expect(estimatePrefillSecondsPerToken(quiet.facts.slice(0, 3))).toBeNull()
    expect(estimatePrefillSecondsPerToken([])).toBeNull()
  })
})
