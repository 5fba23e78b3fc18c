import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BinnedSeries } from './binned-series.ts'

interface Piece {
  readonly startUs: number
  readonly lengthUs: number
  readonly amount: number
}

const anyPiece: fc.Arbitrary<Piece> = fc.record({
  startUs: fc.oneof(fc.nat(20_000), fc.nat(10 ** 7), fc.nat(10 ** 11)),
  lengthUs: fc.oneof(fc.constant(0), fc.nat(5_000), fc.nat(10 ** 10)),
  amount: fc.double({ min: 0, max: 1e6, noNaN: true }),
})

const seriesOf = (pieces: readonly Piece[]) => {
  const series = new BinnedSeries(['a', 'b'], 16)
  for (const { startUs, lengthUs, amount } of pieces) series.add(0, startUs, startUs + lengthUs, amount)
  return series
}

const close = (value: number, other: number) =>
  expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(other)))

test('what is added is there, in as many bins, whatever the run lasts', () => {
  fc.assert(
    fc.property(fc.array(anyPiece, { maxLength: 40 }), pieces => {
      const series = seriesOf(pieces)
      const sum = pieces.reduce((total, { amount }) => total + amount, 0)
      close(series.total(0), sum)
      close(series.between(0, 0, Number.POSITIVE_INFINITY), sum)
      expect(series.amounts(0).length).toBeLessThanOrEqual(16)
      expect(series.total(1)).toBe(0)
    }),
  )
})

test('neither the order of pieces nor merging changes a bin', () => {
  fc.assert(
    fc.property(
      fc.array(anyPiece, { maxLength: 20 }),
      fc.array(anyPiece, { maxLength: 20 }),
      (some, more) => {
        const whole = seriesOf([...some, ...more])
        const backwards = seriesOf([...some, ...more].reverse())
        const merged = seriesOf(some)
        merged.merge(seriesOf(more))
        for (const other of [backwards, merged]) {
          expect([other.widthUs, other.usedBins]).toEqual([whole.widthUs, whole.usedBins])
          for (const [bin, amount] of whole.amounts(0).entries()) close(other.amounts(0)[bin]!, amount)
        }
      },
    ),
  )
})

describe('by hand, bins of 1 ms', () => {
  test('an amount is spread over its interval, a point stays together', () => {
    const series = new BinnedSeries(['a'], 4)
    series.add(0, 500, 2_500, 20)
    series.add(0, 3_000, 3_000, 7)
    expect([...series.amounts(0)]).toEqual([5, 10, 5, 7])
    expect(series.between(0, 1_500, 3_000)).toBe(10)
    expect(series.between(0, 2_999, 3_500)).toBeCloseTo(0.005 + 3.5, 12)
  })

  test('bins double when time runs over their end', () => {
    const series = new BinnedSeries(['a'], 4)
    series.add(0, 500, 2_500, 20)
    series.add(0, 4_000, 4_000, 1)
    expect(series.widthUs).toBe(2_000)
    expect([...series.amounts(0)]).toEqual([15, 5, 1])
    series.add(0, 86_400_000_000, 86_400_000_000, 1)
    expect(series.widthUs * 4).toBeGreaterThan(86_400_000_000)
    expect(series.total(0)).toBe(22)
  })
})

test('no interval, no column, odd bins and unlike series are refused', () => {
  const series = new BinnedSeries(['a'], 4)
  expect(() => series.add(0, 5, 4, 1)).toThrow('5 to 4')
  expect(() => series.add(0, -1, 4, 1)).toThrow('-1 to 4')
  expect(() => series.add(0, Number.NaN, 4, 1)).toThrow('NaN')
  expect(() => series.add(0, 0, Number.POSITIVE_INFINITY, 1)).toThrow('Infinity')
  expect(() => series.column('b' as 'a')).toThrow('no column b')
  expect(() => new BinnedSeries(['a'], 5)).toThrow('pairs')
  expect(() => series.merge(new BinnedSeries(['a'], 8))).toThrow('as many bins')
  expect(() => series.merge(new BinnedSeries(['b' as 'a'], 4))).toThrow('same columns')
})
