import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clockText, dayStartMs, minuteOfDayUtc, weekdayUtc } from './utc-day.ts'

const moments = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2199, 11, 31) })

describe('days in UTC', () => {
  it('are those of the calendar', () => {
    fc.assert(
      fc.property(moments, ms => {
        const date = new Date(ms)
        const day = date.toISOString().slice(0, 10)
        expect(dayStartMs(day)).toBe(Date.parse(day))
        expect(weekdayUtc(ms)).toBe(date.getUTCDay())
        expect(minuteOfDayUtc(ms)).toBe(date.getUTCHours() * 60 + date.getUTCMinutes())
      }),
    )
  })

  it('knows leap days and writes clocks', () => {
    expect(dayStartMs('2024-02-29') - dayStartMs('2024-02-28')).toBe(86_400_000)
    expect(dayStartMs('2100-03-01') - dayStartMs('2100-02-28')).toBe(86_400_000)
    expect(clockText(90)).toBe('01:30')
  })

  it('refuses another notation', () => {
    expect(() => dayStartMs('17 August 2026')).toThrow('YYYY-MM-DD')
  })
})
