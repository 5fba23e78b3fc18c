/** One connection to a server and the request that is on it. Whatever happens to the socket ends in one call to its owner. */
import type { OnReadOpts } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Dialer } from './dialer.ts'
import { endedEarly, failureOf } from './failure-words.ts'
import { createResponseParser } from './response-parser.ts'
import type { HttpTarget, ResponseListener, TransportFailure } from './types.ts'

/** A request from send() to its end. */
export interface Exchange {
  readonly pieces: readonly Buffer[]
  readonly listener: ResponseListener
  readonly startedUs: number
  attempt: number
  connection: Connection | null
  /** Cancelled, or told its end: the listener hears nothing more. */
  over: boolean
}

export interface Connection {
  /** Sends a request over an idle connection. */
  carry(exchange: Exchange): void
  /** Closes the socket; the owner is not told. */
  destroy(): void
  /** Gives up on the request that is on it. */
  abandon(failure: TransportFailure): void
  /** Reads nothing until resume(), or until the request that is on it has ended. */
  pause(): void
  resume(): void
  readonly paused: boolean
  readonly exchange: Exchange | null
  readonly connected: boolean
  /** When it was begun, and when bytes last went over it: µs. */
  readonly begunUs: number
  readonly activeUs: number
}

/** Exactly one of idle and gone is told for each exchange, before its listener hears of the end. */
export interface ConnectionOwner {
  opened(): void
  /** The answer is complete and the connection may serve another. `seconds`: for how long, as the server says. */
  idle(connection: Connection, atUs: number, seconds: number | null): void
  /** Closed, with or without a request on it. */
  gone(connection: Connection): void
  /** A kept connection broke before the first byte of the answer: the exchange has to be sent again. */
  stale(connection: Connection, exchange: Exchange): void
  read(bytes: number): void
}

export interface ConnectionSetting {
  readonly target: HttpTarget
  readonly dialer: Dialer
  readonly nowUs: () => number
  /** One for all sockets without TLS: they are read one after the other, and nothing keeps the bytes. */
  readonly readBuffer: Buffer
  readonly owner: ConnectionOwner
  /** null: a request is written at once. */
  readonly putOff: ((write: () => void) => void) | null
}

/** Cleartext of one TLS record (RFC 8446 §5.1). Under TLS a write may turn out bytes to read, so buffers are not shared. */
const tlsRecordBytes = 16 * 1024

/** Opens a connection for a request, which is sent as soon as it stands. */
export function openConnection(setting: ConnectionSetting, first: Exchange): Connection {
  const { target, dialer, nowUs, owner } = setting
  const begunUs = nowUs()
  let exchange: Exchange | null = first
  let connected = false
  let closed = false
  let reused = false
  let paused = false
  let connectedUs = Number.NaN
  let activeUs = begunUs
  /** Time of the read whose bytes are being looked at. */
  let readUs = begunUs
  let answerBegan = false

  const parser = createResponseParser({
    head(status, headers) {
      exchange?.listener.head(readUs, status, headers)
    },
    data(bytes) {
      exchange?.listener.data(readUs, bytes)
    },
  })

  const onRead: OnReadOpts = {
    buffer: target.protocol === 'https:' ? Buffer.allocUnsafeSlow(tlsRecordBytes) : setting.readBuffer,
    callback(length, buffer) {
      readUs = nowUs()
      activeUs = readUs
      owner.read(length)
      read(buffer as Buffer, length)
      return true
    },
  }
  const socket = dialer.dial(onRead)

  function read(buffer: Buffer, length: number): void {
    if (closed) return
    if (exchange === null) {
      // Nothing was asked: an answer to nobody, or the server's farewell.
      close()
      return
    }
    answerBegan = true
    const used = parser.push(buffer, length)
    const { state } = parser
    if (state === 'complete') complete(used < length)
    else if (state === 'malformed') breakOff({ kind: 'malformed', message: parser.problem })
  }

  function complete(bytesLeft: boolean): void {
    const ended = exchange!
    exchange = null
    connection.resume()
    if (parser.keepsAlive && !bytesLeft) {
      socket.unref()
      owner.idle(connection, readUs, parser.keepAliveSeconds)
    } else {
      close()
    }
    ended.over = true
    ended.listener.end(readUs)
  }

  /** The request on it has failed. */
  function breakOff(failure: TransportFailure): void {
    const broken = exchange
    exchange = null
    close()
    if (broken === null) return
    broken.over = true
    broken.listener.failure(nowUs(), failure)
  }

  function close(): void {
    if (closed) return
    closed = true
    parser.stop()
    socket.destroy()
    owner.gone(connection)
  }

  /** The server's side is at its end, or the socket is broken. */
  function lost(failure: TransportFailure): void {
    if (closed) return
    if (exchange === null) {
      close()
      return
    }
    if (reused && !answerBegan) {
      const again = exchange
      exchange = null
      owner.stale(connection, again)
      close()
      return
    }
    breakOff(failure)
  }

  function write(sending: Exchange): void {
    // Before the bytes go, not after: the write wakes the server, which on a shared processor may run before the write returns.
    const sentUs = nowUs()
    if (sending.pieces.length > 1) socket.cork()
    for (const piece of sending.pieces) socket.write(piece)
    if (sending.pieces.length > 1) socket.uncork()
    activeUs = nowUs()
    sending.listener.sent({ sentUs, connectedUs, reused, attempt: sending.attempt })
  }

  socket.once(dialer.readyEvent, () => {
    if (closed) return
    connected = true
    connectedUs = nowUs()
    dialer.connected(socket)
    owner.opened()
    if (exchange !== null) write(exchange)
  })
  socket.on('error', error => {
    if (!connected) dialer.failed()
    lost(failureOf(error, target, connected))
  })
  socket.on('end', () => {
    if (closed || exchange === null) {
      close()
      return
    }
    if (answerBegan && parser.finish()) {
      readUs = nowUs()
      complete(false)
    } else {
      lost(connected ? endedEarly(answerBegan) : endedInHandshake())
    }
  })
  socket.on('close', () => lost(connected ? endedEarly(answerBegan) : endedInHandshake()))

  function endedInHandshake(): TransportFailure {
    const what = socket instanceof TLSSocket ? 'during the TLS handshake' : 'at once'
    return failureOf(new Error(`the server closed it ${what}`), target, false)
  }

  const connection: Connection = {
    carry(next) {
      connectedUs = nowUs()
      exchange = next
      reused = true
      answerBegan = false
      parser.reset()
      socket.ref()
      if (setting.putOff === null) write(next)
      else {
        // Told to be alive now: nothing goes over it before it is written.
        activeUs = nowUs()
        setting.putOff(() => {
          if (exchange === next && !closed) write(next)
        })
      }
    },
    destroy() {
      exchange = null
      close()
    },
    abandon: breakOff,
    pause() {
      paused = true
      socket.pause()
    },
    resume() {
      if (!paused) return
      paused = false
      activeUs = nowUs()
      socket.resume()
    },
    get paused() {
      return paused
    },
    get exchange() {
      return exchange
    },
    get connected() {
      return connected
    },
    get activeUs() {
      return activeUs
    },
    begunUs,
  }
  return connection
}
