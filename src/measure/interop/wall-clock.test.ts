import fc from 'fast-check'
import { expect, test } from 'vitest'
import { epochMsOfIso, isoOfEpochMs } from './wall-clock.ts'

test('agrees with Date, both ways', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_000_000_000_000, max: 8_000_000_000_000 }), ms => {
      const iso = new Date(ms).toISOString()
      expect(isoOfEpochMs(ms)).toBe(iso)
      expect(epochMsOfIso(iso)).toBe(ms)
    }),
  )
})

test.each([
  ['2026-11-20', Date.UTC(2026, 10, 20)],
  ['2026-11-20 10:00', Date.UTC(2026, 10, 20, 10)],
  ['2026-11-20T10:00:00.123456', Date.UTC(2026, 10, 20, 10, 0, 0, 123)],
  ['2026-11-20T10:00:00+02:00', Date.UTC(2026, 10, 20, 8)],
  ['2026-11-20T10:00:00-0530', Date.UTC(2026, 10, 20, 15, 30)],
])('%s', (text, expected) => expect(epochMsOfIso(text)).toBe(expected))

test.each(['', 'yesterday', '2026-13-01', '20261120-100000', '2026-11-20T25:00:00Z'])('%j is none', text =>
  expect(epochMsOfIso(text)).toBeNull(),
)
