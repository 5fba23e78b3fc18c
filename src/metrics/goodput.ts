/**
 * Goodput: requests per second, and their tokens per second, that meet every objective. A request meets a limit or misses
 * it, so an objective on a statistic is read as a limit on each request. Rejected and failed requests miss; otherwise a
 * server could reach any latency by serving hardly anyone.
 */
import type { LatencyClock, Objective } from './objective.ts'
import type { RequestRecord } from './record.ts'
import { tpotMs } from './time-per-output-token.ts'
import { microsecondsPerMillisecond } from './time-units.ts'

/** Limits on one request, milliseconds; Infinity where there is none. */
export interface RequestLimits {
  readonly ttftMs: number
  readonly tpotMs: number
  readonly e2eMs: number
}

/**
 * The limits that objectives set to a single request: of several on one metric the largest, since «p50 < 0.5 s, p99 < 2 s»
 * allows half of the requests more than 0.5 s.
 */
export function requestLimits(objectives: readonly Objective[]): RequestLimits {
  const largest = (metric: Objective['metric']) => {
    const limits = objectives.filter(objective => objective.metric === metric).map(({ limitMs }) => limitMs)
    return limits.length === 0 ? Infinity : Math.max(...limits)
  }
  return { ttftMs: largest('ttft'), tpotMs: largest('tpot'), e2eMs: largest('e2e') }
}

/** unjudged: it neither met nor missed its limits, and counts for neither side. */
export type Judgement = 'met' | 'missed' | 'unjudged'

/**
 * Whether a request kept its limits. A single token has no TPOT and keeps any limit on it. Unjudged are a served request
 * without the times that a limit needs, and one that the client cancelled while it was still within its limits; cancelled
 * after a limit had passed, it missed.
 */
export function judgeRequest(record: RequestRecord, limits: RequestLimits, clock: LatencyClock): Judgement {
  if (record.outcome === 'rejected' || record.outcome === 'failed') return 'missed'
  const fromUs = clock === 'service' ? record.sentUs : record.scheduledUs
  const served = record.outcome === 'served'
  // What a cancelled request did not live to see took at least as long as it lasted.
  const firstUs = served || record.firstTokenUs >= 0 ? record.firstTokenUs : record.endedUs
  const lastUs = served ? record.lastTokenUs : record.endedUs
  const ttft = (firstUs - fromUs) / microsecondsPerMillisecond
  const e2e = (lastUs - fromUs) / microsecondsPerMillisecond
  const tpot = served && record.outputTokens > 1 ? tpotMs(record) : 0
  if (ttft > limits.ttftMs || e2e > limits.e2eMs || tpot > limits.tpotMs) return 'missed'
  const known = isKnown(ttft, limits.ttftMs) && isKnown(e2e, limits.e2eMs) && isKnown(tpot, limits.tpotMs)
  return served && known ? 'met' : 'unjudged'
}

/** A latency that no limit asks for may be missing. */
function isKnown(latencyMs: number, limitMs: number): boolean {
  return limitMs === Infinity || !Number.isNaN(latencyMs)
}
