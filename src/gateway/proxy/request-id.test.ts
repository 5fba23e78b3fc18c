import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newRequestId } from './request-id.ts'

/** The last time that fits: 48 bits of milliseconds, the year 10889. */
const lastMs = 2 ** 48 - 1

test('is a UUID of version 7 whose first 48 bits are the time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: lastMs }), nowMs => {
      const id = newRequestId(nowMs)
      expect(id).toMatch(/^req-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(Number.parseInt(id.slice(4, 12) + id.slice(13, 17), 16)).toBe(nowMs)
    }),
  )
})

test('sorts by time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: lastMs - 1 }), fc.integer({ min: 1, max: 1e9 }), (ms, later) => {
      expect(newRequestId(ms) < newRequestId(Math.min(lastMs, ms + later))).toBe(true)
    }),
  )
})

test('is another one for each request of a millisecond', () => {
  const ids = Array.from({ length: 10_000 }, () => newRequestId(1_795_300_000_000))
  expect(new Set(ids).size).toBe(ids.length)
})

test('a clock that stands before 1970 or between milliseconds gives an id', () => {
  for (const ms of [-5, 0.7]) expect(newRequestId(ms)).toMatch(/^req-00000000-0000-7/)
})
