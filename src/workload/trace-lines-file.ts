/** Bytes of a trace file, unpacked, as lines: one piece at a time, never the whole file. */
import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import type { Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault, isSystemFault } from '../core/file-fault.ts'

/** Bytes read at a time: larger pieces are no faster and leave more garbage between collections. */
const pieceBytes = 1 << 16

/** Longest line taken (assumed): 24 times the 2.7 MB of the longest published one, and far below what a text can hold. */
const longestLineBytes = 64 * 2 ** 20

const newline = 10

/** Calls `take` for each line without its line feed. Throws TokenwrightError('file') or, for damaged contents, ('trace'). */
export async function readLines(path: string, take: (line: string) => void): Promise<void> {
  const splitter = new LineSplitter(path, take)
  const { file, unpack } = openTrace(path)
  // A fault of the file must reach the reader of the unpacked bytes.
  if (unpack !== null) file.once('error', error => unpack.destroy(error))
  const bytes: Readable = unpack === null ? file : file.pipe(unpack)
  try {
    for await (const piece of bytes) splitter.push(piece as Buffer)
    splitter.finish()
  } catch (error) {
    if (error instanceof TokenwrightError) throw error
    if (isSystemFault(error) && 'syscall' in error)
      throw fileFault(error, 'read the trace', { where: path, fix: 'check the path' })
    if (unpack === null || !isSystemFault(error)) throw error
    throw new TokenwrightError('trace', `the compressed data is cut off or damaged: ${error.message}`, {
      where: `${path}:${splitter.lines}`,
      fix: `it can be read up to line ${splitter.lines}; fetch the file again`,
    })
  } finally {
    file.destroy()
    bytes.destroy()
  }
}

function openTrace(path: string): { readonly file: Readable; readonly unpack: Transform | null } {
  if (path === '-') return { file: process.stdin, unpack: null }
  const head = firstBytes(path)
  const file = createReadStream(path, { highWaterMark: pieceBytes })
  const options = { chunkSize: pieceBytes }
  if (head[0] === 0x1f && head[1] === 0x8b) return { file, unpack: createGunzip(options) }
  if (head.readUInt32LE(0) === 0xfd2fb528) return { file, unpack: createZstdDecompress(options) }
  // Brotli has no mark of its own; a .gz without gzip's mark is a damaged file.
  if (path.endsWith('.br')) return { file, unpack: createBrotliDecompress(options) }
  return { file, unpack: path.endsWith('.gz') ? createGunzip(options) : null }
}

function firstBytes(path: string): Buffer {
  const head = Buffer.alloc(4)
  try {
    const handle = openSync(path, 'r')
    try {
      readSync(handle, head, 0, head.length, 0)
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    throw fileFault(error, 'read the trace', { where: path, fix: 'check the path' })
  }
  return head
}

class LineSplitter {
  lines = 0
  readonly #path: string
  readonly #take: (line: string) => void
  #rest: Buffer[] = []
  #restBytes = 0

  constructor(path: string, take: (line: string) => void) {
    this.#path = path
    this.#take = take
  }

  push(piece: Buffer): void {
    if (this.lines === 0 && this.#restBytes === 0) this.#checkEncoding(piece)
    const last = piece.lastIndexOf(newline)
    if (last < 0) {
      this.#keep(piece)
      return
    }
    let start = 0
    if (this.#restBytes > 0) {
      start = piece.indexOf(newline) + 1
      this.#keep(piece.subarray(0, start - 1))
      this.#takeRest()
    }
    this.#takeAll(piece.subarray(start, last + 1))
    if (last + 1 < piece.length) this.#keep(piece.subarray(last + 1))
  }

  finish(): void {
    if (this.#restBytes > 0) this.#takeRest()
  }

  /** Whole lines, each ended by a line feed. */
  #takeAll(bytes: Buffer): void {
    if (!isAscii(bytes)) {
      let start = 0
      while (start < bytes.length) {
        const end = bytes.indexOf(newline, start)
        this.#takeLine(bytes.subarray(start, end))
        start = end + 1
      }
      return
    }
    const text = bytes.toString('latin1')
    if (text.includes('\0')) throw this.#notText()
    let start = 0
    while (start < text.length) {
      const end = text.indexOf('\n', start)
      this.lines++
      this.#take(text.slice(start, end))
      start = end + 1
    }
  }

  #takeRest(): void {
    const bytes = this.#rest.length === 1 ? this.#rest[0]! : Buffer.concat(this.#rest)
    this.#rest = []
    this.#restBytes = 0
    this.#takeLine(bytes)
  }

  #takeLine(bytes: Buffer): void {
    if (!isUtf8(bytes) || bytes.includes(0)) throw this.#notText()
    this.lines++
    this.#take(bytes.toString('utf8'))
  }

  /** Pieces are reused by nobody, so keeping a part of one costs no copy. */
  #keep(bytes: Buffer): void {
    this.#rest.push(bytes)
    this.#restBytes += bytes.length
    if (this.#restBytes <= longestLineBytes) return
    throw new TokenwrightError(
      'trace',
      `line ${this.lines + 1} is longer than ${longestLineBytes / 2 ** 20} MiB`,
      {
        where: `${this.#path}:${this.lines + 1}`,
        fix: 'a trace has one request or one session per line; this file may be something else',
      },
    )
  }

  #checkEncoding(piece: Buffer): void {
    const mark = piece.length < 2 ? 0 : piece.readUInt16BE(0)
    if (mark !== 0xfffe && mark !== 0xfeff) return
    throw new TokenwrightError('trace', 'the file is UTF-16', {
      where: `${this.#path}:1`,
      fix: 'save it as UTF-8, e.g. iconv -f UTF-16 -t UTF-8',
    })
  }

  #notText(): TokenwrightError {
    const line = this.lines + 1
    return new TokenwrightError('trace', `not text in UTF-8 at or after line ${line}`, {
      where: `${this.#path}:${line}`,
      fix: 'save the file as UTF-8; it may be UTF-16, compressed, or no text at all',
    })
  }
}
