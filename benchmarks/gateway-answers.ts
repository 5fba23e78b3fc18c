/** How the client of benchmarks/gateway.ts reads answers: enough to know that they are whole, and when the upstream wrote a token. */

export interface AnswerReader {
  /** `onToken` is told of each token and when the upstream wrote it, µs. */
  read(bytes: Uint8Array, onToken: (writtenUs: number) => void, atUs: number): void
  /** When the token before was read; 0: there was none. */
  readonly lastUs: number
  /** What is wrong with the answer now that it has ended; null: nothing. */
  wrong(): string | null
  /** Its beginning, for what it says of an error. */
  text(): string
}

const usageMark = '"total_tokens"'
const contentMark = Buffer.from('"content":')
const doneMark = Buffer.from('[DONE]')
const eventEnd = Buffer.from('\n\n')
const quote = 0x22
const blank = 0x20
const shownCharacters = 300

/** A whole answer in JSON: it must have its usage. */
export function chatAnswer(): AnswerReader {
  let text = ''
  return {
    lastUs: 0,
    read(bytes) {
      text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    },
    wrong: () => (text.includes(usageMark) ? null : `no usage in “${text.slice(0, shownCharacters)}”`),
    text: () => text.slice(0, shownCharacters),
  }
}

/** Server-sent events: as many with text as asked for, and `[DONE]`. */
export function streamedAnswer(asked: number): AnswerReader {
  let rest: Buffer = Buffer.alloc(0)
  let beginning = ''
  let tokens = 0
  let done = false
  const reader = {
    lastUs: 0,
    read(bytes: Uint8Array, onToken: (writtenUs: number) => void, atUs: number) {
      const came = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      if (tokens === 0 && beginning.length < shownCharacters) beginning += came.toString('latin1')
      const data = rest.length === 0 ? came : Buffer.concat([rest, came])
      const whole = data.lastIndexOf(eventEnd) + eventEnd.length
      if (whole < eventEnd.length) {
        rest = Buffer.from(data)
        return
      }
      rest = whole === data.length ? data.subarray(whole) : Buffer.from(data.subarray(whole))
      const events = data.subarray(0, whole)
      for (let at = events.indexOf(contentMark); at >= 0; at = events.indexOf(contentMark, at)) {
        at += contentMark.length
        if (events[at] === blank) at++
        // The event with the role has an empty text, or null.
        if (events[at] !== quote || events[at + 1] === quote) continue
        tokens++
        onToken(Number(events.toString('latin1', at + 1, events.indexOf(quote, at + 1))))
        reader.lastUs = atUs
      }
      done ||= events.includes(doneMark)
    },
    wrong() {
      if (tokens !== asked)
        return `${tokens} tokens instead of ${asked}: “${beginning.slice(0, shownCharacters)}”`
      return done ? null : 'a stream without its end'
    },
    text: () => beginning.slice(0, shownCharacters),
  }
  return reader
}
