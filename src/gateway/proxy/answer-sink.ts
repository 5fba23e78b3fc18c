/** An answer that a client takes at its own pace. */
import type { ServerResponse } from 'node:http'
import type { Writable } from '../../core/writable.ts'
import type { TurnEnd } from './turn-end.ts'

/** An answer on its way to the client. Bytes that it does not take yet wait here, and whoever makes them is told to pause. */
export interface AnswerSink {
  readonly gone: boolean
  head(status: number, headers: Readonly<Record<string, string>>): void
  /** With the end of this turn. */
  write(bytes: Buffer): void
  /** With the end of this turn. */
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
  turnEnd: TurnEnd,
  listener: AnswerSinkListener,
): AnswerSink {
  /** Its length is not known before it ends, and chunks are framed here: Node makes four writes of each. */
  let isFramed = false
  let isEnding = false
  let isPutOff = false
  let pieces: Buffer[] = []

  function putOff(): void {
    if (!isPutOff) turnEnd.add(send)
    isPutOff = true
  }

  function send(): void {
    isPutOff = false
    if (sink.gone) return
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    pieces = []
    if (isEnding) end(bytes)
    else if (!response.write(isFramed ? chunkOf(bytes, chunkEnd) : bytes)) hold()
  }

  function end(bytes: Buffer): void {
    if (isFramed) response.end(bytes.length === 0 ? lastChunk : chunkOf(bytes, chunkEnd + lastChunk))
    else if (bytes.length === 0) response.end()
    // As text it goes out in one piece with the head; Node makes two of a head and bytes.
    else if (bytes.length <= longestText) response.end(bytes.toString('latin1'), 'latin1')
    else response.end(bytes)
  }

  function hold(): void {
    if (sink.heldSinceMs !== null || response.writableLength <= mostWaitingBytes) return
    sink.heldSinceMs = performance.now()
    listener.pause()
  }

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
      if (sink.gone) return
      response.writeHead(status, headers)
      isFramed = response.chunkedEncoding
      response.chunkedEncoding = false
    },
    write(bytes) {
      if (sink.gone || bytes.length === 0) return
      pieces.push(bytes)
      putOff()
    },
    end(bytes) {
      if (sink.gone) return
      if (bytes !== undefined && bytes.length > 0) pieces.push(bytes)
      isEnding = true
      putOff()
    },
    destroy() {
      response.destroy()
    },
  }
  return sink
}

/** Chunked transfer coding: RFC 9112 §7.1. */
const chunkEnd = '\r\n'
const lastChunk = '0\r\n\r\n'
/** Chosen: what libuv writes from its stack, without a buffer of its own (StreamBase::WriteString, 16,384 bytes with the head). */
const longestText = 15 * 1024

/** end: what stands behind its bytes. */
function chunkOf(bytes: Buffer, end: string): Buffer {
  const size = `${bytes.length.toString(16)}\r\n`
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + end.length)
  chunk.write(size, 0, 'latin1')
  chunk.set(bytes, size.length)
  chunk.write(end, size.length + bytes.length, 'latin1')
  return chunk
}
