/** Waking up later: real timers, or those of a test. */

/** Calls back once after the delay, unless the answered function was called before. */
export type SetTimer = (callback: () => void, delayMs: number) => () => void

/** setTimeout; alone it keeps no process alive. */
export const realTimer: SetTimer = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}
