/** Records are in integer microseconds, latencies in milliseconds, rates per second. */

export const microsecondsPerMillisecond = 1e3
export const microsecondsPerSecond = 1e6
