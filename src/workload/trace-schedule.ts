/** When recorded requests or sessions start, in order: sorted, selected, spread over the ticks of rounded times. */
import type { RandomStream } from '../core/random.ts'
import { spreadFrom, tiesOf } from './trace-arrivals.ts'

/** Starts of items (rows or sessions) in order of time. */
export interface Schedule {
  readonly items: Uint32Array
  /** Seconds of the trace's own time, the same length as items, ascending. */
  readonly startSeconds: Float64Array
}

/** Items with a start within [from, until), by start and then by number. */
export function scheduleOf(
  count: number,
  startOf: (item: number) => number,
  isTaken: (item: number) => boolean,
  window: { readonly fromSeconds: number; readonly untilSeconds: number },
): Schedule {
  const inWindow = (item: number) =>
    startOf(item) >= window.fromSeconds && startOf(item) < window.untilSeconds && isTaken(item)
  let taken = 0
  for (let item = 0; item < count; item++) if (inWindow(item)) taken++
  const items = new Uint32Array(taken)
  let sorted = true
  for (let item = 0, index = 0; item < count; item++) {
    if (!inWindow(item)) continue
    items[index] = item
    if (index > 0 && startOf(items[index - 1]!) > startOf(item)) sorted = false
    index++
  }
  if (!sorted) items.sort((a, b) => startOf(a) - startOf(b) || a - b)
  const startSeconds = new Float64Array(taken)
  for (let index = 0; index < taken; index++) startSeconds[index] = startOf(items[index]!)
  return { items, startSeconds }
}

/**
 * Where many starts share one rounded time, each is put at a random moment of the tick that begins there; their order
 * stays. Returns the tick in seconds, 0 when nothing was rounded.
 */
export function spreadOverTicks({ startSeconds }: Schedule, random: RandomStream): number {
  if (startSeconds.length < 2) return 0
  const { tiedShare, smallestGapSeconds } = tiesOf(startSeconds)
  if (tiedShare < spreadFrom || smallestGapSeconds === 0) return 0
  for (let first = 0; first < startSeconds.length; ) {
    let next = first + 1
    while (next < startSeconds.length && startSeconds[next] === startSeconds[first]) next++
    for (let index = first; index < next; index++) {
      startSeconds[index] = startSeconds[index]! + random.uniform() * smallestGapSeconds
    }
    if (next - first > 1) startSeconds.subarray(first, next).sort()
    first = next
  }
  return smallestGapSeconds
}

/** Seconds from the first start to that of the next pass: the span and one mean gap. */
export function passSeconds({ startSeconds }: Schedule, tickSeconds: number): number {
  const count = startSeconds.length
  if (count === 0) return 0
  const span = startSeconds[count - 1]! - startSeconds[0]!
  return Math.max(span + (count > 1 ? span / (count - 1) : 0), tickSeconds)
}

/** Items in an order of their own (Fisher and Yates 1938, as Durstenfeld 1964 has it). */
export function shuffled(items: Uint32Array, random: RandomStream): Uint32Array {
  for (let index = items.length - 1; index > 0; index--) {
    const other = random.integer(index + 1)
    const item = items[index]!
    items[index] = items[other]!
    items[other] = item
  }
  return items
}
