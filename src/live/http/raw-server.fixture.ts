/** A server that says what a test says, byte by byte, and a listener that writes down what it hears. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { startMonotonicClock } from '../clock.ts'
import { certificate, privateKey } from './localhost-certificate.fixture.ts'
import { createStreamingClient, type StreamingClientOptions } from './streaming-client.ts'
import { parseTarget } from './target.ts'
import type {
  Cancellation,
  HttpRequest,
  ResponseListener,
  SentFacts,
  StreamingClient,
  TransportFailure,
} from './types.ts'

/** One request as it came, and where: both counted from 0. */
export interface Asked {
  readonly socket: Socket
  readonly text: string
  readonly connection: number
  /** On this connection. */
  readonly request: number
}

export interface RawServer {
  readonly port: number
  readonly url: string
  readonly connections: () => number
  readonly requests: () => number
  close(): Promise<void>
}

/** Requests are told apart by their heads and Content-Length. */
export async function startRawServer(answer: (asked: Asked) => void, tls = false): Promise<RawServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  let requests = 0
  const accept = (socket: Socket) => {
    const connection = connections++
    let request = 0
    let text = ''
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', data => {
      text += data.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < head + 4 + length) return
      const whole = text
      text = ''
      requests++
      answer({ socket, text: whole, connection, request: request++ })
    })
  }
  const server: Server = tls
    ? createTlsServer({ cert: certificate, key: privateKey }, accept)
    : createServer(accept)
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${tls ? 'https' : 'http'}://localhost:${port}`,
    connections: () => connections,
    requests: () => requests,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

export interface Heard {
  /** Names of what was told, in order; data once for many. */
  readonly order: string[]
  readonly sent: SentFacts[]
  status: number
  headers: ReadonlyMap<string, string>
  readonly body: string
  /** When data was told, µs. */
  readonly dataUs: number[]
  failure: TransportFailure | null
  endedUs: number
}

export interface Asking {
  readonly heard: Heard
  readonly cancellation: Cancellation
  /** End or failure. */
  readonly over: Promise<Heard>
}

export const post: HttpRequest = { method: 'POST', path: '/v1/x', headers: {}, body: Buffer.from('{}') }

/** Sends a request; `on` is told of each happening as it is told to the listener. */
export function ask(client: StreamingClient, request = post, on: (what: string) => void = () => {}): Asking {
  let bytesRead = ''
  const heard: Heard = {
    get body() {
      return Buffer.from(bytesRead, 'latin1').toString()
    },
    order: [],
    sent: [],
    status: 0,
    headers: new Map(),
    dataUs: [],
    failure: null,
    endedUs: Number.NaN,
  }
  let finish: (heard: Heard) => void = () => {}
  const over = new Promise<Heard>(resolve => {
    finish = resolve
  })
  const note = (what: string) => {
    if (what !== 'data' || heard.order.at(-1) !== 'data') heard.order.push(what)
    on(what)
  }
  const listener: ResponseListener = {
    sent(facts) {
      heard.sent.push(facts)
      note('sent')
    },
    head(_, status, headers) {
      heard.status = status
      heard.headers = headers
      note('head')
    },
    data(atUs, bytes) {
      heard.dataUs.push(atUs)
      bytesRead += Buffer.from(bytes).toString('latin1')
      note('data')
    },
    end(atUs) {
      heard.endedUs = atUs
      note('end')
      finish(heard)
    },
    failure(atUs, failure) {
      heard.endedUs = atUs
      heard.failure = failure
      note('failure')
      finish(heard)
    },
  }
  return { heard, over, cancellation: client.send(request, listener) }
}

export function clientOf(url: string, options: Partial<StreamingClientOptions> = {}): StreamingClient {
  return createStreamingClient(parseTarget(url), { nowUs: startMonotonicClock().nowUs, ...options })
}

/** An answer of this length; `headers` end with a line break each. */
export function answerOf(body: string, headers = '', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`
}

export const chunkedHead = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

export function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}

export const lastChunk = '0\r\n\r\n'
