import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatNanoUsd,
  multiplyMoney,
  nanoUsdFromDecimal,
  nanoUsdFromNumber,
  nanoUsdFromProduct,
  splitByWeights,
  usdFromNano,
} from './money.ts'

const sum = (parts: readonly bigint[]) => parts.reduce((running, part) => running + part, 0n)

test('decimals become nano-dollars exactly, further digits are rounded half to even', () => {
  expect(nanoUsdFromDecimal('2.50')).toBe(2_500_000_000n)
  expect(nanoUsdFromDecimal('-0.1')).toBe(-100_000_000n)
  expect(nanoUsdFromDecimal('1e3')).toBe(1_000_000_000_000n)
  expect(nanoUsdFromDecimal('0.0000000005')).toBe(0n)
  expect(nanoUsdFromDecimal('0.0000000015')).toBe(2n)
  expect(nanoUsdFromDecimal('-0.0000000025')).toBe(-2n)
  expect(nanoUsdFromDecimal('0.00000000051')).toBe(1n)
  expect(nanoUsdFromDecimal('two')).toBeNull()
})

test('numbers are read as the decimals they print as', () => {
  expect(nanoUsdFromNumber(0.1)).toBe(100_000_000n)
  expect(nanoUsdFromNumber(1e-9)).toBe(1n)
  expect(nanoUsdFromProduct([3, 0.1])).toBe(300_000_000n)
  expect(nanoUsdFromProduct([2, 0.1], 3n)).toBe(66_666_667n)
  expect(() => nanoUsdFromNumber(Number.NaN)).toThrow('assertion failed')
})

test('numbers become the same amount as the decimals they print as, whatever they are', () => {
  const near = fc.tuple(
    fc.integer({ min: -(2 ** 41), max: 2 ** 41 }),
    fc.constantFrom(0.5, 0.4999, 0.5001, 0.4998, 0.25),
  )
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
    fc.double({ noNaN: true, min: -1e-6, max: 1e-6 }),
    near.map(([units, fraction]) => (units + fraction) / 1e9),
    near.map(([units, fraction]) => Number(`${units}.${String(fraction).slice(2)}e-9`)),
  )
  fc.assert(
    fc.property(numbers, usd => {
      expect(nanoUsdFromNumber(usd)).toBe(nanoUsdFromDecimal(String(usd)))
    }),
    { numRuns: 2000 },
  )
})

test('every amount prints exactly and reads back', () => {
  expect(formatNanoUsd(1_234_500_000_000n)).toBe('$1,234.50')
  expect(formatNanoUsd(-1n)).toBe('-$0.000000001')
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), amount => {
      expect(nanoUsdFromDecimal(formatNanoUsd(amount).replace(/[$,]/g, ''))).toBe(amount)
    }),
  )
})

test('multiplying by a fraction is off by half a unit at most', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      fc.bigInt({ min: 1n, max: 10n ** 12n }),
      (amount, numerator, denominator) => {
        const product = multiplyMoney(amount, { numerator, denominator })
        const twiceError = (product * denominator - amount * numerator) * 2n
        expect(twiceError <= denominator && -twiceError <= denominator).toBe(true)
      },
    ),
  )
  expect(usdFromNano(multiplyMoney(3_000_000_000n, { numerator: 1n, denominator: 2n }))).toBe(1.5)
})

const weight = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.bigInt({ min: 0n, max: 10n ** 40n }),
)

test('the parts of a split add up to the total to the last unit, for any weights', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.array(weight, { minLength: 1, maxLength: 30 }).filter(weights => weights.some(value => value > 0)),
      (total, weights) => {
        const parts = splitByWeights(total, weights)
        expect(sum(parts)).toBe(total)
        for (const [index, part] of parts.entries()) {
          expect(total < 0n ? part <= 0n : part >= 0n).toBe(true)
          if (!(weights[index]! > 0)) expect(part).toBe(0n)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('each part is within one unit of its exact share', () => {
  const wholeNumbers = fc.array(fc.bigInt({ min: 0n, max: 10n ** 20n }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), wholeNumbers, (total, weights) => {
      fc.pre(sum(weights) > 0n)
      const parts = splitByWeights(total, weights)
      for (const [index, part] of parts.entries()) {
        const error = part * sum(weights) - total * weights[index]!
        expect(error < sum(weights) && -error < sum(weights)).toBe(true)
      }
    }),
  )
})

test('ties go to the earlier part; extreme weights keep their proportion', () => {
  expect(splitByWeights(1n, [1, 1, 1])).toEqual([1n, 0n, 0n])
  expect(splitByWeights(100n, [0.1, 0.2, 0.7])).toEqual([10n, 20n, 70n])
  expect(splitByWeights(10n ** 18n, [1e-320, 1e300, 0])).toEqual([0n, 10n ** 18n, 0n])
  expect(splitByWeights(4n, [Number.MIN_VALUE, Number.MIN_VALUE])).toEqual([2n, 2n])
})

test('negative, infinite and all-zero weights are refused', () => {
  expect(() => splitByWeights(5n, [1, -1])).toThrow('not negative')
  expect(() => splitByWeights(5n, [1, Infinity])).toThrow('finite')
  expect(() => splitByWeights(5n, [Number.NaN])).toThrow('finite')
  expect(() => splitByWeights(5n, [0, 0])).toThrow('every weight is zero')
  expect(splitByWeights(0n, [0, 0])).toEqual([0n, 0n])
})
