/** The port that clients speak to: HTTP in, errors in the client's dialect out, and a life for every request that is let in. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenwrightError } from '../../core/errors.ts'
import { type KeyRecord, presentedKey } from '../tenants/index.ts'
import {
  type CheckedHeaders,
  checkRequestHeaders,
  errorBody,
  errorHeaders,
  GatewayError,
} from '../wire/index.ts'
import { dialectOf, type GatewayRoute, routeOf } from './api-routes.ts'
import { readBody } from './client-exchange.ts'
import { readClientRequest } from './client-request.ts'
import { modelBody, modelsBody } from './models-list.ts'
import type { DataPlaneParts } from './parts.ts'
import { gateError } from './refusals.ts'
import { admit, amountsFor, poolsFor } from './request-admission.ts'
import { createRequestBooks } from './request-books.ts'
import { readHints } from './request-hints.ts'
import { RequestLife } from './request-life.ts'

export interface DataPlane {
  readonly url: string
  readonly port: number
  /** Requests under way, those that wait or are read on included. */
  readonly inFlight: number
  readonly isDraining: boolean
  /** Takes no more requests; resolves when those under way are over, or after so many milliseconds, when they are broken off. */
  drain(graceMs: number): Promise<void>
}

/** Between two looks at time-outs, ms: they are noticed that late. Assumed: nobody's patience is finer. */
const tickMs = 20

/** Connections without a request are kept so long, ms: longer than clients keep theirs (Node's agent 5 s, undici 4 s, httpx 5 s, from memory), who else would send into a closing one. */
const keepAliveMs = 65_000

/** @throws TokenwrightError when the port cannot be listened on. */
export async function startDataPlane(parts: DataPlaneParts): Promise<DataPlane> {
  const { listen, limits } = parts.config()
  const lives = new Set<RequestLife>()
  /** Their requests were refused by their heads, and they are closing: what their parser makes of the rest is of no interest. */
  const refusedSockets = new WeakSet<object>()
  let reading = 0
  let draining = false
  let lastNumber = 0
  const nextNumber = (): number => lastNumber++

  const server = createServer(
    {
      maxHeaderSize: Math.max(limits.headerBytes, leastHeaderBytes),
      headersTimeout: limits.headersSeconds * 1000,
      requestTimeout: limits.requestSeconds * 1000,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: 1000,
      noDelay: true,
    },
    (request, response) => void handle(request, response),
  )
  server.maxConnections = limits.connections
  server.on('connect', (_, socket) => socket.destroy())
  server.on('upgrade', (_, socket) => socket.destroy())
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (refusedSockets.has(socket)) return
    if (socket.writable && error.code !== 'ECONNRESET') socket.end(unreadable(error.code))
    else socket.destroy()
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedUs = parts.clock.nowUs()
    const startedMs = parts.nowMs()
    const requestId = `req-${randomUUID()}`
    const url = request.url ?? '/'
    const seen: Seen = { key: null, alias: '', api: 'other', stream: false }
    parts.observer.requestStarted()
    reading++
    try {
      const config = parts.config()
      const headers = checkRequestHeaders(request.rawHeaders, {
        count: config.limits.headers,
        bytes: config.limits.headerBytes,
      })
      const route = routeOf(request.method ?? '', url)
      if (route === null)
        throw new GatewayError(404, 'not_found', `there is no ${request.method} ${url.split('?', 1)[0]} here`)
      if (route.kind === 'alive') {
        answerJson(response, requestId, Buffer.from('{"status":"ok"}'))
        endEarly(200, null, 'served')
        return
      }
      if (draining)
        throw new GatewayError(503, 'overloaded', 'the gateway is shutting down', { retryAfterSeconds: 1 })
      if (!parts.ledger.accepts)
        throw new GatewayError(503, 'overloaded', 'usage cannot be written down now', {
          retryAfterSeconds: 5,
        })
      const key = identify(headers)
      seen.key = key
      if (route.kind !== 'answer') {
        answerJson(response, requestId, listing(route, key))
        endEarly(200, null, 'served')
        return
      }
      const hints = readHints(headers)
      const body = await readBody(request, config.limits.bodyBytes)
      seen.api = route.api
      const client = readClientRequest(route, headers, body, config.limits)
      seen.stream = client.stream
      const pools = poolsFor(parts.dispatcher, client.model)
      seen.alias = pools[0].config.alias
      const named = pools[0].identify(
        client.promptBytes,
        key.tenant,
        client.body.kind === 'json' ? client.body.facts : null,
      )
      const prompt = named instanceof Promise ? await named : named
      const amounts = amountsFor(client, prompt, pools, config.reservation, startedMs)
      const admitted = await admit(parts.gate(), key, seen.alias, requestId, amounts)
      const isSampled = config.sampledDecisions > 0 && parts.random.uniform() < config.sampledDecisions
      const books = createRequestBooks({
        parts,
        requestId,
        key,
        modelAlias: seen.alias,
        promptTokens: prompt.inputTokens,
        admitted,
        reservedNanoUsd: amounts.cost,
        isSampled,
      })
      if (response.destroyed) {
        books.close()
        endEarly(499, 'client_closed_request', 'cancelled')
        return
      }
      const life = new RequestLife({
        parts,
        config,
        requestId,
        key,
        headers,
        hints,
        client,
        pools,
        prompt,
        admitted,
        books,
        isSampled,
        nextNumber,
        startedUs,
        startedMs,
        response,
        over: one => lives.delete(one),
      })
      lives.add(life)
      life.start()
    } catch (error) {
      const told = error instanceof GatewayError ? error : unexpected(error)
      if (told.code === 'invalid_header') refusedSockets.add(request.socket)
      refuse(request, response, told, url, requestId)
      endEarly(told.status, told.code, told.status >= 500 ? 'failed' : 'refused')
    } finally {
      reading--
    }

    function endEarly(
      status: number,
      reason: string | null,
      outcome: 'served' | 'refused' | 'failed' | 'cancelled',
    ): void {
      parts.observer.requestEnded({
        requestId,
        startedMs,
        tenant: seen.key?.tenant ?? '',
        keyId: seen.key?.id ?? '',
        modelAlias: seen.alias,
        api: seen.api,
        stream: seen.stream,
        outcome,
        status,
        reason,
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

  const ticking = setInterval(() => {
    if (lives.size === 0) return
    const nowUs = parts.clock.nowUs()
    for (const life of [...lives]) life.tick(nowUs)
  }, tickMs).unref()

  await listening(server, listen.host, listen.port)
  const { port } = server.address() as AddressInfo
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return {
    url: `http://${host}:${port}`,
    port,
    get inFlight() {
      return lives.size + reading
    },
    get isDraining() {
      return draining
    },
    async drain(graceMs) {
      draining = true
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      const until = performance.now() + graceMs
      while ((lives.size > 0 || reading > 0) && performance.now() < until) {
        await new Promise(resolve => setTimeout(resolve, tickMs))
        server.closeIdleConnections()
      }
      server.closeAllConnections()
      await closed
      clearInterval(ticking)
    },
  }
}

/** What is known of a request when it is refused early. */
interface Seen {
  key: KeyRecord | null
  alias: string
  api: Extract<GatewayRoute, { kind: 'answer' }>['api'] | 'other'
  stream: boolean
}

/** Node answers 431 by itself, without words, above it; ours has words. */
const leastHeaderBytes = 32 * 1024

function listening(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    reject(
      new TokenwrightError('usage', `cannot listen on ${host}:${port}: ${error.code ?? error.message}`, {
        where: 'listen',
        fix:
          error.code === 'EADDRINUSE'
            ? 'stop what listens there, or choose another port'
            : 'choose an address of this machine and a port it may use',
      }),
    )
  })
  server.listen(port, host, resolve)
  return promise
}

function answerJson(response: ServerResponse, requestId: string, body: Buffer): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': requestId,
  })
  response.end(body)
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: GatewayError,
  url: string,
  requestId: string,
): void {
  if (response.destroyed) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = errorBody(error, dialectOf(url), requestId)
  response.writeHead(error.status, {
    ...errorHeaders(error),
    'content-length': body.length,
    'x-request-id': requestId,
    // Where the request's end is in doubt, what follows on the connection is nobody's.
    ...(request.complete && error.code !== 'invalid_header' ? {} : { connection: 'close' }),
  })
  response.end(body)
}

/** What Node's parser refuses has no request to answer to: bare words, and the connection ends. */
function unreadable(code: string | undefined): string {
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
}
