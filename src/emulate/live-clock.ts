/** The time of a live run: a monotonic clock from the start of the run, stretched by a factor. */
import { assert } from '../core/assert.ts'

export interface LiveClock {
  /** Whole µs of run time since the start; never runs backwards. */
  nowUs(): number
  /** Wall-clock milliseconds until the run reaches atUs; negative when it has. */
  wallMsUntil(atUs: number): number
  /** Wall-clock milliseconds of a span of run time. */
  wallMs(spanUs: number): number
  /** Seconds of run time per second on the wall: 1 is real time, 10 is ten times as fast. */
  readonly timeScale: number
  /** Wall-clock time of run time 0, ISO 8601. Only for reading: nothing is timed with it. */
  readonly startedAt: string
}

/** Starts a clock at run time 0, now. `timeScale` > 0: run seconds per wall second. */
export function startClock(timeScale: number): LiveClock {
  assert(Number.isFinite(timeScale) && timeScale > 0, 'the time scale is a positive number')
  const originMs = performance.now()
  const usPerMs = 1000 * timeScale
  return {
    timeScale,
    startedAt: new Date().toISOString(),
    nowUs: () => Math.floor((performance.now() - originMs) * usPerMs),
    wallMsUntil: atUs => atUs / usPerMs - (performance.now() - originMs),
    wallMs: spanUs => spanUs / usPerMs,
  }
}
