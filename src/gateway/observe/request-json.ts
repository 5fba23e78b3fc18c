/** A request as it is logged and shown: named fields only, so that whatever is added to a summary stays out until somebody decides. */
import { usdFromNano } from '../../core/money.ts'
import type { Explanation } from '../dispatch/types.ts'
import type { AttemptSummary, RequestSummary } from './request-summary.ts'
import { safeName, safeText } from './safe-text.ts'

export interface RequestJson {
  readonly requestId: string
  /** ISO 8601, UTC. */
  readonly started: string
  readonly startedMs: number
  readonly tenant: string
  readonly keyId: string
  readonly model: string
  readonly api: string
  readonly stream: boolean
  readonly outcome: string
  readonly status: number
  readonly reason: string | null
  /** Who answered, or was tried last; null: nothing was sent. */
  readonly candidate: string | null
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  /** Of all attempts: exact for offers, expected for deployments. */
  readonly usd: number
  readonly queuedMs: number
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  readonly durationMs: number
  readonly overheadMs: number | null
  readonly traceId: string | null
  readonly attempts: readonly AttemptJson[]
  readonly explanation: Explanation | null
}

export interface AttemptJson {
  readonly candidate: string
  /** Name of the deployment or offer. */
  readonly target: string
  readonly kind: 'deployment' | 'offer'
  readonly bearer: string
  readonly outcome: string
  readonly status: number
  readonly ttftMs: number | null
  readonly durationMs: number
  readonly tokens: AttemptSummary['usage']
  readonly state: string
  readonly usd: number
  readonly exact: boolean
  readonly expectedCachedTokens: number
  readonly predictedTtftMs: number | null
  readonly predictedUsd: number | null
}

export function requestJson(summary: RequestSummary): RequestJson {
  const attempts = summary.attempts.map(attemptJson)
  const sum = (of: (attempt: AttemptJson) => number): number =>
    attempts.reduce((total, attempt) => total + of(attempt), 0)
  const answered = attempts.findLast(({ outcome }) => outcome === 'served') ?? attempts.at(-1)
  return {
    requestId: safeText(summary.requestId),
    started: new Date(summary.startedMs).toISOString(),
    startedMs: summary.startedMs,
    tenant: safeName(summary.tenant),
    keyId: safeName(summary.keyId),
    model: safeName(summary.modelAlias),
    api: summary.api,
    stream: summary.stream,
    outcome: summary.outcome,
    status: summary.status,
    reason: summary.reason === null ? null : safeName(summary.reason),
    candidate: answered?.candidate ?? null,
    inputTokens: sum(
      ({ tokens }) => tokens.uncachedInput + tokens.cachedInput + tokens.cacheWrite + tokens.inputAudio,
    ),
    cachedTokens: sum(({ tokens }) => tokens.cachedInput),
    outputTokens: sum(({ tokens }) => tokens.output + tokens.outputAudio),
    usd: sum(({ usd }) => usd),
    queuedMs: rounded(summary.queuedMs),
    ttftMs: roundedOrNull(summary.ttftMs),
    tpotMs: roundedOrNull(summary.tpotMs),
    durationMs: rounded(summary.durationMs),
    overheadMs: roundedOrNull(summary.overheadMs),
    traceId: traceIdOf(summary.traceparent),
    attempts,
    explanation: summary.explanation === null ? null : explanationJson(summary.explanation),
  }
}

function attemptJson(attempt: AttemptSummary): AttemptJson {
  const { target, usage } = attempt
  return {
    candidate: safeName(attempt.candidate),
    target: safeName(target.kind === 'offer' ? target.offer : target.deployment),
    kind: target.kind,
    bearer: attempt.bearer,
    outcome: attempt.outcome,
    status: attempt.status,
    ttftMs: roundedOrNull(attempt.ttftMs),
    durationMs: rounded(attempt.durationMs),
    tokens: {
      uncachedInput: usage.uncachedInput,
      cachedInput: usage.cachedInput,
      cacheWrite: usage.cacheWrite,
      inputAudio: usage.inputAudio,
      output: usage.output,
      outputAudio: usage.outputAudio,
      reasoning: usage.reasoning,
    },
    state: attempt.state,
    usd: usdFromNano(attempt.nanoUsd),
    exact: attempt.isExact,
    expectedCachedTokens: attempt.expectedCachedTokens,
    predictedTtftMs: roundedOrNull(attempt.predictedTtftMs),
    predictedUsd: attempt.predictedNanoUsd === null ? null : usdFromNano(attempt.predictedNanoUsd),
  }
}

function explanationJson({ alias, policy, decision, candidates }: Explanation): Explanation {
  return {
    alias: safeName(alias),
    policy: safeName(policy),
    decision: safeName(decision),
    candidates: candidates.map(({ name, outcome, score, expectedCachedTokens, parts }) => ({
      name: safeName(name),
      outcome: safeName(outcome),
      score,
      expectedCachedTokens,
      parts: { ...parts },
    })),
  }
}

/** W3C trace context: version, 32 hexadecimal digits, 16, flags. Anything else is no trace and is not repeated. */
const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

export function traceIdOf(traceparent: string | null): string | null {
  return traceparentPattern.exec(traceparent ?? '')?.[1] ?? null
}

/** To the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function roundedOrNull(ms: number | null): number | null {
  return ms === null ? null : rounded(ms)
}
