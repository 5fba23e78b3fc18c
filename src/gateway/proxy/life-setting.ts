/** What a request's life begins with, and how it asks: the routers for a candidate, and a candidate for an answer. */
import type { ServerResponse } from 'node:http'
import type { AttemptSettings, GatewayConfig } from '../config/gateway-config.ts'
import type { Candidate, DispatchRequest, ModelPool } from '../dispatch/types.ts'
import type { PromptIdentity } from '../engine-state/index.ts'
import type { KeyRecord } from '../tenants/index.ts'
import type { Admitted } from '../tenants/tenant-gate.ts'
import type { CheckedHeaders } from '../wire/index.ts'
import { type Attempt, type AttemptOwner, startAttempt } from './attempt.ts'
import type { ClientRequest } from './client-request.ts'
import type { DataPlaneParts } from './parts.ts'
import type { RequestBooks } from './request-books.ts'
import { type RequestHints, sessionNumber } from './request-hints.ts'
import type { RequestLife } from './request-life.ts'
import { bothRequired } from './requirements.ts'
import type { TurnEnd } from './turn-end.ts'
import { upstreamRequest } from './upstream-request.ts'

export interface LifeSetting {
  readonly parts: DataPlaneParts
  readonly config: GatewayConfig
  readonly requestId: string
  readonly key: KeyRecord
  readonly headers: CheckedHeaders
  readonly hints: RequestHints
  readonly client: ClientRequest
  /** Of the alias that was asked for, then of its fallbacks. */
  readonly pools: readonly ModelPool[]
  readonly prompt: PromptIdentity
  readonly admitted: Admitted
  readonly books: RequestBooks
  readonly isSampled: boolean
  /** Numbers for routers: one an attempt. */
  readonly nextNumber: () => number
  readonly startedUs: number
  readonly startedMs: number
  readonly response: ServerResponse
  /** When answers go out. */
  readonly turnEnd: TurnEnd
  readonly over: (life: RequestLife) => void
}

/** What an answer is taken for before any of its model was seen. Assumed; only guesses of cost and time depend on it. */
const unknownOutputTokens = 256

/** excluded: candidates that cannot take it, or were tried. */
export function dispatchRequest(
  setting: LifeSetting,
  pool: ModelPool,
  excluded: ReadonlySet<number>,
): DispatchRequest {
  const { client, hints, key, pools, prompt, requestId, nextNumber, isSampled } = setting
  const [asked] = pools
  const limit = client.outputLimit
  const expected = pool.expectedOutputTokens ?? limit ?? unknownOutputTokens
  return {
    requestId,
    number: nextNumber(),
    tenant: key.tenant,
    prompt,
    outputTokens: Math.max(1, Math.round(Math.min(expected, limit ?? expected))),
    priority: client.priority,
    session: sessionNumber(key.tenant, hints.session ?? client.conversation),
    // A fallback answers for the alias that was asked for, under its conditions.
    require: pool === asked ? hints.require : bothRequired(hints.require, asked!.config.require),
    excluded,
    outputLimit: limit,
    explained: hints.explain || isSampled,
  }
}

/** Throws a GatewayError when the request has something that this upstream has no words for. */
export function sendUpstream(
  setting: LifeSetting,
  candidate: Candidate,
  number: number,
  limits: AttemptSettings,
  owner: AttemptOwner,
): Attempt {
  const { parts, client, requestId, startedMs, headers } = setting
  const way = parts.clients.of(candidate)
  const upstream = upstreamRequest(client, headers, candidate, way.target, requestId)
  return startAttempt(
    {
      ...{ candidate, number, upstream, way, client, requestId, limits },
      isRenamed: candidate.upstreamModel !== null && candidate.upstreamModel !== client.model,
      createdSeconds: Math.floor(startedMs / 1000),
      nowUs: parts.clock.nowUs,
    },
    owner,
  )
}
