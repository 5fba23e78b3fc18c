/** Replaces pieces of a body and leaves every other byte as it came. */
import { assert } from '../../core/assert.ts'
import type { FieldSpan, ScannedObject } from './json-scan.ts'

/** The bytes from `start` up to `end` become `bytes`; an insertion has start = end. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly bytes: Buffer
}

/** The body in pieces, in order and without copies of what stays: what a socket is to be handed. Splices may not overlap. */
export function splicedPieces(body: Buffer, splices: readonly Splice[]): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const splice of [...splices].sort((a, b) => a.start - b.start || a.end - b.end)) {
    assert(splice.start >= at && splice.end >= splice.start, 'splices do not overlap')
    if (splice.start > at) pieces.push(body.subarray(at, splice.start))
    if (splice.bytes.length > 0) pieces.push(splice.bytes)
    at = splice.end
  }
  if (at < body.length) pieces.push(body.subarray(at))
  return pieces
}

export function spliced(body: Buffer, splices: readonly Splice[]): Buffer {
  return Buffer.concat(splicedPieces(body, splices))
}

/** Sets a field: in its place when it is there, else as the object's first. */
export function setField(scanned: ScannedObject, name: string, value: unknown): Splice {
  const span = scanned.fields.get(name)
  const json = JSON.stringify(value)
  if (span !== undefined) return { start: span.valueStart, end: span.valueEnd, bytes: Buffer.from(json) }
  const comma = scanned.fields.size > 0 ? ',' : ''
  const at = scanned.start + 1
  return { start: at, end: at, bytes: Buffer.from(`${JSON.stringify(name)}:${json}${comma}`) }
}

const nothing = Buffer.alloc(0)
const comma = 0x2c

/** Takes a field out, with the comma before it, or behind it when it is the first. */
export function dropField({ bytes, start, end }: ScannedObject, span: FieldSpan): Splice {
  let from = span.keyStart - 1
  while (from > start && isSpace(bytes[from]!)) from--
  if (bytes[from] === comma) return { start: from, end: span.valueEnd, bytes: nothing }
  let to = span.valueEnd
  while (to < end && isSpace(bytes[to]!)) to++
  return { start: span.keyStart, end: bytes[to] === comma ? to + 1 : span.valueEnd, bytes: nothing }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
