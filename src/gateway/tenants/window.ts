/**
 * The time over which a cap counts. Second, minute and hour slide, so no interval of that length ever sees more than the cap (a
 * fixed window lets twice the cap through around its edge, which is what overloads an engine or draws a provider's 429). Day and
 * month are calendar windows in UTC, because that is what bills and reports are cut by. Times are UNIX milliseconds.
 */
import { assert } from '../../core/assert.ts'

export const windowNames = ['second', 'minute', 'hour', 'day', 'month'] as const
export type WindowName = (typeof windowNames)[number]

/**
 * A sliding window remembers use in slots, one more than fit: the oldest counts whole until it is wholly outside. So the cap
 * is never exceeded, and under steady load at least 20/21 of it can be used.
 */
const slotsPerWindow = 20

const slidingLengthMs = { second: 1000, minute: 60_000, hour: 3_600_000 } as const
const dayMs = 86_400_000

export interface Window {
  /** Names the window among those of its account; use in one does not count in another. */
  readonly id: string
  readonly startMs: number
  /** Infinity when it slides. */
  readonly endMs: number
  /** Length of the slots whose use is forgotten one by one; null in a calendar window, which forgets all at its end. */
  readonly slotMs: number | null
  /** How many slots before the current one count. */
  readonly slots: number
}

/** The window of this name that holds the moment. */
export function windowAt(name: WindowName, nowMs: number): Window {
  if (name !== 'day' && name !== 'month') {
    return {
      id: 'sliding',
      startMs: -Infinity,
      endMs: Infinity,
      slotMs: slidingLengthMs[name] / slotsPerWindow,
      slots: slotsPerWindow,
    }
  }
  assert(Number.isFinite(nowMs), 'a calendar window needs a time')
  const date = new Date(nowMs)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const startMs = name === 'day' ? Date.UTC(year, month, day) : Date.UTC(year, month, 1)
  const endMs = name === 'day' ? startMs + dayMs : Date.UTC(year, month + 1, 1)
  const text = new Date(startMs).toISOString()
  return { id: text.slice(0, name === 'day' ? 10 : 7), startMs, endMs, slotMs: null, slots: 0 }
}
