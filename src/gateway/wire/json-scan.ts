/**
 * A JSON object read as bytes: is it well-formed to its end, and where do its own fields stand? One pass, nothing is built of
 * what lies deeper, so that a prompt of 400 kB costs a fraction of a millisecond and is passed on as it came. Grammar: RFC 8259.
 * What JSON.parse accepts is accepted, and nothing else, but for the limits and the names that come twice.
 */
import { isUtf8 } from 'node:buffer'
import { GatewayError } from './gateway-error.ts'
import { notJson, skipSpace, skipString, skipValue } from './json-skip.ts'

export type JsonKind = 'string' | 'number' | 'object' | 'array' | 'boolean' | 'null'

/** Where a field stands: byte offsets into what was scanned. */
export interface FieldSpan {
  readonly name: string
  /** The opening quote of its name. */
  readonly keyStart: number
  readonly valueStart: number
  /** Behind its last byte. */
  readonly valueEnd: number
  readonly kind: JsonKind
}

export interface ScannedObject {
  readonly bytes: Buffer
  readonly fields: ReadonlyMap<string, FieldSpan>
  /** Of the opening brace. */
  readonly start: number
  /** Behind the closing brace. */
  readonly end: number
}

export interface ScanLimits {
  readonly bodyBytes: number
  /** Objects and lists within each other, the outermost counted. */
  readonly depth: number
  /** Of the outermost object. */
  readonly fields: number
}

/**
 * bodyBytes: what Anthropic takes on its Messages API (32 MB, https://docs.claude.com/en/api/errors). depth: assumed, a
 * JSON schema of a tool nests some dozens deep. fields: assumed, OpenAI's chat knows about forty.
 */
export const defaultScanLimits: ScanLimits = { bodyBytes: 32 * 1000 * 1000, depth: 256, fields: 256 }

/**
 * Scans a request's body. Throws a GatewayError: 413 when it is too large, 400 when it is not one JSON object, nests too
 * deep, or names a field of its own twice. Twice is also `Model` beside `model`, and a name that differs from a `known`
 * one in case only: parsers disagree about which one counts (Go's takes both for the same), so that the gateway
 * would bill one request and the upstream answer another.
 */
export function scanRequest(
  bytes: Buffer,
  known: ReadonlySet<string>,
  limits: ScanLimits = defaultScanLimits,
): ScannedObject {
  if (bytes.length > limits.bodyBytes) {
    throw new GatewayError(
      413,
      'request_too_large',
      `the body has ${bytes.length} bytes; ${limits.bodyBytes} are allowed`,
    )
  }
  // Bytes that are no UTF-8 would be read differently by each parser behind this one.
  if (!isUtf8(bytes)) throw new GatewayError(400, 'invalid_json', 'the body is not UTF-8')
  const scanned = scanObject(bytes, 0, limits)
  if (scanned.end !== skipBackSpace(bytes, scanned.end)) throw notJson(scanned.end, 'nothing more')
  refuseTwice(scanned, known)
  return scanned
}

/** Refuses names that come twice, or almost, in an object within a request (stream_options); `where` is its name. */
export function scanInner(
  outer: ScannedObject,
  span: FieldSpan,
  known: ReadonlySet<string>,
  limits: ScanLimits = defaultScanLimits,
): ScannedObject {
  const scanned = scanObject(outer.bytes, span.valueStart, limits)
  refuseTwice(scanned, known, `${span.name}.`)
  return scanned
}

/**
 * Where the fields of the object stand that begins at or behind `from`; of a name that comes twice, the last one, as
 * JSON.parse takes it, is in the map (`repeated` tells). Throws a GatewayError (400) when it is none.
 */
export function scanObject(bytes: Buffer, from = 0, limits: ScanLimits = defaultScanLimits): ScanResult {
  const fields = new Map<string, FieldSpan>()
  let repeated: string | null = null
  const start = skipSpace(bytes, from)
  if (bytes[start] !== openBrace) throw notJson(start, 'an object')
  let at = skipSpace(bytes, start + 1)
  if (bytes[at] === closeBrace) return { bytes, fields, start, end: at + 1, repeated }
  for (let count = 0; ; count++) {
    if (count === limits.fields) {
      throw new GatewayError(400, 'invalid_request', `the body has more than ${limits.fields} fields`)
    }
    const keyStart = at
    if (bytes[at] !== quote) throw notJson(at, 'a name in quotes')
    const keyEnd = skipString(bytes, at)
    const name = keyText(bytes, keyStart, keyEnd)
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] !== colon) throw notJson(at, 'a colon')
    const valueStart = skipSpace(bytes, at + 1)
    const valueEnd = skipValue(bytes, valueStart, limits.depth - 1)
    if (fields.has(name)) repeated = name
    fields.set(name, { name, keyStart, valueStart, valueEnd, kind: kindOf(bytes[valueStart]!) })
    at = skipSpace(bytes, valueEnd)
    if (bytes[at] === closeBrace) return { bytes, fields, start, end: at + 1, repeated }
    if (bytes[at] !== comma) throw notJson(at, 'a comma or the end of the object')
    at = skipSpace(bytes, at + 1)
  }
}

export interface ScanResult extends ScannedObject {
  /** A name that came more than once; null when none did. */
  readonly repeated: string | null
}

/** The value of a field that is small; undefined when it is not there. Prompts are not read this way. */
export function fieldValue({ bytes, fields }: ScannedObject, name: string): unknown {
  const span = fields.get(name)
  return span === undefined ? undefined : spanValue(bytes, span)
}

export function spanValue(bytes: Buffer, { valueStart, valueEnd }: FieldSpan): unknown {
  return JSON.parse(bytes.toString('utf8', valueStart, valueEnd))
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b

function kindOf(first: number): JsonKind {
  switch (first) {
    case quote:
      return 'string'
    case openBrace:
      return 'object'
    case openBracket:
      return 'array'
    case 0x74:
    case 0x66:
      return 'boolean'
    case 0x6e:
      return 'null'
    default:
      return 'number'
  }
}

/** Names may be written with escapes: `"mod\u0065l"` is model. */
function keyText(bytes: Buffer, start: number, end: number): string {
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at]!
    if (byte === backslash || byte >= 0x80) return String(JSON.parse(bytes.toString('utf8', start, end)))
  }
  return bytes.toString('latin1', start + 1, end - 1)
}

/** The end of the body when nothing but space follows `from`; else a place behind `from`. */
function skipBackSpace(bytes: Buffer, from: number): number {
  return skipSpace(bytes, from) === bytes.length ? from : from + 1
}

function refuseTwice(
  scanned: ScannedObject & { readonly repeated?: string | null },
  known: ReadonlySet<string>,
  where = '',
): void {
  if (scanned.repeated !== undefined && scanned.repeated !== null) throw twice(where + scanned.repeated)
  const names = new Map<string, string>()
  for (const name of scanned.fields.keys()) {
    const alike = fold(name)
    const other = names.get(alike)
    if (other !== undefined) throw twice(where + other, where + name)
    names.set(alike, name)
    if (alike !== name && known.has(alike)) {
      throw new GatewayError(
        400,
        'duplicate_field',
        `“${where}${alike}” is written with other letters; parsers disagree about what that means`,
        { param: where + alike },
      )
    }
  }
}

function twice(name: string, other = name): GatewayError {
  const shown =
    other === name
      ? `“${shorten(name)}” comes twice`
      : `“${shorten(name)}” and “${shorten(other)}” differ in case only`
  return new GatewayError(400, 'duplicate_field', `${shown}; parsers disagree about which one counts`, {
    param: shorten(name),
  })
}

function shorten(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`
}

const plainName = /^[a-z0-9_]*$/

/** As Go's encoding/json folds names: case, and the two letters outside ASCII whose simple folding is inside (long s, Kelvin). */
function fold(name: string): string {
  if (plainName.test(name)) return name
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}
