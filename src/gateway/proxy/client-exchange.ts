/** The client's side of a request: its body within limits, and an answer it takes at its own pace. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Writable } from '../../core/writable.ts'
import { GatewayError } from '../wire/index.ts'

/**
 * The whole body. Rejects with a GatewayError: 413 as soon as it is longer than allowed (announced or not), 400 when the client
 * stopped in the middle of it.
 */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? Number.NaN)
  if (announced > mostBytes) return Promise.reject(tooLarge(mostBytes))
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let first: Buffer | null = null
  let more: Buffer[] | null = null
  let bytes = 0
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes > mostBytes) {
      request.pause()
      reject(tooLarge(mostBytes))
    } else if (first === null) first = piece
    else if (more === null) more = [first, piece]
    else more.push(piece)
  })
  request.on('end', () => resolve(more === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, bytes)))
  const broken = (): void => {
    if (!request.complete) reject(brokenOff())
  }
  request.on('error', broken)
  request.on('close', broken)
  return promise
}

function tooLarge(mostBytes: number): GatewayError {
  return new GatewayError(
    413,
    'request_too_large',
    `the body has more than the ${mostBytes} bytes that are allowed`,
  )
}

function brokenOff(): GatewayError {
  return new GatewayError(400, 'invalid_request', 'the connection broke off before the body was complete')
}

/** An answer on its way to the client. Bytes that it does not take yet wait here, and whoever makes them is told to pause. */
export interface AnswerSink {
  readonly gone: boolean
  head(status: number, headers: Readonly<Record<string, string>>): void
  write(bytes: Buffer): void
  end(bytes?: Buffer): void
  /** Breaks the connection: the client must see that the answer is not whole. */
  destroy(): void
  /** Since when the client has been holding it up, ms of the process; null: it is not. */
  readonly heldSinceMs: number | null
}

export interface AnswerSinkListener {
  /** The client went away before the end. */
  gone(): void
  /** More bytes wait than may. */
  pause(): void
  resume(): void
}

export function createAnswerSink(
  response: ServerResponse,
  mostWaitingBytes: number,
  listener: AnswerSinkListener,
): AnswerSink {
  response.on('close', () => {
    if (response.writableFinished || sink.gone) return
    sink.gone = true
    listener.gone()
  })
  // Told by `close`.
  response.on('error', () => {})
  response.on('drain', () => {
    if (sink.heldSinceMs === null) return
    sink.heldSinceMs = null
    listener.resume()
  })
  const sink: Writable<AnswerSink> = {
    gone: false,
    heldSinceMs: null,
    head(status, headers) {
      if (!sink.gone) response.writeHead(status, headers)
    },
    write(bytes) {
      if (sink.gone || bytes.length === 0) return
      if (response.write(bytes) || sink.heldSinceMs !== null || response.writableLength <= mostWaitingBytes)
        return
      sink.heldSinceMs = performance.now()
      listener.pause()
    },
    end(bytes) {
      if (sink.gone) return
      if (bytes === undefined || bytes.length === 0) response.end()
      else response.end(bytes)
    },
    destroy() {
      response.destroy()
    },
  }
  return sink
}
