/** One thing to tell, several that want to know: whichever of them fails, the request and the others notice nothing. */
import type { GatewayObserver, RequestSummary } from './request-summary.ts'

export interface SummarySink {
  requestStarted?(): void
  requestEnded?(summary: RequestSummary): void
  /** Another word for requestEnded. */
  add?(summary: RequestSummary): void
}

export interface ObserverParts {
  readonly metrics?: SummarySink | null
  readonly log?: SummarySink | null
  readonly tracing?: SummarySink | null
  readonly live?: SummarySink | null
  readonly recent?: SummarySink | null
  /** A part threw; told once per part, so that a fault at each request fills no log. */
  readonly onFault?: (part: string, error: unknown) => void
}

export function createObserver(parts: ObserverParts): GatewayObserver {
  const { onFault, ...named } = parts
  const sinks = Object.entries(named).flatMap(([name, sink]) => (sink ? [{ name, sink, told: false }] : []))
  const tell = (call: (sink: SummarySink) => void): void => {
    for (const entry of sinks) {
      try {
        call(entry.sink)
      } catch (error) {
        if (entry.told) continue
        entry.told = true
        try {
          onFault?.(entry.name, error)
        } catch {
          // Whoever is told of faults may be at fault as well.
        }
      }
    }
  }
  return {
    requestStarted: () => tell(sink => sink.requestStarted?.()),
    requestEnded: summary =>
      tell(sink => {
        sink.requestEnded?.(summary)
        sink.add?.(summary)
      }),
  }
}
