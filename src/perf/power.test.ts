import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boardWatts, type PowerCoefficients, powerShare } from './power.ts'

const c: PowerCoefficients = { powerIdle: 0.25, powerMemory: 0.6, powerCompute: 0.75, powerOther: 0.1 }
const share = fc.double({ min: 0, max: 1, noNaN: true })

describe('powerShare', () => {
  it('is the idle share while nothing runs', () => {
    expect(powerShare(c, { memory: 0, compute: 0, other: 0 })).toBeCloseTo(0.25, 6)
    expect(boardWatts(1000, c, { memory: 0, compute: 0, other: 0 })).toBeCloseTo(250, 3)
  })

  it('adds up what the time goes to, far below the limit', () => {
    expect(powerShare(c, { memory: 0.2, compute: 0.1, other: 0.3 })).toBeCloseTo(
      0.25 + 0.12 + 0.075 + 0.03,
      3,
    )
  })

  it('comes within a tenth of the limit where computing asks for all of it', () => {
    expect(powerShare(c, { memory: 0, compute: 1, other: 0 })).toBeGreaterThan(0.9)
  })

  it('stays below the limit and grows with every kind of work', () => {
    fc.assert(
      fc.property(share, share, share, (memory, compute, other) => {
        const busy = { memory, compute, other }
        const at = powerShare(c, busy)
        expect(at).toBeLessThanOrEqual(1)
        expect(powerShare(c, { ...busy, memory: memory + 0.1 })).toBeGreaterThanOrEqual(at)
        expect(powerShare(c, { ...busy, compute: compute + 0.1 })).toBeGreaterThanOrEqual(at)
      }),
    )
  })
})
