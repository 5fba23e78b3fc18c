/**
 * A request from its head to its life: who asks, for what, whether it may, and what is set aside for it. Whatever is wrong with it is told
 * in the client's dialect and to the observer, once.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestOutcome } from '../observe/request-summary.ts'
import { type KeyRecord, presentedKey } from '../tenants/index.ts'
import { type CheckedHeaders, checkRequestHeaders, GatewayError } from '../wire/index.ts'
import { type GatewayRoute, routeOf } from './api-routes.ts'
import { readClientRequest } from './client-request.ts'
import { answerJson, refuse } from './http-answers.ts'
import type { Lives } from './lives.ts'
import { modelBody, modelsBody } from './models-list.ts'
import type { DataPlaneParts } from './parts.ts'
import { gateError } from './refusals.ts'
import { admit, amountsFor, poolsFor } from './request-admission.ts'
import { readBody } from './request-body.ts'
import { createRequestBooks } from './request-books.ts'
import { readHints } from './request-hints.ts'
import { newRequestId } from './request-id.ts'
import { RequestLife } from './request-life.ts'
import type { TurnEnd } from './turn-end.ts'

export interface IntakeSetting {
  readonly parts: DataPlaneParts
  /** Requests that were let in and are not over. */
  readonly lives: Lives
  readonly isDraining: () => boolean
  readonly turnEnd: TurnEnd
  /** Its head is such that nothing behind it on the connection can be trusted. */
  readonly distrust: (request: IncomingMessage) => void
}

/** What is known of a request when it is refused early. */
interface Seen {
  readonly requestId: string
  readonly startedUs: number
  readonly startedMs: number
  key: KeyRecord | null
  alias: string
  api: Extract<GatewayRoute, { kind: 'answer' }>['api'] | 'other'
  stream: boolean
}

/** Takes a request; resolves when it has been let in or answered. Never rejects. */
export function createIntake(
  setting: IntakeSetting,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { parts, lives, isDraining, turnEnd, distrust } = setting
  let lastNumber = 0
  const nextNumber = (): number => lastNumber++

  async function take(request: IncomingMessage, response: ServerResponse, seen: Seen): Promise<void> {
    const config = parts.config()
    const { limits } = config
    const headers = checkRequestHeaders(request.rawHeaders, {
      count: limits.headers,
      bytes: limits.headerBytes,
    })
    const route = routeOf(request.method ?? '', request.url ?? '/')
    if (route === null)
      throw new GatewayError(404, 'not_found', `there is no ${request.method} ${pathOf(request)} here`)
    if (route.kind === 'alive') {
      answerJson(response, seen.requestId, alive)
      endEarly(seen, 'served', 200, null)
      return
    }
    refuseWhereNothingIsTaken()
    const key = identify(headers)
    seen.key = key
    if (route.kind !== 'answer') {
      answerJson(response, seen.requestId, listing(route, key))
      endEarly(seen, 'served', 200, null)
      return
    }
    const hints = readHints(headers)
    const body = await readBody(request, limits.bodyBytes)
    seen.api = route.api
    const client = readClientRequest(route, headers, body, limits)
    seen.stream = client.stream
    seen.alias = unknownAlias
    const pools = poolsFor(parts.dispatcher, client.model)
    seen.alias = pools[0].config.alias
    const facts = client.body.kind === 'json' ? client.body.facts : null
    const named = pools[0].identify(client.promptBytes, key.tenant, facts)
    // Awaiting what is there already would cost a turn of the loop.
    const prompt = named instanceof Promise ? await named : named
    const { requestId, startedUs, startedMs } = seen
    const amounts = amountsFor(client, prompt, pools, config.reservation, startedMs)
    const admitted = await admit(parts.gate(), key, seen.alias, requestId, amounts)
    const isSampled = config.sampledDecisions > 0 && parts.random.uniform() < config.sampledDecisions
    const books = createRequestBooks({
      parts,
      requestId,
      key,
      modelAlias: seen.alias,
      api: client.api,
      promptTokens: prompt.inputTokens,
      admitted,
      reservedNanoUsd: amounts.cost,
      isSampled,
    })
    if (response.destroyed) {
      books.close()
      endEarly(seen, 'cancelled', 499, 'client_closed_request')
      return
    }
    const life = new RequestLife({
      ...{ parts, config, requestId, key, headers, hints, client, pools, prompt, admitted, books, isSampled },
      ...{ nextNumber, startedUs, startedMs, response, turnEnd },
      over: one => lives.delete(one),
    })
    lives.add(life)
    try {
      life.start()
    } catch (error) {
      // A fault of ours: it must not count as under way for ever, nor keep what was set aside.
      lives.delete(life)
      books.close()
      throw error
    }
  }

  function refuseWhereNothingIsTaken(): void {
    if (isDraining())
      throw new GatewayError(503, 'overloaded', 'the gateway is shutting down', { retryAfterSeconds: 1 })
    if (!parts.ledger.accepts)
      throw new GatewayError(503, 'overloaded', 'usage cannot be written down now', { retryAfterSeconds: 5 })
  }

  function identify({ values }: CheckedHeaders): KeyRecord {
    const anonymous = parts.anonymous()
    if (anonymous !== null) return anonymous
    const found = parts.gate().identify(presentedKey(values.get('authorization'), values.get('x-api-key')))
    if (found.kind === 'refused') throw gateError(found)
    return found.key
  }

  function listing(route: Extract<GatewayRoute, { kind: 'models' | 'model' }>, key: KeyRecord): Buffer {
    return route.kind === 'models'
      ? modelsBody(parts.dispatcher, key)
      : modelBody(parts.dispatcher, key, route.name)
  }

  function unexpected(error: unknown): GatewayError {
    parts.onProblem(error)
    return new GatewayError(500, 'internal_error', 'the gateway failed; the operator has been told')
  }

  function endEarly(seen: Seen, outcome: RequestOutcome, status: number, reason: string | null): void {
    const { requestId, startedMs, startedUs, key, alias, api, stream } = seen
    parts.observer.requestEnded({
      ...{ requestId, startedMs, api, stream, outcome, status, reason },
      tenant: key?.tenant ?? '',
      keyId: key?.id ?? '',
      modelAlias: alias,
      attempts: [],
      queuedMs: 0,
      ttftMs: null,
      tpotMs: null,
      durationMs: (parts.clock.nowUs() - startedUs) / 1000,
      overheadMs: null,
      traceparent: null,
      explanation: null,
    })
  }

  return async (request, response) => {
    const startedMs = parts.nowMs()
    const seen: Seen = {
      requestId: newRequestId(startedMs),
      startedUs: parts.clock.nowUs(),
      startedMs,
      key: null,
      alias: '',
      api: 'other',
      stream: false,
    }
    parts.observer.requestStarted()
    try {
      await take(request, response, seen)
    } catch (error) {
      const told = error instanceof GatewayError ? error : unexpected(error)
      if (told.code === 'invalid_header') distrust(request)
      refuse(request, response, told, seen.requestId)
      endEarly(seen, told.status >= 500 ? 'failed' : 'refused', told.status, told.code)
    }
  }
}

/** What a model that is not there is called: clients choose no label. */
const unknownAlias = 'unknown'

const alive = Buffer.from('{"status":"ok"}')

function pathOf({ url }: IncomingMessage): string {
  return (url ?? '/').split('?', 1)[0]!
}
