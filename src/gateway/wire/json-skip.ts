/** Steps over the parts of a JSON text, byte by byte and without building anything; throws a GatewayError (400) at a fault. */
import { GatewayError } from './gateway-error.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const minus = 0x2d
const plus = 0x2b
const point = 0x2e
const zero = 0x30
const nine = 0x39
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** 1: the byte ends a run of plain text within a string (a quote, a backslash, a control character). */
const stops = new Uint8Array(256)
stops.fill(1, 0, 0x20)
stops[quote] = 1
stops[backslash] = 1

/** 1: may stand behind a backslash; 2: `u`, four hexadecimal digits follow. */
const escapes = new Uint8Array(256)
for (const letter of '"\\/bfnrt') escapes[letter.charCodeAt(0)] = 1
escapes[0x75] = 2

const hexDigits = new Uint8Array(256)
for (const letter of '0123456789abcdefABCDEF') hexDigits[letter.charCodeAt(0)] = 1

const literals: ReadonlyMap<number, Uint8Array> = new Map(
  ['true', 'false', 'null'].map(word => [word.charCodeAt(0), Buffer.from(word)]),
)

/** The fault names a place, never what stands there: bodies are not for logs. */
export function notJson(at: number, expected: string): GatewayError {
  return new GatewayError(400, 'invalid_json', `the body is not JSON: ${expected} expected at byte ${at}`)
}

/** Behind spaces, tabs and line ends. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length) {
    const byte = bytes[at]!
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
  return at
}

/** Behind the closing quote of the string whose opening quote stands at `from`. */
export function skipString(bytes: Buffer, from: number): number {
  const end = bytes.length
  let at = from + 1
  for (;;) {
    // Four at a time: the loop is what the time of a long prompt goes to.
    while (
      at + 4 <= end &&
      (stops[bytes[at]!]! | stops[bytes[at + 1]!]! | stops[bytes[at + 2]!]! | stops[bytes[at + 3]!]!) === 0
    )
      at += 4
    while (at < end && stops[bytes[at]!] === 0) at++
    if (at >= end) throw notJson(end, 'the end of a string')
    const byte = bytes[at]!
    if (byte === quote) return at + 1
    if (byte !== backslash) throw notJson(at, 'an escaped control character')
    const kind = at + 1 < end ? escapes[bytes[at + 1]!] : 0
    if (kind === 1) at += 2
    else if (kind === 2 && areHex(bytes, at + 2)) at += 6
    else throw notJson(at, 'an escape that JSON knows')
  }
}

function areHex(bytes: Buffer, at: number): boolean {
  return (
    at + 4 <= bytes.length &&
    (hexDigits[bytes[at]!]! &
      hexDigits[bytes[at + 1]!]! &
      hexDigits[bytes[at + 2]!]! &
      hexDigits[bytes[at + 3]!]!) ===
      1
  )
}

/** Behind the value that begins at `from`, of which at most `depth` objects and lists are within each other. */
export function skipValue(bytes: Buffer, from: number, depth: number): number {
  const first = bytes[from]
  if (first !== openBrace && first !== openBracket) return skipScalar(bytes, from)
  return skipContainer(bytes, from, depth)
}

/** No recursion: a body of brackets must not overflow the stack. Open containers are bits, an object is a 1. */
function skipContainer(bytes: Buffer, from: number, depth: number): number {
  const isObject = new Uint8Array(Math.min(depth, mostDepth) + 1)
  let open = 0
  let at = from
  for (;;) {
    // A value begins here.
    const byte = bytes[at]
    if (byte === openBrace || byte === openBracket) {
      if (open >= depth || open >= mostDepth) throw tooDeep(at)
      isObject[++open] = byte === openBrace ? 1 : 0
      at = skipSpace(bytes, at + 1)
      if (bytes[at] === (byte === openBrace ? closeBrace : closeBracket)) {
        at++
        open--
      } else {
        if (byte === openBrace) at = skipName(bytes, at)
        continue
      }
    } else {
      at = skipScalar(bytes, at)
    }
    // A value has ended here.
    for (;;) {
      if (open === 0) return at
      at = skipSpace(bytes, at)
      const object = isObject[open] === 1
      const next = bytes[at]
      if (next === comma) {
        at = skipSpace(bytes, at + 1)
        if (object) at = skipName(bytes, at)
        break
      }
      if (next !== (object ? closeBrace : closeBracket)) {
        throw notJson(at, object ? 'a comma or the end of an object' : 'a comma or the end of a list')
      }
      at++
      open--
    }
  }
}

/** What nobody may ask for: the marks of open containers take so many bytes. */
const mostDepth = 10_000

function tooDeep(at: number): GatewayError {
  return new GatewayError(400, 'invalid_request', `the body nests too deep at byte ${at}`)
}

/** Behind the colon and the space that follow a name. */
function skipName(bytes: Buffer, from: number): number {
  if (bytes[from] !== quote) throw notJson(from, 'a name in quotes')
  const at = skipSpace(bytes, skipString(bytes, from))
  if (bytes[at] !== colon) throw notJson(at, 'a colon')
  return skipSpace(bytes, at + 1)
}

function skipScalar(bytes: Buffer, from: number): number {
  const first = bytes[from]
  if (first === quote) return skipString(bytes, from)
  if (first === undefined) throw notJson(from, 'a value')
  const literal = literals.get(first)
  if (literal === undefined) return skipNumber(bytes, from)
  for (let index = 1; index < literal.length; index++) {
    if (bytes[from + index] !== literal[index]) throw notJson(from, 'a value')
  }
  return from + literal.length
}

function skipNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === minus ? from + 1 : from
  at = bytes[at] === zero ? at + 1 : skipDigits(bytes, at, from)
  if (bytes[at] === point) at = skipDigits(bytes, at + 1, from)
  const exponent = bytes[at]
  if (exponent === 0x65 || exponent === 0x45) {
    const sign = bytes[at + 1]
    at = skipDigits(bytes, sign === plus || sign === minus ? at + 2 : at + 1, from)
  }
  return at
}

/** At least one digit. */
function skipDigits(bytes: Buffer, from: number, start: number): number {
  let at = from
  while (at < bytes.length && bytes[at]! >= zero && bytes[at]! <= nine) at++
  if (at === from) throw notJson(start, 'a value')
  return at
}
