/** Reads traces from files: the edge of workload/. */
import { planningStatistics, type TraceStatistics } from './request-statistics.ts'
import { isServeGenPath, readServeGenModel } from './serve-gen-file.ts'
import { readLines } from './trace-lines-file.ts'
import { TraceReader } from './trace-reader.ts'
import { SessionBook } from './trace-sessions.ts'
import { sourceSummary, type TraceSource } from './trace-source.ts'
import { type TraceTable, TraceTableBuilder } from './trace-table.ts'

/** A recording from one or more files, or a ServeGen client model from one folder or archive. */
export async function readTraceSource(paths: string | readonly string[]): Promise<TraceSource> {
  const [first, ...more] = typeof paths === 'string' ? [paths] : paths
  return first !== undefined && more.length === 0 && isServeGenPath(first)
    ? { kind: 'client-model', model: readServeGenModel(first) }
    : { kind: 'recording', table: await readTrace(paths) }
}

/**
 * A trace in columns. Several files are parts of one trace, in the order given; `-` is standard input. Plain, gzip, zstd
 * (by their first bytes) or brotli (`.br`). Throws TokenwrightError('trace') with file and line, or ('file').
 */
export async function readTrace(paths: string | readonly string[]): Promise<TraceTable> {
  const files = typeof paths === 'string' ? [paths] : paths
  const builder = new TraceTableBuilder()
  const sessions = new SessionBook()
  const notes = new Set<string>()
  const formats = new Set<string>()
  for (const path of files) {
    const reader = new TraceReader(path, sessions, notes)
    await readLines(path, line => reader.read(line, builder))
    reader.finish(builder)
    formats.add(reader.format)
  }
  if (sessions.backward > 0) {
    notes.add(
      `${sessions.backward} turns are stamped before the turn that they follow: they start when it ends`,
    )
  }
  if (formats.size > 1) formats.delete('empty')
  return builder.finish(files.join(', '), [...formats].join(', '), notes)
}

/** What planning needs of a trace or a client model. */
export async function readTraceStatistics(path: string): Promise<TraceStatistics> {
  return planningStatistics(sourceSummary(await readTraceSource(path)))
}
