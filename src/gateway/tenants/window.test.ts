import { describe, expect, test } from 'vitest'
import { accountOf, checkCap, crossedThresholds, largestCap } from './account.ts'
import { matchesPattern } from './name-pattern.ts'
import { windowAt } from './window.ts'

describe('windows', () => {
  test.each([
    ['day', '2026-12-31T23:59:59.999Z', '2026-12-31', '2026-12-31', '2027-01-01'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12', '2026-12-01', '2027-01-01'],
    ['month', '2028-02-29T00:00:00.000Z', '2028-02', '2028-02-01', '2028-03-01'],
  ] as const)('%s of %s in UTC', (name, moment, id, start, end) => {
    expect(windowAt(name, Date.parse(moment))).toMatchObject({
      id,
      startMs: Date.parse(start),
      endMs: Date.parse(end),
    })
  })

  test('seconds, minutes and hours slide', () => {
    expect(windowAt('minute', 0)).toEqual({
      id: 'sliding',
      startMs: -Infinity,
      endMs: Infinity,
      slotMs: 3000,
      slots: 20,
    })
  })
})

describe('accounts', () => {
  const limit = { measure: 'usd', window: 'month', cap: 1000n, alertsAt: [0.5, 0.8, 1] } as const

  test('thresholds are crossed once, the exact amount included', () => {
    const spec = accountOf('tenant', 'tenant:acme', limit)
    expect(spec.id).toBe('tenant:acme/month/usd')
    expect(crossedThresholds(spec, 0n, 499n)).toEqual([])
    expect(crossedThresholds(spec, 499n, 800n)).toEqual([0.5, 0.8])
    expect(crossedThresholds(spec, 800n, 900n)).toEqual([])
    expect(crossedThresholds(spec, 900n, 5000n)).toEqual([1])
    expect(crossedThresholds({ ...spec, cap: 0n }, 0n, 0n)).toEqual([])
  })

  test('caps beyond what is exact are refused', () => {
    expect(checkCap(largestCap, 'usd', 'x')).toBe(largestCap)
    expect(() => checkCap(largestCap + 1n, 'usd', 'x')).toThrow(/between 0 and \$4503599/)
    expect(() => checkCap(-1n, 'requests', 'x')).toThrow(/requests/)
  })
})

test.each([
  ['llama-3', 'llama-3', true],
  ['llama-3', 'llama-*', true],
  ['llama-3', '*', true],
  ['', '*', true],
  ['llama-3', '*-*', true],
  ['llama-3', 'l*a*3', true],
  ['llama-31', 'l*a*3', false],
  ['llama-3', 'llama-3*', true],
  ['llama-3', 'llama', false],
  ['llama.3', 'llama?3', false],
  ['llama-3', '', false],
  ['a+b', 'a+b', true],
  ['aab', 'a*ab', true],
  ['x'.repeat(5000), `${'*x'.repeat(200)}y`, false],
] as const)('%s fits %s: %s', (name, pattern, fits) => {
  expect(matchesPattern(name, pattern)).toBe(fits)
})
