/** A trace that somebody brought, read by the same parsers as a file of the command line. */
import type { TraceStatistics } from '../../src/workload/request-statistics.ts'
import { planningStatistics } from '../../src/workload/request-statistics.ts'
import { TraceReader } from '../../src/workload/trace-reader.ts'
import { SessionBook } from '../../src/workload/trace-sessions.ts'
import { traceSummary } from '../../src/workload/trace-statistics.ts'
import { type TraceTable, TraceTableBuilder } from '../../src/workload/trace-table.ts'
import type { TraceText } from './protocol.ts'

/** Throws with the line that cannot be read. */
export function readTraceText({ name, text }: TraceText): TraceTable {
  const builder = new TraceTableBuilder()
  const notes = new Set<string>()
  const reader = new TraceReader(name, new SessionBook(), notes)
  for (const line of text.split('\n')) reader.read(line, builder)
  reader.finish(builder)
  return builder.finish(name, reader.format, notes)
}

export function statisticsOf(table: TraceTable): TraceStatistics {
  return planningStatistics(traceSummary(table))
}
