/** Statistics of a trace as JSON. Stable: fields are only added within one schemaVersion (docs/reference/trace-stats.md). */
import type { TraceSummary } from '../workload/trace-statistics.ts'

export const traceSchemaVersion = 1

export function renderTraceJson(summary: TraceSummary, version: string): string {
  const document = { schemaVersion: traceSchemaVersion, tokenwright: version, ...summary }
  return `${JSON.stringify(document, null, 2)}\n`
}
