/** What is added up of live traffic, as rows of numbers: one row per moment and name. */
import type { RouterSpec } from '../../../routing/index.ts'
import { promptTokens } from '../request-counts.ts'
import type { AttemptSummary, RequestSummary } from '../request-summary.ts'

/** Columns of a row. Money in nano-dollars as doubles: exact up to nine million dollars. */
export const column = {
  requests: 0,
  served: 1,
  /** Served within the objectives of their alias. */
  good: 2,
  refused: 3,
  failed: 4,
  cancelled: 5,
  attempts: 6,
  uncachedInput: 7,
  cachedInput: 8,
  cacheWrite: 9,
  inputAudio: 10,
  output: 11,
  outputAudio: 12,
  reasoning: 13,
  nanoUsd: 14,
  /** Part of it that the gateway bears: retries, hedges. */
  gatewayNanoUsd: 15,
  /** What machines of one's own cost in this time, whether anybody used them. */
  capacityNanoUsd: 16,
  /** Part of nanoUsd that is expected engine time, and so part of the capacity's cost. */
  engineNanoUsd: 17,
  estimatedTokens: 18,
  expectedCached: 19,
  ttftMs: 20,
  ttftCount: 21,
  tpotMs: 22,
  tpotCount: 23,
  queuedMs: 24,
  overheadMs: 25,
  overheadCount: 26,
  /** Of intervals that the ledger closed in this time: all their money, and the part that nobody used. */
  closedNanoUsd: 27,
  closedIdleNanoUsd: 28,
} as const
export const columns = 29

/** What an alias promises; null: nothing. A request without a first token of its own meets what it cannot miss. */
export interface LiveObjectives {
  readonly ttftMs: number | null
  readonly tpotMs: number | null
}

/** The objectives that a router holds itself; null: it has none, and whatever it serves is good. */
export function routerObjectives(router: RouterSpec): LiveObjectives | null {
  return router.kind === 'cost' ? { ttftMs: router.ttftMs, tpotMs: router.tpotMs } : null
}

/** The row of a request, attempts included; clears what was in it. */
export function fillRequest(
  row: Float64Array,
  summary: RequestSummary,
  objectives: LiveObjectives | null,
): void {
  row.fill(0)
  row[column.requests] = 1
  row[column[summary.outcome]] = 1
  if (summary.outcome === 'served' && meets(summary, objectives)) row[column.good] = 1
  row[column.queuedMs] = summary.queuedMs
  if (summary.ttftMs !== null) {
    row[column.ttftMs] = summary.ttftMs
    row[column.ttftCount] = 1
  }
  if (summary.tpotMs !== null) {
    row[column.tpotMs] = summary.tpotMs
    row[column.tpotCount] = 1
  }
  if (summary.overheadMs !== null) {
    row[column.overheadMs] = summary.overheadMs
    row[column.overheadCount] = 1
  }
  for (const attempt of summary.attempts) addUsage(row, attempt)
}

/** The row of one attempt, for whoever served it: times are its own, and it counts as a request when it answered. */
export function fillAttempt(
  row: Float64Array,
  attempt: AttemptSummary,
  summary: RequestSummary,
  objectives: LiveObjectives | null,
): void {
  row.fill(0)
  row[column.requests] = 1
  if (attempt.outcome === 'served') {
    row[column.served] = 1
    if (summary.outcome === 'served' && meets(summary, objectives)) row[column.good] = 1
  } else row[attempt.outcome === 'cancelled' ? column.cancelled : column.failed] = 1
  if (attempt.ttftMs !== null) {
    row[column.ttftMs] = attempt.ttftMs
    row[column.ttftCount] = 1
  }
  if (summary.tpotMs !== null && attempt.outcome === 'served') {
    row[column.tpotMs] = summary.tpotMs
    row[column.tpotCount] = 1
  }
  addUsage(row, attempt)
}

function addUsage(row: Float64Array, attempt: AttemptSummary): void {
  const { usage } = attempt
  const nanoUsd = Number(attempt.nanoUsd)
  row[column.attempts]!++
  row[column.uncachedInput]! += usage.uncachedInput
  row[column.cachedInput]! += usage.cachedInput
  row[column.cacheWrite]! += usage.cacheWrite
  row[column.inputAudio]! += usage.inputAudio
  row[column.output]! += usage.output
  row[column.outputAudio]! += usage.outputAudio
  row[column.reasoning]! += usage.reasoning
  row[column.nanoUsd]! += nanoUsd
  if (attempt.bearer === 'gateway') row[column.gatewayNanoUsd]! += nanoUsd
  if (attempt.target.kind === 'deployment') row[column.engineNanoUsd]! += nanoUsd
  if (attempt.state === 'estimated')
    row[column.estimatedTokens]! += promptTokens(usage) + usage.output + usage.outputAudio
  row[column.expectedCached]! += attempt.expectedCachedTokens
}

function meets({ ttftMs, tpotMs }: RequestSummary, objectives: LiveObjectives | null): boolean {
  if (objectives === null) return true
  const isLate = (value: number | null, limit: number | null) =>
    value !== null && limit !== null && value > limit
  return !isLate(ttftMs, objectives.ttftMs) && !isLate(tpotMs, objectives.tpotMs)
}
