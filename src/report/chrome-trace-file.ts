/** Writes a run as a trace while it goes on. */
import type { FleetEvent } from '../fleet/types.ts'
import { type ChromeTraceOptions, chromeTrace } from './chrome-trace.ts'
import type { TraceEvent } from './chrome-trace-event.ts'
import { openTextFile } from './text-sink-file.ts'

export interface ChromeTraceFile {
  readonly observe: (event: FleetEvent) => void
  /** Ends what is under way and puts the file into its place. */
  readonly finish: () => void
  /** Leaves nothing behind. */
  readonly abort: () => void
}

/**
 * Opens a trace for ui.perfetto.dev or chrome://tracing; hand its `observe` every event of the fleet. Memory does not grow
 * with the run. Throws TokenwrightError('file') where it cannot be written.
 */
export function startChromeTrace(path: string, options: ChromeTraceOptions): ChromeTraceFile {
  const sink = openTextFile(path)
  const trace = chromeTrace(options)
  const out: TraceEvent[] = []
  let first = true
  const write = () => {
    for (const event of out) {
      sink.write(first ? '\n' : ',\n')
      sink.write(JSON.stringify(event))
      first = false
    }
    out.length = 0
  }
  // Perfetto reads the unit only where it comes before the events.
  sink.write('{"displayTimeUnit":"ms","traceEvents":[')
  trace.begin(out)
  return {
    observe(event) {
      trace.observe(event, out)
      if (out.length > 0) write()
    },
    finish() {
      trace.finish(out)
      write()
      sink.write('\n]}\n')
      sink.finish()
    },
    abort: sink.abort,
  }
}
