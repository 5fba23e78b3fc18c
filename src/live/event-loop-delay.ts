/** How busy the client itself was: a load generator that is late blames the server for it. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

export interface EventLoopReport {
  /**
   * By how much the loop came late to what was due at a moment of no particular choice: what a read's time may be off by.
   * Milliseconds; idle loops show up to 1 ms, because the loop's timers count whole milliseconds.
   */
  readonly delay: { readonly p50Ms: number; readonly p99Ms: number; readonly maximumMs: number }
  /** CPU seconds of the whole process, all threads, user and system. */
  readonly cpuSeconds: number
  /** CPU seconds ÷ wall seconds of the process: 1 is one core. */
  readonly cpuShare: number
  /** Of this thread alone; null where Node cannot tell (before 23.9). */
  readonly threadCpuShare: number | null
  /** Share of the time that the loop was not waiting for anything. */
  readonly loopShare: number
  readonly wallSeconds: number
}

export interface EventLoopMonitor {
  /** From here on anew. */
  restart(): void
  /** Since the start or restart. */
  report(): EventLoopReport
  close(): void
}

/**
 * Time between two samples. Assumed: a hundred a second give a p99 after ten seconds and cost nothing that can be measured;
 * a stall of s ms is met by one sample in 10/s, so percentiles are weighted by time as arriving reads are.
 */
const resolutionMs = 10

export function startEventLoopMonitor(): EventLoopMonitor {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let wallMs = performance.now()
  let cpu = process.cpuUsage()
  let threadCpu = threadCpuMicroseconds()
  let loop = performance.eventLoopUtilization()

  /** The histogram holds the time from one sample to the next, so what was waited for is taken off. */
  const late = (ns: number) => Math.max(0, ns / 1e6 - resolutionMs)

  return {
    restart() {
      histogram.reset()
      wallMs = performance.now()
      cpu = process.cpuUsage()
      threadCpu = threadCpuMicroseconds()
      loop = performance.eventLoopUtilization()
    },
    report() {
      const wallSeconds = (performance.now() - wallMs) / 1000
      const used = process.cpuUsage(cpu)
      const cpuSeconds = (used.user + used.system) / 1e6
      const threadNow = threadCpuMicroseconds()
      // Before the first sample the histogram answers with values that mean nothing.
      const sampled = histogram.count > 0
      return {
        delay: {
          p50Ms: sampled ? late(histogram.percentile(50)) : 0,
          p99Ms: sampled ? late(histogram.percentile(99)) : 0,
          maximumMs: sampled ? late(histogram.max) : 0,
        },
        cpuSeconds,
        cpuShare: cpuSeconds / wallSeconds,
        threadCpuShare:
          threadNow === null || threadCpu === null ? null : (threadNow - threadCpu) / 1e6 / wallSeconds,
        loopShare: performance.eventLoopUtilization(loop).utilization,
        wallSeconds,
      }
    },
    close() {
      histogram.disable()
    },
  }
}

function threadCpuMicroseconds(): number | null {
  // Missing in Node 22, whatever the types say.
  if (typeof process.threadCpuUsage !== 'function') return null
  const { user, system } = process.threadCpuUsage()
  return user + system
}
