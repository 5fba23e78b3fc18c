/**
 * One clock for all threads of this process. performance.now() begins anew in each thread, process.hrtime does not; but
 * the former costs less, so the distance between the two is measured once and the former is read.
 */
export interface SharedClock {
  /** Whole µs since the clock was started, in whichever thread. */
  nowUs(): number
  /** process.hrtime at 0 µs: another thread joins with it. */
  readonly originNs: bigint
}

/** Of so many comparisons the closest pair is taken: the thread may be set aside between two readings. */
const comparisons = 100

export function startSharedClock(): SharedClock {
  return joinSharedClock(process.hrtime.bigint())
}

export function joinSharedClock(originNs: bigint): SharedClock {
  let offsetMs = Number.POSITIVE_INFINITY
  for (let trial = 0; trial < comparisons; trial++) {
    const beforeMs = performance.now()
    // Reading later makes the difference larger, never smaller.
    offsetMs = Math.min(offsetMs, Number(process.hrtime.bigint() - originNs) / 1e6 - beforeMs)
  }
  return { originNs, nowUs: () => Math.floor((offsetMs + performance.now()) * 1000) }
}
