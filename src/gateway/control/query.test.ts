/** Moments and parameters as people write them. */
import { expect, test } from 'vitest'
import { durationMs, momentMs, readQuery, timeRange } from './query.ts'

const nowMs = Date.UTC(2026, 2, 1, 12)
const query = (text: string) => readQuery(new URLSearchParams(text), ['since', 'until', 'n', 'which'])

test('durations and moments', () => {
  expect(['90s', '30m', '24h', '7d', '2w'].map(text => durationMs(text, 'x'))).toEqual([
    90_000, 1_800_000, 86_400_000, 604_800_000, 1_209_600_000,
  ])
  expect(momentMs('24h', 'x', nowMs)).toBe(nowMs - 86_400_000)
  expect(momentMs('2026-03-01', 'x', nowMs)).toBe(Date.UTC(2026, 2, 1))
  expect(momentMs('2026-03-01T10:30:00+02:00', 'x', nowMs)).toBe(Date.UTC(2026, 2, 1, 8, 30))
  for (const text of [
    '',
    '0s',
    '1',
    '1y',
    '1.5h',
    '2026',
    '2026-13-01',
    '2026-02-30T25:00Z',
    '2026-03-01T10:30',
    '1e3s',
    'now',
  ])
    expect(() => momentMs(text, 'since', nowMs), text).toThrow(/^since is /)
})

test('ranges end after they begin, and never before 1970', () => {
  expect(timeRange(query(''), nowMs, 1000)).toEqual({ fromMs: nowMs - 1000, toMs: nowMs })
  expect(timeRange(query('until=2026-03-01'), nowMs, 1000).toMs).toBe(Date.UTC(2026, 2, 1))
  expect(timeRange(query('since=99999w'), nowMs, 1000).fromMs).toBe(0)
  expect(() => timeRange(query('since=2026-03-02'), nowMs, 1000)).toThrow(/before until/)
  expect(() => timeRange(query('since=2026-03-01&until=2026-03-01'), nowMs, 1000)).toThrow(/before until/)
})

test('counts and choices', () => {
  expect(query('').count('n', 1, 9, 5)).toBe(5)
  expect(query('n=9').count('n', 1, 9, 5)).toBe(9)
  expect(() => query('n=10').count('n', 1, 9, 5)).toThrow(/from 1 to 9/)
  expect(() => query('n=0x1').count('n', 1, 9, 5)).toThrow(/from 1 to 9/)
  expect(query('which=b').oneOf('which', ['a', 'b'], 'a')).toBe('b')
  expect(() => query('which=toString').oneOf('which', ['a', 'b'], 'a')).toThrow(/a, b/)
})

test('what is not known is not ignored, and never repeated', () => {
  expect(() => query('sicne=7d')).toThrow(
    'a parameter of the query is not known; there are: since, until, n, which',
  )
  expect(() => readQuery(new URLSearchParams('a=1'), [])).toThrow(/there are none/)
  expect(() => query('n=1&n=2')).toThrow(/twice/)
  expect(() => query(`which=${'x'.repeat(501)}`)).toThrow(/too long/)
})
