/** Everything that can be said of a trace without serving it. */
import { type ArrivalStatistics, arrivalStatistics } from './trace-arrivals.ts'
import {
  correlationOf,
  type Distribution,
  distributionOf,
  distributionOfSorted,
  ranksOf,
} from './trace-distribution.ts'
import { type ReuseStatistics, reuseStatistics } from './trace-reuse.ts'
import type { TraceTable } from './trace-table.ts'

export interface TraceSummary {
  readonly source: string
  readonly format: string
  readonly requests: number
  /** Requests without input or output tokens: they count nowhere else. */
  readonly leftOut: number
  /** Null when not every request has an arrival time. */
  readonly arrivals: ArrivalStatistics | null
  readonly inputTokens: Distribution
  readonly outputTokens: Distribution
  /** Of input and output lengths: of the values (Pearson) and of their ranks (Spearman); null without spread. */
  readonly lengthCorrelation: { readonly pearson: number; readonly spearman: number } | null
  /** Null without block ids. */
  readonly reuse: ReuseStatistics | null
  /** Share of prompt tokens that the trace itself says were cached; null when it does not. */
  readonly statedCachedShare: number | null
  readonly sessions: SessionStatistics | null
  /** By name, most requests first; empty when the trace names none. */
  readonly models: readonly { readonly name: string; readonly requests: number }[]
  /** What had to be assumed or left out, ready to print. */
  readonly notes: readonly string[]
}

export interface SessionStatistics {
  readonly sessions: number
  /** Requests of a session. */
  readonly turns: Distribution
  /** Seconds from the last answer waited for to the next request; null where no turn states it. */
  readonly thinkSeconds: Distribution | null
  /** Seconds between the starts of turns, of those for which no end is recorded; null without any. */
  readonly startGapSeconds: Distribution | null
}

export function traceSummary(table: TraceTable): TraceSummary {
  const notes = [...table.notes]
  if (table.leftOut > 0) {
    notes.push(`${table.leftOut} requests without input or output tokens (failed calls) are left out`)
  }
  if (table.backward > 0) {
    notes.push(
      `${table.backward} requests are stamped earlier than the line before: all are taken in order of time`,
    )
  }
  const arrivals = arrivalStatistics(table, notes)
  const { inputTokens, outputTokens, lengthCorrelation } = lengthStatistics(table)
  const reuse = reuseStatistics(table)
  if (reuse !== null) {
    notes.push(
      `prefix hits assume one cache that never evicts (${reuse.tokensPerBlock}-token blocks): an upper bound for the share cached`,
    )
  }
  if (table.content?.inferred) {
    notes.push(
      `blocks of ${table.content.tokensPerBlock} tokens are inferred from prompt lengths and block counts`,
    )
  }
  return {
    source: table.source,
    format: table.format,
    requests: table.requests,
    leftOut: table.leftOut,
    arrivals,
    inputTokens,
    outputTokens,
    lengthCorrelation,
    reuse,
    statedCachedShare:
      table.statedCachedTokens === null ? null : table.statedCachedTokens / inputTokens.total,
    sessions: sessionStatistics(table),
    models: [...table.models]
      .map(([name, requests]) => ({ name, requests }))
      .sort((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1)),
    notes,
  }
}

function lengthStatistics(table: TraceTable) {
  const input = table.inputTokens.toFloat64()
  const output = table.outputTokens.toFloat64()
  const inputSorted = input.slice().sort()
  const outputSorted = output.slice().sort()
  const pearson = correlationOf(input, output)
  const spearman =
    pearson === null ? null : correlationOf(ranksOf(input, inputSorted), ranksOf(output, outputSorted))
  return {
    inputTokens: distributionOfSorted(inputSorted),
    outputTokens: distributionOfSorted(outputSorted),
    lengthCorrelation: pearson === null || spearman === null ? null : { pearson, spearman },
  }
}

function sessionStatistics({ sessions, requests }: TraceTable): SessionStatistics | null {
  if (sessions === null) return null
  const turns = new Map<number, number>()
  const think: number[] = []
  const startGaps: number[] = []
  for (let row = 0; row < requests; row++) {
    const session = sessions.session.at(row)
    if (session < 0) continue
    turns.set(session, (turns.get(session) ?? 0) + 1)
    if (sessions.previous.at(row) < 0) continue
    const gap = sessions.gapSeconds.at(row)
    if (!Number.isNaN(gap)) (sessions.gapFromStart.at(row) === 1 ? startGaps : think).push(gap)
  }
  return {
    sessions: sessions.count,
    turns: distributionOf(Float64Array.from(turns.values()))!,
    thinkSeconds: distributionOf(Float64Array.from(think)),
    startGapSeconds: distributionOf(Float64Array.from(startGaps)),
  }
}
