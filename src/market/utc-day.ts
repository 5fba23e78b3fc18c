/** Days, hours and weekdays in UTC without a clock: the proleptic Gregorian calendar as arithmetic. */
import { assert } from '../core/assert.ts'

const msPerMinute = 60_000
const minutesPerDay = 1_440
const msPerDay = msPerMinute * minutesPerDay
const isoDay = /^(\d{4})-(\d{2})-(\d{2})$/

/** "2026-08-17" → milliseconds since 1970-01-01 at its first moment. Years count from March, so that leap days come last. */
export function dayStartMs(day: string): number {
  const match = isoDay.exec(day)
  assert(match !== null, `a day is written YYYY-MM-DD, got ${day}`)
  const [year, month, dayOfMonth] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const marchYear = month <= 2 ? year - 1 : year
  // 153 days in each run of five months from March on; 719,468 days from 0000-03-01 to 1970-01-01.
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + dayOfMonth - 1
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return (marchYear * 365 + leapDays + dayOfYear - 719_468) * msPerDay
}

export function minuteOfDayUtc(atMs: number): number {
  return Math.floor((((atMs % msPerDay) + msPerDay) % msPerDay) / msPerMinute)
}

/** 0 is Sunday; 1970-01-01 was a Thursday. */
export function weekdayUtc(atMs: number): number {
  return (((Math.floor(atMs / msPerDay) + 4) % 7) + 7) % 7
}

/** 90 → "01:30". */
export function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
