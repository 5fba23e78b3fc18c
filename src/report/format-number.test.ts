import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  exactUsd,
  formatBillUsd,
  formatBytes,
  formatLarge,
  formatLimit,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  formatWatts,
  plural,
  readable,
} from './format-number.ts'

test('plural', () => {
  expect([0, 1, 2, 1500].map(count => plural(count, 'device'))).toEqual([
    '0 devices',
    '1 device',
    '2 devices',
    '1,500 devices',
  ])
})

describe('sentences of the planner', () => {
  test.for([
    [
      '999945225236 tokens less context would allow h200-tp1',
      '999,945,225,236 tokens less context would allow h200-tp1',
    ],
    ['4000000 requests/s with at most 1 devices', '4,000,000 requests/s with at most 1 device'],
    ['38075 devices would allow 38075 × h200-sxm', '38,075 devices would allow 38,075 × h200-sxm'],
    ['at most 1 devices are allowed', 'at most 1 device is allowed'],
    ['21 devices, 0.1 requests/s, 1 requests/s', '21 devices, 0.1 requests/s, 1 requests/s'],
    ['h100-12345-tp1 in 2026-11', 'h100-12345-tp1 in 2026-11'],
  ])('%s', ([said, read]) => {
    expect(readable(said!)).toBe(read)
  })
})

describe('formatSignificant', () => {
  test.for([
    [0, '0'],
    [0.014_32, '0.0143'],
    [1, '1.00'],
    [9.999, '10.0'],
    [143.2, '143'],
    [14_320, '14,300'],
    [1_234_567, '1,230,000'],
    [-0.5, '-0.500'],
    [1e-7, '0.000000100'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NaN, '–'],
  ] as const)('%d → %s', ([value, text]) => {
    expect(formatSignificant(value)).toBe(text)
  })

  test('never an exponent, and within half a per cent of the value', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e15, noNaN: true }), value => {
        const text = formatSignificant(value)
        expect(text).not.toMatch(/e/i)
        expect(Math.abs(Number(text.replaceAll(',', '')) / value - 1)).toBeLessThan(0.0051)
      }),
    )
  })
})

test('dollars per million tokens', () => {
  expect(formatUsdPerMillionTokens(0.1)).toBe('$0.100')
  expect(formatUsdPerMillionTokens(null)).toBe('–')
})

test('dollars', () => {
  expect(formatUsd(1234.5)).toBe('$1,234.50')
  expect(formatUsd(-0.5)).toBe('-$0.500')
})

test('exact dollars lose nothing', () => {
  expect(exactUsd(1n)).toBe('0.000000001')
  expect(exactUsd(-12_500_000_000n)).toBe('-12.50')
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), nano => {
      const [whole, fraction = ''] = exactUsd(nano).replace('-', '').split('.')
      const back = BigInt(`${whole}${fraction.padEnd(9, '0')}`)
      expect(nano < 0n ? -back : back).toBe(nano)
    }),
  )
})

test('bill lines have four decimals', () => {
  expect(formatBillUsd(7_900_000_000n)).toBe('7.9000')
  expect(formatBillUsd(1_234_567_890_123n)).toBe('1,234.5679')
  expect(formatBillUsd(49_999n)).toBe('0.0000')
})

test('other units', () => {
  expect(formatMilliseconds(8.414)).toBe('8.41 ms')
  expect(formatMilliseconds(1234)).toBe('1.23 s')
  expect(formatMilliseconds(720_000)).toBe('12.0 min')
  expect(formatLimit(1000)).toBe('1 s')
  expect(formatLimit(30)).toBe('30 ms')
  expect(formatWatts(2140)).toBe('2.14 kW')
  expect(formatBytes(80e9)).toBe('80.0 GB')
  expect(formatBytes(12)).toBe('12 B')
  expect(formatPercent(0.123)).toBe('12 %')
  expect(formatPercent(0.0004)).toBe('<0.1 %')
  expect(formatLarge(14_700_000)).toBe('14.7M')
  expect(formatLarge(9_500)).toBe('9,500')
})
