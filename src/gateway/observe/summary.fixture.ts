/** Requests that are over, as the data plane tells of them. */
import type { CandidateStatus } from '../dispatch/types.ts'
import { noUsage } from '../usage.ts'
import type { AttemptSummary, RequestSummary } from './request-summary.ts'

/** 2026-03-01T00:00:00Z. */
export const startMs = Date.UTC(2026, 2, 1)

export function attemptOf(changes: Partial<AttemptSummary> = {}): AttemptSummary {
  return {
    candidate: 'h200/a',
    target: { kind: 'deployment', deployment: 'h200', replica: 'a' },
    bearer: 'tenant',
    outcome: 'served',
    status: 200,
    ttftMs: 180,
    durationMs: 1180,
    usage: { ...noUsage, uncachedInput: 600, cachedInput: 400, output: 101, reasoning: 20 },
    state: 'reported',
    nanoUsd: 300_000n,
    isExact: false,
    expectedCachedTokens: 512,
    predictedTtftMs: 150,
    predictedNanoUsd: 280_000n,
    ...changes,
  }
}

/** To `openai/gpt`, for a dollar cent. */
export function offerAttempt(changes: Partial<AttemptSummary> = {}): AttemptSummary {
  return attemptOf({
    candidate: 'openai/gpt',
    target: { kind: 'offer', offer: 'openai/gpt' },
    nanoUsd: 10_000_000n,
    isExact: true,
    ...changes,
  })
}

export function summaryOf(changes: Partial<RequestSummary> = {}): RequestSummary {
  return {
    requestId: 'req-1',
    startedMs: startMs,
    tenant: 'acme',
    keyId: 'k1',
    modelAlias: 'llama',
    api: 'chat',
    stream: true,
    outcome: 'served',
    status: 200,
    reason: null,
    attempts: [attemptOf()],
    queuedMs: 5,
    ttftMs: 200,
    tpotMs: 10,
    durationMs: 1200,
    overheadMs: 0.4,
    traceparent: null,
    explanation: null,
    ...changes,
  }
}

export const refusedSummary: RequestSummary = summaryOf({
  requestId: 'req-refused',
  outcome: 'refused',
  status: 429,
  reason: 'budget-spent',
  attempts: [],
  queuedMs: 0,
  ttftMs: null,
  tpotMs: null,
  durationMs: 1,
  overheadMs: null,
})

/** Over three candidates: two replicas of h200 and an offer. */
export function explanationOf(
  pickedUsd: number,
  otherUsd: number,
  offerUsd: number,
): RequestSummary['explanation'] {
  const candidate = (name: string, outcome: string, usd: number) => ({
    name,
    outcome,
    score: -usd,
    expectedCachedTokens: 0,
    parts: { usd, ttftMs: 100 },
  })
  return {
    alias: 'llama',
    policy: 'cost',
    decision: 'send',
    candidates: [
      candidate('h200/a', 'picked', pickedUsd),
      candidate('h200/b', 'considered', otherUsd),
      candidate('openai/gpt', 'considered', offerUsd),
      { name: 'h200/c', outcome: 'ready', score: null, expectedCachedTokens: 0, parts: {} },
    ],
  }
}

export function candidateStatus(changes: Partial<CandidateStatus> = {}): CandidateStatus {
  return {
    name: 'h200/a',
    target: { kind: 'deployment', deployment: 'h200', replica: 'a' },
    aliases: ['llama'],
    ready: true,
    coolingUntilMs: null,
    inFlight: 2,
    waiting: 0,
    running: 2,
    cacheUse: 0.25,
    ttftMs: 100,
    tpotMs: 10,
    cacheKnownBy: 'events',
    expectedHitShare: 0.5,
    realisedHitShare: 0.4,
    alarms: [],
    ...changes,
  }
}
