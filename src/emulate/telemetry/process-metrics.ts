/** The process's own figures, as Python's Prometheus client exports them (process_*): the emulator's, not an engine's. */
import type { Family } from './exposition.ts'

/** startSeconds: wall clock when it started, seconds since 1970. */
export function processFamilies(startSeconds: number): Family[] {
  const { user, system } = process.cpuUsage()
  const one = (name: string, type: Family['type'], help: string, value: number): Family => ({
    name,
    type,
    help,
    series: [{ labels: {}, value }],
  })
  return [
    one('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
    one('process_start_time_seconds', 'gauge', 'Start, seconds since 1970.', startSeconds),
    one('process_cpu_seconds_total', 'counter', 'Processor time.', (user + system) / 1e6),
  ]
}
