/** One timer for all who wait: pools say when somebody wants to be asked, and are woken then. */
import type { MonotonicClock } from '../../live/clock.ts'

/** Runs a function after so many milliseconds; answers how to call it off. */
export type SetTimer = (run: () => void, afterMs: number) => () => void

export const setRealTimer: SetTimer = (run, afterMs) => {
  const timer = setTimeout(run, afterMs)
  return () => clearTimeout(timer)
}

export interface WokenPool {
  nextUs(): number
  wake(nowUs: number): void
}

export interface PoolTimer {
  /** After anything that may have changed when a pool wants to be woken. */
  schedule(): void
  close(): void
}

/** Longest delay of setTimeout (2³¹ − 1 ms): longer ones would be none. */
const mostMs = 2_147_483_647

export function createPoolTimer(
  clock: MonotonicClock,
  setTimer: SetTimer,
  pools: () => readonly WokenPool[],
): PoolTimer {
  let cancel: (() => void) | null = null
  let timerUs = Number.POSITIVE_INFINITY
  let closed = false

  function schedule(): void {
    let nextUs = Number.POSITIVE_INFINITY
    for (const pool of pools()) nextUs = Math.min(nextUs, pool.nextUs())
    if (nextUs === timerUs || closed) return
    cancel?.()
    cancel = null
    timerUs = nextUs
    if (nextUs === Number.POSITIVE_INFINITY) return
    // Rounded up: a timer that is early would be set again at once.
    cancel = setTimer(wake, Math.min(mostMs, Math.max(0, Math.ceil((nextUs - clock.nowUs()) / 1000))))
  }

  function wake(): void {
    cancel = null
    timerUs = Number.POSITIVE_INFINITY
    const nowUs = clock.nowUs()
    for (const pool of pools()) if (pool.nextUs() <= nowUs) pool.wake(nowUs)
    schedule()
  }

  return {
    schedule,
    close() {
      closed = true
      cancel?.()
      cancel = null
    },
  }
}
