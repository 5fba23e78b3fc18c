/**
 * An HTTP/1.1 client for measuring: it says when things happened, costs little CPU per read, and tells a broken
 * connection that was kept too long from a server that fails. Why it is our own: docs/decisions/0013-own-http-client.md.
 */
import { assert } from '../../core/assert.ts'
import { type Connection, type ConnectionSetting, type Exchange, openConnection } from './connection.ts'
import { createConnectionPool } from './connection-pool.ts'
import { createDialer, type TlsOptions } from './dialer.ts'
import { requestBytes } from './request-bytes.ts'
import type { HttpTarget, StreamingClient, TransportFailure } from './types.ts'

export interface StreamingClientOptions {
  /** The clock that all times are read from: whole µs. */
  readonly nowUs: () => number
  /** pooled (default): the connection used last is used next. never: a connection for every request. */
  readonly reuse?: 'pooled' | 'never'
  /** Requests beyond it wait for a connection in the order of send(); without limit by default. */
  readonly maximumConnections?: number
  /** Until a connection stands, TLS included. Default 10 s, as undici has it. */
  readonly connectTimeoutMs?: number
  /** No bytes for so long while an answer is waited for. Default 300 s, as undici has it. */
  readonly inactivityTimeoutMs?: number
  /** From send() to the end of the answer, the wait for a connection included. Without limit by default. */
  readonly totalTimeoutMs?: number
  readonly tls?: TlsOptions
  /** Puts the writing of a request over a kept connection off, so that several go out together; by default it is written at once. */
  readonly putOff?: (write: () => void) => void
}

const defaultConnectTimeoutMs = 10_000
const defaultInactivityTimeoutMs = 300_000

/** More than a socket holds between two turns of the loop, mostly: Linux begins with 128 KiB and a token has 0.2. */
const readBufferBytes = 64 * 1024

/**
 * Timeouts are looked at this often in the shortest of them, so they are noticed a tenth late at most, but not oftener than
 * every 5 ms and at least four times a second. Assumed: nobody measures by a timeout.
 */
const looksPerTimeout = 10
const quickestLookMs = 5
const slowestLookMs = 250

/** `send` throws a 'usage' error for a request that cannot be worded; everything later is told to the listener. */
export function createStreamingClient(target: HttpTarget, options: StreamingClientOptions): StreamingClient {
  const { nowUs, maximumConnections = Number.POSITIVE_INFINITY } = options
  const connectTimeoutMs = options.connectTimeoutMs ?? defaultConnectTimeoutMs
  const inactivityTimeoutMs = options.inactivityTimeoutMs ?? defaultInactivityTimeoutMs
  const totalTimeoutMs = options.totalTimeoutMs ?? Number.POSITIVE_INFINITY
  const pooled = options.reuse !== 'never'
  assert(maximumConnections >= 1, 'a client has at least one connection')

  const statistics = { connectionsOpened: 0, staleRetries: 0, reads: 0, bytesRead: 0 }
  /** Connections that carry a request or are being opened for one. */
  const busy = new Set<Connection>()
  const idle = createConnectionPool()
  const waiting = new Set<Exchange>()
  let closed = false
  let watch: NodeJS.Timeout | null = null

  const setting: ConnectionSetting = {
    target,
    nowUs,
    putOff: options.putOff ?? null,
    dialer: createDialer(target, options.tls ?? {}),
    readBuffer: Buffer.allocUnsafeSlow(readBufferBytes),
    owner: {
      opened() {
        statistics.connectionsOpened++
      },
      idle(connection, atUs, seconds) {
        busy.delete(connection)
        if (closed || !pooled) connection.destroy()
        else idle.put(connection, atUs, seconds)
        serveNext()
      },
      gone(connection) {
        if (busy.delete(connection)) serveNext()
        else idle.remove(connection)
      },
      stale(connection, exchange) {
        // The new connection takes its place: nobody who waits comes before it.
        busy.delete(connection)
        statistics.staleRetries++
        exchange.attempt++
        open(exchange)
      },
      read(bytes) {
        statistics.reads++
        statistics.bytesRead += bytes
      },
    },
  }

  function open(exchange: Exchange): void {
    const connection = openConnection(setting, exchange)
    exchange.connection = connection
    busy.add(connection)
    startWatch()
  }

  function serve(exchange: Exchange): void {
    const connection = pooled ? idle.take(nowUs()) : null
    if (connection === null) {
      open(exchange)
      return
    }
    exchange.connection = connection
    busy.add(connection)
    startWatch()
    connection.carry(exchange)
  }

  function serveNext(): void {
    for (const exchange of waiting) {
      if (busy.size >= maximumConnections) return
      waiting.delete(exchange)
      serve(exchange)
    }
  }

  function fail(exchange: Exchange, failure: TransportFailure): void {
    if (exchange.over) return
    exchange.over = true
    exchange.listener.failure(nowUs(), failure)
  }

  function startWatch(): void {
    if (watch !== null) return
    const shortest = Math.min(connectTimeoutMs, inactivityTimeoutMs, totalTimeoutMs) / looksPerTimeout
    watch = setInterval(lookAtTimes, Math.min(slowestLookMs, Math.max(quickestLookMs, shortest)))
    watch.unref()
  }

  function lookAtTimes(): void {
    const atUs = nowUs()
    for (const connection of busy) {
      const failure = overdue(connection, atUs)
      if (failure !== null) connection.abandon(failure)
    }
    for (const exchange of waiting) {
      if (atUs - exchange.startedUs < totalTimeoutMs * 1000) continue
      waiting.delete(exchange)
      fail(exchange, timeout(`no connection became free within ${seconds(totalTimeoutMs)}`))
    }
    if (busy.size > 0 || waiting.size > 0 || watch === null) return
    clearInterval(watch)
    watch = null
  }

  function overdue(connection: Connection, atUs: number): TransportFailure | null {
    const { exchange, connected, begunUs, activeUs, paused } = connection
    if (exchange === null) return null
    if (atUs - exchange.startedUs >= totalTimeoutMs * 1000)
      return timeout(`the answer was not complete within ${seconds(totalTimeoutMs)}`)
    if (!connected) {
      if (atUs - begunUs < connectTimeoutMs * 1000) return null
      return { kind: 'connect', message: `no connection within ${seconds(connectTimeoutMs)}` }
    }
    if (paused || atUs - activeUs < inactivityTimeoutMs * 1000) return null
    return timeout(`nothing came for ${seconds(inactivityTimeoutMs)}`)
  }

  return {
    statistics,
    send(request, listener) {
      const pieces = requestBytes(target, request, pooled)
      const exchange: Exchange = {
        pieces,
        listener,
        startedUs: nowUs(),
        attempt: 1,
        connection: null,
        over: false,
      }
      if (closed) setImmediate(fail, exchange, { kind: 'connect', message: 'the client was closed' })
      else if (busy.size < maximumConnections) serve(exchange)
      else {
        waiting.add(exchange)
        startWatch()
      }
      return {
        cancel() {
          if (exchange.over) return
          exchange.over = true
          waiting.delete(exchange)
          exchange.connection?.destroy()
        },
        pause() {
          if (!exchange.over) exchange.connection?.pause()
        },
        resume() {
          if (!exchange.over) exchange.connection?.resume()
        },
      }
    },
    close() {
      closed = true
      idle.close()
      const refused = [...waiting]
      waiting.clear()
      for (const exchange of refused) fail(exchange, { kind: 'connect', message: 'the client was closed' })
    },
  }
}

function timeout(message: string): TransportFailure {
  return { kind: 'timeout', message }
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`
}
