import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { steadyWindow } from './steady-window.ts'

/** Request-µs in bins of 1 ms from levels. */
const inFlight = (levels: readonly number[]) => levels.map(level => level * 1000)
const of = (levels: readonly number[], startUs = 0, endUs = levels.length * 1000) =>
  steadyWindow(inFlight(levels), 1000, startUs, endUs)
const flat = (bins: number, level: number) => new Array<number>(bins).fill(level)
const ramp = (bins: number, to: number) => flat(bins, 0).map((_, index) => (to * index) / bins)

describe('window', () => {
  test('leaves filling and emptying out', () => {
    const levels = [...ramp(10, 64), ...flat(80, 64), ...ramp(10, 64).reverse()]
    const window = of(levels)
    // 90 % of 64 is reached in the last bin of the ramp (57.6), and left with the first one after the plateau.
    expect(window).toEqual({ startUs: 9_000, endUs: 91_000, plateauInFlight: 64, drift: 1 })
  })

  test('keeps dips in between', () => {
    const window = of([...flat(30, 10), ...flat(10, 2), ...flat(30, 10)])
    expect([window?.startUs, window?.endUs]).toEqual([0, 70_000])
  })

  test('begins where it is told to look, at whole bins', () => {
    const window = of(flat(100, 5), 10_500, 90_500)
    expect([window?.startUs, window?.endUs]).toEqual([11_000, 90_000])
  })

  test('of a sparse run is where anything was in flight', () => {
    const levels = flat(100, 0).map((_, index) => (index % 10 === 5 ? 1 : 0))
    const window = of(levels)
    expect([window?.startUs, window?.endUs, window?.plateauInFlight]).toEqual([5_000, 96_000, 0])
  })

  test('a growing queue shows as drift', () => {
    const window = of([...ramp(100, 100), ...ramp(5, 100).reverse()])
    expect(window!.drift).toBeGreaterThan(1.3)
    expect(of(flat(60, 8))!.drift).toBe(1)
  })
})

test('there is none in runs that are too short, empty, or full only for a moment', () => {
  expect(of(flat(19, 5))).toBeNull()
  expect(of(flat(100, 0))).toBeNull()
  expect(of(flat(100, 5), 200_000, 300_000)).toBeNull()
  expect(of([...flat(60, 0), ...flat(5, 9)])).toBeNull()
})

test('lies within the run, and at most half of the time before it was full', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 20, maxLength: 200 }), levels => {
      const window = of(levels)
      if (window === null) return
      expect(window.startUs).toBeGreaterThanOrEqual(0)
      expect(window.endUs).toBeLessThanOrEqual(levels.length * 1000)
      const outside = levels.filter((_, bin) => bin * 1000 < window.startUs || bin * 1000 >= window.endUs)
      expect(outside.length).toBeLessThanOrEqual(levels.length / 2)
    }),
  )
})
