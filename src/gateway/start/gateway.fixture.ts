/** A whole gateway in this process, in front of whatever a test puts behind it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { readGatewayConfig, shippedFacts } from '../config/index.ts'
import type { LedgerEvent, RequestSettled } from '../ledger/index.ts'
import type { RequestSummary } from '../observe/index.ts'
import { type Gateway, type GatewaySettings, startGateway } from './start-gateway.ts'

const closing: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Closed after the test. */
export function later(close: () => Promise<unknown> | unknown): void {
  closing.push(close)
}

export interface TestGateway {
  readonly gateway: Gateway
  readonly url: string
  /** What the observer was told, in order. */
  readonly summaries: readonly RequestSummary[]
  readonly notices: readonly { readonly event: string; readonly fields: object }[]
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Everything in the ledger, when all requests are over. */
  events(): Promise<readonly LedgerEvent[]>
  settlements(): Promise<readonly RequestSettled[]>
  close(): Promise<void>
}

/** value: as gateway.yaml says it; ports are free ones, and the ledger is in memory unless it says otherwise. */
export async function startTestGateway(
  value: Record<string, unknown>,
  settings: Partial<GatewaySettings> = {},
): Promise<TestGateway> {
  const config = readGatewayConfig(
    {
      listen: { port: 0 },
      control: { port: 0 },
      ledger: { kind: 'memory' },
      ...value,
    },
    { where: 'test', environment: { KEY: 'secret-of-upstream' }, facts: shippedFacts },
  )
  const summaries: RequestSummary[] = []
  const notices: { event: string; fields: object }[] = []
  const gateway = await startGateway({
    config,
    source: '/nowhere/gateway.yaml',
    version: '0.0.0',
    book: shippedFacts.priceBook(),
    seed: 'test',
    log: { requestEnded: summary => summaries.push(summary) },
    onNotice: (_level, event, fields) => notices.push({ event, fields }),
    ...settings,
  })
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await gateway.close(1000)
  }
  later(close)
  const events = async (): Promise<readonly LedgerEvent[]> => {
    const until = performance.now() + 5000
    while ((gateway.inFlight > 0 || gateway.ledgerWaiting > 0) && performance.now() < until)
      await new Promise(resolve => setTimeout(resolve, 5))
    return (await gateway.ledger.scan(0, 1_000_000)).map(({ event }) => event)
  }
  return {
    gateway,
    url: gateway.url,
    summaries,
    notices,
    post: (path, body, headers = {}) =>
      fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    events,
    settlements: async () =>
      (await events()).filter((event): event is RequestSettled => event.kind === 'requestSettled'),
    close,
  }
}

export interface Upstream {
  readonly url: string
  readonly requests: readonly UpstreamRequest[]
  close(): Promise<void>
}

export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The gateway closed its connection before the answer was over. */
  readonly isCancelled: boolean
}

/** A server that answers as the test says. */
export async function startUpstream(
  answer: (request: UpstreamRequest, response: ServerResponse) => void,
): Promise<Upstream> {
  const requests: UpstreamRequest[] = []
  const server: Server = createServer((message, response) => {
    const pieces: Buffer[] = []
    message.on('data', (piece: Buffer) => pieces.push(piece))
    message.on('end', () => {
      const request = {
        method: message.method ?? '',
        path: message.url ?? '',
        headers: message.headers,
        body: Buffer.concat(pieces).toString('utf8'),
        isCancelled: false,
      }
      response.on('close', () => {
        request.isCancelled = !response.writableFinished
      })
      requests.push(request)
      answer(request, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  later(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close }
}

export const chatUsage = {
  prompt_tokens: 100,
  completion_tokens: 5,
  total_tokens: 105,
  prompt_tokens_details: { cached_tokens: 40 },
}

/** A whole answer of chat with the usage above. */
export function chatAnswer(text = 'full drop hour head job', usage: object | null = chatUsage): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'upstream-name',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    ...(usage === null ? {} : { usage }),
  })
}

export function sendJson(response: ServerResponse, status: number, body: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}

/** The events of a stream of chat, one a token. */
export function chatEvents(tokens: readonly string[], usage: object | null = chatUsage): string[] {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'upstream-name', choices: [{ index: 0, delta, finish_reason: finish }], usage: null })}\n\n`
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...tokens.map(content => chunk({ content }, null)),
    chunk({}, 'stop'),
    ...(usage === null
      ? []
      : [
          `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'upstream-name', choices: [], usage })}\n\n`,
        ]),
    'data: [DONE]\n\n',
  ]
}

export function sendEvents(response: ServerResponse, events: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(events.join(''))
}

/** One deployment with a replica at each address, and one alias `llama` for it. */
export function oneModel(
  urls: readonly string[],
  more: { deployment?: object; model?: object; upstream?: object } = {},
): Record<string, unknown> {
  return {
    deployments: {
      own: {
        replicas: urls.map((url, index) => ({ name: `r${index}`, url, metrics: false })),
        upstreamModel: 'upstream-name',
        cost: { usdPerReplicaHour: 3.6 },
        ...more.deployment,
      },
    },
    models: { llama: { candidates: ['own'], ...more.model } },
  }
}

export const hello = { model: 'llama', messages: [{ role: 'user', content: 'Hello' }] }
