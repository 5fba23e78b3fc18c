import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenwrightError } from './errors.ts'
import {
  parseCount,
  parseDurationMs,
  parseFraction,
  parsePowerWatts,
  parseRatePerSecond,
  parseTokenCount,
  parseUsd,
  parseUsdPerHour,
} from './parse-quantity.ts'

function fault(action: () => unknown): TokenwrightError {
  try {
    action()
  } catch (error) {
    if (error instanceof TokenwrightError) return error
    throw error
  }
  throw new Error('expected a TokenwrightError')
}

test.each([
  ['30ms', 30],
  ['1s', 1000],
  ['500us', 0.5],
  ['1.5 s', 1500],
  ['2min', 120_000],
  ['0ms', 0],
])('duration %s is %d ms', (text, ms) => expect(parseDurationMs(text)).toBeCloseTo(ms, 12))

test.each([
  ['40/s', 40],
  ['2400/min', 40],
  ['40 req/s', 40],
  ['3600/h', 1],
  ['1_000/s', 1000],
  ['12k tokens/s', 12_000],
  ['1.2M/s', 1_200_000],
])('rate %s is %d per second', (text, rate) => expect(parseRatePerSecond(text)).toBeCloseTo(rate, 9))

test.each([
  ['512', 512],
  ['4k', 4000],
  ['4Ki', 4096],
  ['1M', 1_000_000],
  ['1.1k', 1100],
  ['4096 tokens', 4096],
  ['4k tokens', 4000],
  ['0', 0],
])('token count %s is %d', (text, tokens) => expect(parseTokenCount(text)).toBe(tokens))

test('power, shares, money and counts', () => {
  expect(parsePowerWatts('1.2kW')).toBe(1200)
  expect(parsePowerWatts('700W')).toBe(700)
  expect(parsePowerWatts('9000', '--watts', { bareIsWatts: true })).toBe(9000)
  expect(parseFraction('80%')).toBe(0.8)
  expect(parseFraction('0.8')).toBe(0.8)
  expect(parseFraction('100%')).toBe(1)
  expect(parseUsd('$2.5')).toBe(2.5)
  expect(parseUsd('2.50 USD')).toBe(2.5)
  expect(parseUsdPerHour('$3.5/h')).toBe(3.5)
  expect(parseUsdPerHour('84/day')).toBeCloseTo(3.5, 12)
  expect(parseUsdPerHour('$7.3k/month')).toBeCloseTo(10, 12)
  expect(parseUsdPerHour('3.5 USD/h')).toBe(3.5)
  expect(parseCount('8')).toBe(8)
})

describe('a missing or unknown unit is an error with an example, never a guess', () => {
  const cases: [string, () => unknown, RegExp][] = [
    ['duration without unit', () => parseDurationMs('30', '--tpot'), /30ms/],
    ['m could be minutes or milli', () => parseDurationMs('30m'), /30ms/],
    ['rate without period', () => parseRatePerSecond('40'), /40\/s/],
    ['rate of unknown things', () => parseRatePerSecond('40 bananas/s'), /40\/s/],
    ['rate per fortnight', () => parseRatePerSecond('40/fortnight'), /\/min/],
    ['power without unit', () => parsePowerWatts('700'), /700W/],
    ['milliwatts', () => parsePowerWatts('700mW'), /MW/],
    ['bill without period', () => parseUsdPerHour('$3.5'), /\$3\.5\/h/],
    ['per cent sign forgotten', () => parseFraction('80'), /80%/],
    ['other currency', () => parseUsd('2.5 EUR'), /\$2\.5/],
    ['tokens per second as a count', () => parseTokenCount('40/s'), /40k/],
  ]
  test.each(cases)('%s', (_, action, fix) => {
    const error = fault(action)
    expect(error.code).toBe('unit')
    expect(error.fix).toMatch(fix)
  })

  test('the error names the flag', () => {
    expect(fault(() => parseDurationMs('30', '--tpot')).where).toBe('--tpot')
  })
})

describe('negative, NaN and absurd values are number errors', () => {
  const cases: [string, () => unknown][] = [
    ['negative duration', () => parseDurationMs('-30ms')],
    ['NaN', () => parseUsd('NaN')],
    ['Infinity', () => parseCount('Infinity')],
    ['empty', () => parseUsd('')],
    ['1e30 tokens', () => parseTokenCount('1e30')],
    ['1e30 dollars', () => parseUsd('$1e30')],
    ['1e999 dollars', () => parseUsd('1e999')],
    ['1e-30 dollars', () => parseUsd('1e-30')],
    ['negative dollars', () => parseUsd('-$2')],
    ['minus zero', () => parseUsd('-0')],
    ['1e30 W', () => parsePowerWatts('1e30W')],
    ['share of 150 %', () => parseFraction('150%')],
    ['share of 1e9', () => parseFraction('1e9')],
    ['half a token', () => parseTokenCount('0.5')],
    ['no device', () => parseCount('0')],
    ['comma', () => parseUsd('1,500')],
    ['two numbers', () => parseUsd('1 2')],
  ]
  test.each(cases)('%s', (_, action) => {
    const error = fault(action)
    expect(error.code).toBe('number')
    expect(error.fix).toBeTruthy()
  })
})

test('any text gives a finite non-negative number or a TokenwrightError with a fix', () => {
  const parsers = [
    parseDurationMs,
    parseRatePerSecond,
    parseTokenCount,
    parsePowerWatts,
    parseFraction,
    parseUsd,
    parseUsdPerHour,
    parseCount,
  ]
  const text = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.stringMatching(/^[-+]?\d{1,4}(\.\d)?[a-zA-Z%/]{0,4}$/),
  )
  fc.assert(
    fc.property(text, fc.constantFrom(...parsers), (written, parse) => {
      try {
        const value = (parse as (text: string) => number)(written)
        expect(value >= 0 && Number.isFinite(value)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(TokenwrightError)
        expect((error as TokenwrightError).fix).toBeTruthy()
      }
    }),
    { numRuns: 2000 },
  )
})
