/**
 * Server-sent events out of bytes as they come, split anywhere: the rules of the WHATWG HTML standard, "Server-sent events",
 * § Interpreting an event stream. It works on bytes, so a character split over reads is never broken. The
 * data of an event that lies on one line of one read is handed on where it lies; only what is split is copied.
 */

import type { Writable } from '../../core/writable.ts'

export interface EventScanner {
  /** The next bytes of the body. */
  push(bytes: Uint8Array): void
  /**
   * The stream is at its end. By the standard an event without its blank line is dropped; returned is the data that it had
   * (empty when it had none), or null when nothing was left over.
   */
  finish(): Buffer | null
  /** Why the scanner gave up and ignores what follows; null while it has not. */
  readonly problem: string | null
}

/**
 * Told for each event that has data: the data without the line end, valid during the call only, and the event's name
 * ('' without an `event:` line).
 */
export type OnEvent = (data: Buffer, name: string) => void

/** Told for each line that begins with a colon, `: ping` without the colon: valid during the call only. */
export type OnComment = (text: Buffer) => void

/** An event, or a line, of more bytes is no token. Assumed: a thousand embeddings of 1,024 numbers in one event have as many. */
export const maximumEventBytes = 10 * 1024 * 1024

const lineFeed = 0x0a
const carriageReturn = 0x0d
const colon = 0x3a
const space = 0x20

export function createEventScanner(onEvent: OnEvent, onComment: OnComment | null = null): EventScanner {
  /** Beginning of a line whose end has not come, copied. */
  let lineParts: Buffer[] = []
  let linePartBytes = 0
  /** Lines of data of the event that has no blank line yet; the first `ownLines` are copies. */
  let dataLines: Buffer[] = []
  let ownLines = 0
  let dataBytes = 0
  let name = ''
  let atBeginning = true
  /** The last byte was a carriage return: a line feed now belongs to it. */
  let afterCarriageReturn = false

  function push(bytes: Uint8Array): void {
    if (scanner.problem !== null || bytes.byteLength === 0) return
    const buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const length = buffer.length
    let at = 0
    if (afterCarriageReturn) {
      afterCarriageReturn = false
      if (buffer[0] === lineFeed) at = 1
    }
    // Looked up once: texts without carriage returns are searched for line feeds only.
    let nextReturn = buffer.indexOf(carriageReturn, at)
    while (at < length) {
      // Blank lines are every second one: a look is cheaper than a search.
      let end = buffer[at] === lineFeed ? at : buffer.indexOf(lineFeed, at)
      if (nextReturn >= 0 && nextReturn < at) nextReturn = buffer.indexOf(carriageReturn, at)
      if (nextReturn >= 0 && (end < 0 || nextReturn < end)) end = nextReturn
      if (end < 0) break
      takeLine(buffer, at, end)
      if (scanner.problem !== null) return
      at = end + 1
      if (buffer[end] === carriageReturn) {
        if (at === length) afterCarriageReturn = true
        else if (buffer[at] === lineFeed) at++
      }
    }
    if (at < length) keepLine(buffer, at)
    // The bytes belong to the caller again: what has no end yet is copied.
    for (; ownLines < dataLines.length; ownLines++) dataLines[ownLines] = Buffer.from(dataLines[ownLines]!)
  }

  function keepLine(buffer: Buffer, start: number): void {
    linePartBytes += buffer.length - start
    if (linePartBytes + dataBytes > maximumEventBytes) {
      giveUp()
      return
    }
    lineParts.push(Buffer.from(buffer.subarray(start)))
  }

  function giveUp(): void {
    scanner.problem = `an event of more than ${maximumEventBytes / 1024 / 1024} MB`
    lineParts = []
    dataLines = []
  }

  function takeLine(buffer: Buffer, start: number, end: number): void {
    if (lineParts.length === 0) {
      readLine(buffer, start, end)
      return
    }
    lineParts.push(buffer.subarray(start, end))
    const line = Buffer.concat(lineParts)
    lineParts = []
    linePartBytes = 0
    readLine(line, 0, line.length)
  }

  function readLine(buffer: Buffer, lineStart: number, end: number): void {
    let start = lineStart
    if (atBeginning) {
      atBeginning = false
      if (
        buffer[start] === 0xef &&
        buffer[start + 1] === 0xbb &&
        buffer[start + 2] === 0xbf &&
        start + 3 <= end
      )
        start += 3
    }
    if (start === end) {
      dispatch()
      return
    }
    if (isData(buffer, start, end)) {
      const value = valueStart(buffer, start + 4, end)
      dataBytes += end - value + 1
      if (dataBytes > maximumEventBytes) {
        giveUp()
        return
      }
      dataLines.push(buffer.subarray(value, end))
    } else if (buffer[start] === colon) {
      onComment?.(buffer.subarray(start + 1, end))
    } else if (isEvent(buffer, start, end)) {
      name = buffer.toString('utf8', valueStart(buffer, start + 5, end), end)
    }
  }

  function dispatch(): void {
    const data = dataLines.length <= 1 ? dataLines[0] : joined(dataLines)
    const itsName = name
    name = ''
    if (data === undefined) return
    dataLines.length = 0
    ownLines = 0
    dataBytes = 0
    onEvent(data, itsName)
  }

  const scanner: Writable<EventScanner> = {
    problem: null,
    push,
    finish() {
      if (scanner.problem !== null) return null
      const unended = lineParts.length > 0
      if (unended) {
        const line = Buffer.concat(lineParts)
        lineParts = []
        readLine(line, 0, line.length)
      }
      const dropped = dataLines.length > 0 ? joined(dataLines) : unended ? Buffer.alloc(0) : null
      dataLines = []
      return dropped
    },
  }
  return scanner
}

/** The line's field is `data`: with a colon behind it, or nothing. */
function isData(buffer: Buffer, at: number, end: number): boolean {
  return (
    buffer[at] === 0x64 &&
    buffer[at + 1] === 0x61 &&
    buffer[at + 2] === 0x74 &&
    buffer[at + 3] === 0x61 &&
    (at + 4 === end || (at + 4 < end && buffer[at + 4] === colon))
  )
}

function isEvent(buffer: Buffer, at: number, end: number): boolean {
  return (
    buffer[at] === 0x65 &&
    buffer[at + 1] === 0x76 &&
    buffer[at + 2] === 0x65 &&
    buffer[at + 3] === 0x6e &&
    buffer[at + 4] === 0x74 &&
    (at + 5 === end || (at + 5 < end && buffer[at + 5] === colon))
  )
}

/** Behind the field's name stands a colon and perhaps one space; a field without a colon has an empty value. */
function valueStart(buffer: Buffer, at: number, end: number): number {
  if (at >= end) return end
  return at + 1 < end && buffer[at + 1] === space ? at + 2 : at + 1
}

/** Lines of data with line feeds between them. */
function joined(lines: readonly Buffer[]): Buffer {
  const parts: Buffer[] = []
  for (const line of lines) parts.push(...(parts.length > 0 ? [Buffer.from('\n'), line] : [line]))
  return Buffer.concat(parts)
}
