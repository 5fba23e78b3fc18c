/**
 * Reads the answers of an HTTP/1.1 or 1.0 server from bytes as they come, split anywhere (RFC 9112). Bytes of a body are
 * handed on where they lie. One parser a connection: `reset` makes it ready for the next answer.
 */
import { createFraming } from './message-framing.ts'

export interface ResponseHandler {
  head(status: number, headers: ReadonlyMap<string, string>): void
  /** A part of the buffer that was pushed: valid during the call only. */
  data(bytes: Buffer): void
}

export interface ResponseParser {
  /**
   * Reads the first `length` bytes and returns how many belong to the answer: fewer when it ended before or is no HTTP.
   */
  push(buffer: Buffer, length: number): number
  /** The connection was closed: true when that is how this answer ends. */
  finish(): boolean
  /** Reads no more, from within a handler. */
  stop(): void
  reset(): void
  readonly state: ParserState
  /** What is wrong with a malformed answer, in words; '' otherwise. */
  readonly problem: string
  /** Of a complete answer: the connection may serve another request. */
  readonly keepsAlive: boolean
  /** For how long the server says that it keeps an idle connection open; null when it does not. */
  readonly keepAliveSeconds: number | null
}

export type ParserState = 'head' | 'body' | 'complete' | 'malformed' | 'stopped'

/** Head, trailers and chunk extensions of one answer. Assumed: four times what Node's own client takes (16 KiB). */
export const maximumHeadBytes = 64 * 1024

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Where in the answer the next byte stands. */
const inStatusLine = 0
const inHeaders = 1
const inLengthBody = 2
const inBodyUntilClose = 3
const inChunkSize = 4
const inChunkExtension = 5
const inChunkData = 6
const afterChunkData = 7
const inTrailers = 8
const atEnd = 9
const atProblem = 10
const atStop = 11

export function createResponseParser(handler: ResponseHandler): ResponseParser {
  let place = inStatusLine
  let headBytes = 0
  let line = ''
  let status = 0
  let minorVersion = 1
  let fields: [name: string, value: string][] = []
  /** Bytes of the body, or of the chunk, that are still to come. */
  let remaining = 0
  let sizeDigits = 0
  let problem = ''
  let keepsAlive = true
  let keepAliveSeconds: number | null = null

  function malformed(words: string): void {
    place = atProblem
    problem = words
  }

  function reset(): void {
    place = inStatusLine
    headBytes = 0
    line = ''
    fields = []
    problem = ''
  }

  function push(buffer: Buffer, length: number): number {
    let at = 0
    while (at < length && place < atEnd) {
      if (place === inChunkData || place === inLengthBody) {
        const end = Math.min(length, at + remaining)
        remaining -= end - at
        if (remaining === 0) place = place === inChunkData ? afterChunkData : atEnd
        // The handler comes last: it may stop the parser.
        handler.data(buffer.subarray(at, end))
        at = end
      } else if (place === inChunkSize || place === inChunkExtension || place === afterChunkData) {
        chunkByte(buffer[at]!)
        at++
      } else if (place === inBodyUntilClose) {
        handler.data(buffer.subarray(at, length))
        at = length
      } else {
        at = pushLine(buffer, at, length)
      }
    }
    return at
  }

  /** Of `size[;extension]CRLF` before a chunk and the CRLF after it. A lone line feed is taken for a line end. */
  function chunkByte(byte: number): void {
    if (place === afterChunkData) {
      if (byte === lineFeed) beginChunk()
      else if (byte !== carriageReturn) malformed('a chunk is longer than its size says')
      return
    }
    if (byte === lineFeed) {
      if (sizeDigits === 0) malformed('a chunk without a size')
      else place = remaining === 0 ? inTrailers : inChunkData
      return
    }
    if (place === inChunkExtension) {
      if (++headBytes > maximumHeadBytes) malformed(`chunk extensions of more than ${maximumHeadBytes} bytes`)
      return
    }
    const digit = hexadecimal(byte)
    if (digit >= 0) {
      remaining = remaining * 16 + digit
      // 13 digits fill the 52 bits that a double counts exactly.
      if (++sizeDigits > 13) malformed('a chunk with a size that cannot be')
    } else if (byte === 0x3b || byte === 0x20 || byte === 0x09 || byte === carriageReturn) {
      place = inChunkExtension
    } else {
      malformed('a chunk whose size is no number')
    }
  }

  function beginChunk(): void {
    place = inChunkSize
    remaining = 0
    sizeDigits = 0
  }

  /** Takes bytes up to the end of a line, or all; returns where the next begin. */
  function pushLine(buffer: Buffer, start: number, length: number): number {
    const found = buffer.indexOf(lineFeed, start)
    const whole = found >= 0 && found < length
    const end = whole ? found : length
    headBytes += end - start + 1
    if (headBytes > maximumHeadBytes) {
      malformed(`a head of more than ${maximumHeadBytes} bytes`)
      return end
    }
    line += buffer.toString('latin1', start, end)
    if (place === inStatusLine && line.length >= 5 && !line.startsWith('HTTP/')) {
      malformed(notHttp(line))
      return end
    }
    if (!whole) return end
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    line = ''
    headLine(text)
    return end + 1
  }

  function headLine(text: string): void {
    if (place === inStatusLine) {
      // A server may send an empty line too many after the answer before.
      if (text !== '') statusLine(text)
    } else if (text === '') {
      if (place === inTrailers) place = atEnd
      else endOfHead()
    } else if (place === inHeaders) {
      fieldLine(text)
    }
  }

  function statusLine(text: string): void {
    const match = /^HTTP\/1\.(\d) +(\d{3})(?: .*)?$/.exec(text)
    if (match === null) {
      malformed(notHttp(text))
      return
    }
    minorVersion = Number(match[1])
    status = Number(match[2])
    place = inHeaders
  }

  function fieldLine(text: string): void {
    const last = fields.at(-1)
    if (/^[ \t]/.test(text) && last !== undefined) {
      last[1] += ` ${text.trim()}`
      return
    }
    const colon = text.indexOf(':')
    if (colon <= 0) {
      malformed('a line among the headers that is none')
      return
    }
    fields.push([text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()])
  }

  function endOfHead(): void {
    if (status === 101) {
      malformed('the server changed to another protocol')
      return
    }
    if (status < 200) {
      // 100 Continue, 103 Early Hints: the answer itself follows.
      fields = []
      place = inStatusLine
      return
    }
    const headers = new Map<string, string>()
    for (const [name, value] of fields) {
      const before = headers.get(name)
      headers.set(name, before === undefined ? value : `${before}, ${value}`)
    }
    const framing = createFraming(status, minorVersion, headers)
    keepsAlive = framing.keepsAlive
    keepAliveSeconds = framing.keepAliveSeconds
    if (framing.kind === 'malformed') {
      malformed(framing.problem)
      return
    }
    if (framing.kind === 'chunked') beginChunk()
    else if (framing.kind === 'until-close') place = inBodyUntilClose
    else {
      remaining = framing.kind === 'length' ? framing.bytes : 0
      place = remaining === 0 ? atEnd : inLengthBody
    }
    handler.head(status, headers)
  }

  return {
    push,
    reset,
    finish() {
      if (place === inBodyUntilClose) place = atEnd
      return place === atEnd
    },
    stop() {
      place = atStop
    },
    get state() {
      if (place === atEnd) return 'complete'
      if (place === atProblem) return 'malformed'
      if (place === atStop) return 'stopped'
      return place <= inHeaders ? 'head' : 'body'
    },
    get problem() {
      return problem
    },
    get keepsAlive() {
      return keepsAlive
    },
    get keepAliveSeconds() {
      return keepAliveSeconds
    },
  }
}

/** Value of a hexadecimal digit, or −1. */
function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** A record of TLS begins with its type, 20 to 23, and the version's major number 3 (RFC 8446 §5.1). */
function notHttp(text: string): string {
  const first = text.charCodeAt(0)
  if (first >= 20 && first <= 23 && text.charCodeAt(1) === 3)
    return 'the server speaks TLS: write https:// for http://'
  const shown = text.slice(0, 60).replace(/[^\x20-\x7e]/g, '·')
  return `the answer does not begin like one of HTTP/1.1: “${shown}”`
}
