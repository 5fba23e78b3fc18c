/** The time of a measurement: one monotonic clock for everything that happens in this process. */

export interface MonotonicClock {
  /** Whole µs since the clock was started; never runs backwards, whatever happens to the time of day. */
  nowUs(): number
  /** Time of day at 0 µs, ISO 8601, for people to read; no duration is computed from it. */
  readonly startedAt: string
}

/** Starts a clock at 0 µs. It is good for any length of run: µs since the start stay whole numbers for 285 years. */
export function startMonotonicClock(): MonotonicClock {
  const originMs = performance.now()
  return {
    startedAt: new Date().toISOString(),
    nowUs: () => Math.floor((performance.now() - originMs) * 1000),
  }
}
