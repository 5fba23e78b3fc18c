/**
 * A streamed token costs its client little when the chunk around it is known: of an event that was parsed in full, the bytes
 * before and after its text are kept, and the next events are recognised by them; only the text between is decoded. It
 * cannot misread: the place of the text was proven by parsing the event once more with another text in it, a text between
 * quotes that is a valid JSON string cannot change how the rest is read, and what differs in one byte outside is parsed.
 */

const quote = 0x22
const backslash = 0x5c
const zero = 0x30
const nine = 0x39

/** Events are numbered (Responses): the number may stand before or behind the text and changes with every event. */
const numberField = Buffer.from('"sequence_number":')

/** Places that are tried when the text stands in the event more than once. */
const mostPlaces = 4

/** Two pieces of fixed bytes; the second one stands behind a number when `numbered`. */
interface Frame {
  readonly before: Buffer
  readonly numbered: boolean
  readonly behind: Buffer
}

export interface EventTemplate {
  /** Text of an event of the same form; null when it is another, or its text is empty or not plain enough. */
  textOf(data: Buffer): string | null
}

/** Does the event with another text in it read the same but for that text? */
export type ReadsAs = (data: Buffer, text: string) => boolean

/** What no server sends, and needs no escapes. */
const sentinel = 'tokenwright asks: is this the text?'

/** Learns the form of an event whose text is known; null when the text cannot be found beyond doubt. */
export function learnTemplate(data: Buffer, text: string, readsAs: ReadsAs): EventTemplate | null {
  const plain = JSON.stringify(text)
  // Servers write what is not ASCII as it is or escaped (Python's json.dumps).
  return learnAt(data, plain, readsAs) ?? (isPlain(text) ? null : learnAt(data, asciiLiteral(plain), readsAs))
}

/** Letters that every server writes the same way. */
export function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) && !/["\\/]/.test(text)
}

function asciiLiteral(literal: string): string {
  let escaped = ''
  for (let index = 0; index < literal.length; index++) {
    const code = literal.charCodeAt(index)
    escaped += code < 0x80 ? literal[index] : `\\u${code.toString(16).padStart(4, '0')}`
  }
  return escaped
}

function learnAt(data: Buffer, literal: string, readsAs: ReadsAs): EventTemplate | null {
  const bytes = Buffer.from(literal)
  let at = data.indexOf(bytes)
  for (let place = 0; place < mostPlaces && at >= 0; place++, at = data.indexOf(bytes, at + 1)) {
    const head = data.subarray(0, at + 1)
    const tail = data.subarray(at + bytes.length - 1)
    if (!readsAs(Buffer.concat([head, Buffer.from(sentinel), tail]), sentinel)) continue
    // Copies: the bytes of an event are another's after the call.
    return templateOf(frameOf(Buffer.from(head)), frameOf(Buffer.from(tail)))
  }
  return null
}

function frameOf(bytes: Buffer): Frame {
  const at = bytes.indexOf(numberField)
  if (at < 0) return { before: bytes, numbered: false, behind: bytes.subarray(bytes.length) }
  const start = at + numberField.length
  let end = start
  while (end < bytes.length && isDigit(bytes[end]!)) end++
  if (end === start) return { before: bytes, numbered: false, behind: bytes.subarray(bytes.length) }
  return { before: bytes.subarray(0, start), numbered: true, behind: bytes.subarray(end) }
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine
}

function templateOf(head: Frame, tail: Frame): EventTemplate {
  const least = head.before.length + head.behind.length + tail.before.length + tail.behind.length
  return {
    textOf(data) {
      if (data.length <= least) return null
      let start = head.before.length
      if (data.compare(head.before, 0, start, 0, start) !== 0) return null
      if (head.numbered) {
        const digits = start
        while (start < data.length && isDigit(data[start]!)) start++
        if (!isNumber(data, digits, start)) return null
        const end = start + head.behind.length
        if (end > data.length || data.compare(head.behind, 0, head.behind.length, start, end) !== 0)
          return null
        start = end
      }
      let end = data.length
      if (tail.numbered) {
        const behind = end - tail.behind.length
        if (behind <= start || data.compare(tail.behind, 0, tail.behind.length, behind, end) !== 0)
          return null
        end = behind
        while (end > start && isDigit(data[end - 1]!)) end--
        if (!isNumber(data, end, behind)) return null
      }
      const textEnd = end - tail.before.length
      if (textEnd <= start || data.compare(tail.before, 0, tail.before.length, textEnd, end) !== 0)
        return null
      return stringBetween(data, start, textEnd)
    },
  }
}

/** A whole number as JSON allows it: at least one digit, no leading zeros. */
function isNumber(data: Buffer, start: number, end: number): boolean {
  return end > start && (end === start + 1 || data[start] !== zero)
}

/** The text of a JSON string's inside; null when it is none (a quote inside, a control character, a wrong escape). */
function stringBetween(data: Buffer, start: number, end: number): string | null {
  let high = 0
  let escaped = false
  for (let index = start; index < end; index++) {
    const byte = data[index]!
    if (byte < 0x20) return null
    if (byte === quote && !escaped) return null
    if (byte === backslash) escaped = true
    high |= byte
  }
  // From the first escape on a quote may be part of one: the parser decides.
  if (escaped) return parsedString(data.toString('utf8', start - 1, end + 1))
  return data.toString(high < 0x80 ? 'latin1' : 'utf8', start, end)
}

function parsedString(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal)
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}
