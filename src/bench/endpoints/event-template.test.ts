/** The short way of reading a token gives what the long way gives, whatever the text and however the bytes are broken. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asciiJson } from '../../emulate/http/json-text.ts'
import type { AnswerEvent } from './endpoint.ts'
import { endpointKind } from './endpoint-kinds.ts'
import { readAll } from './reader.fixture.ts'

/** Pieces that break careless readers, besides any code point. */
const nasty = fc.constantFrom(
  ...['"', '\\', '\\"', '"content":"', '","finish_reason":"stop"', '\\u0041', '\n', '\u0000', '\u007f', '/'],
  ...[
    'é',
    '模型',
    '😀',
    '\ud83d',
    '\ude00',
    '\u2028',
    '\ufeff',
    '"}}]}',
    '[DONE]',
    '"sequence_number":7',
    ' ',
  ],
)
const text = fc
  .array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 4 }), fc.string({ maxLength: 6 })), {
    maxLength: 5,
  })
  .map(pieces => pieces.join(''))

/** The ways in which servers write the same text. */
const escapeAll = (value: string) =>
  `"${Array.from({ length: value.length }, (_, at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
const literal = fc
  .tuple(text, fc.constantFrom(JSON.stringify, asciiJson, escapeAll))
  .map(([value, write]) => write(value))

const chatTail = '},"logprobs":null,"finish_reason":null}]}'
const chat = (json: string, field = 'content', id = 'a') =>
  `{"id":"${id}","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"${field}":${json}${chatTail}`

/** Events of each dialect that streams, around a text written as JSON; `n` numbers them. */
const dialects: Readonly<Record<string, readonly ((json: string, n: number) => string)[]>> = {
  chat: [
    json => chat(json),
    json => chat(json, 'reasoning_content'),
    json => chat(json, 'content', 'b'),
    json => chat(json).replace('"created":1', '"created":2'),
    json => chat(json).replace('"finish_reason":null', '"finish_reason":"stop"'),
    json => chat(json).replace(/\}$/, ',"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}'),
    json => `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":${json}}}]}}]}`,
    json => `{"id":${json},"choices":[{"delta":{"content":"content"}}]}`,
    json => `{"choices":[{"delta":{"content":${json}}},{"delta":{"content":${json}}}]}`,
    json => `{"choices":[{"delta":{"content":"x","content":${json}}}],"error":null}`,
    json => `{"error":{"message":${json}}}`,
    // The text stands in a place before its own, where it is something else.
    json => `{"object":${json},"choices":[{"delta":{"content":"word"}}]}`,
  ],
  completions: [
    json => `{"id":"c","choices":[{"index":0,"text":${json},"finish_reason":null}]}`,
    json => `{"id":"c","choices":[{"index":0,"text":${json},"finish_reason":"length"}]}`,
  ],
  responses: [
    (json, n) => `{"type":"response.output_text.delta","sequence_number":${n},"item_id":"i","delta":${json}}`,
    (json, n) => `{"delta":${json},"item_id":"i","sequence_number":${n},"type":"response.output_text.delta"}`,
    (json, n) => `{"type":"response.reasoning_text.delta","sequence_number":${n},"delta":${json}}`,
    (json, n) => `{"type":"response.output_text.done","sequence_number":${n},"text":${json}}`,
  ],
  messages: [
    json => `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${json}}}`,
    json => `{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":${json}}}`,
    json => `{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":${json}}}`,
  ],
  transcription: [
    json => `{"type":"transcript.text.delta","delta":${json}}`,
    json => `{"id":"t","object":"transcription.chunk","choices":[{"delta":{"content":${json}}}]}`,
  ],
}

/** Every event by a reader of its own, which has learned nothing; ids are carried on as a reader does. */
function parsedInFull(name: string, events: readonly Buffer[]): AnswerEvent[] {
  let answerId = ''
  return events.map(data => {
    const [event] = readAll(endpointKind(name).reader(), [data])
    answerId = event!.answerId || answerId
    return { ...event!, answerId }
  })
}

/** A run of words first, so that there is a form to mistake the others for; then events of any form. */
const stream = (name: string) =>
  fc
    .array(fc.tuple(fc.nat({ max: dialects[name]!.length - 1 }), literal, fc.nat({ max: 100_000 })), {
      minLength: 1,
      maxLength: 12,
    })
    .map(picks =>
      picks.flatMap(([form, json, n]) => [
        dialects[name]![form]!('"word"', n),
        dialects[name]![form]!(json, n + 1),
        dialects[name]![0]!(json, n + 2),
      ]),
    )

describe.each(Object.keys(dialects))('%s', name => {
  test('a learned form reads as a full parse', () => {
    fc.assert(
      fc.property(stream(name), lines => {
        const events = lines.map(line => Buffer.from(line))
        expect(readAll(endpointKind(name).reader(), events)).toEqual(parsedInFull(name, events))
      }),
      { numRuns: 60 },
    )
  })

  test('and so do broken bytes: changed, cut, put in', () => {
    const damage = fc.record({
      at: fc.nat(),
      byte: fc.nat({ max: 255 }),
      kind: fc.constantFrom('change', 'cut', 'put'),
    })
    const damaged = (data: Buffer, { at, byte, kind }: { at: number; byte: number; kind: string }) => {
      const place = at % data.length
      if (kind === 'cut')
        return Buffer.concat([data.subarray(0, place), data.subarray(place + 1 + (byte % 4))])
      const rest = data.subarray(kind === 'put' ? place : place + 1)
      return Buffer.concat([data.subarray(0, place), Buffer.from([byte]), rest])
    }
    fc.assert(
      fc.property(
        fc.nat({ max: dialects[name]!.length - 1 }),
        fc.array(fc.tuple(literal, damage), { minLength: 1, maxLength: 8 }),
        (form, picks) => {
          const events = picks.flatMap(([json, broken], n) => [
            Buffer.from(dialects[name]![form]!('"word"', n)),
            damaged(Buffer.from(dialects[name]![form]!(json, n)), broken),
          ])
          const readers = readAll(endpointKind(name).reader(), events)
          for (const [index, full] of parsedInFull(name, events).entries()) {
            const { message: _, ...quick } = readers[index]!
            const { message: __, ...slow } = full
            expect(quick).toEqual(slow)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

test('the form is learned: what is around the text is compared, not parsed', () => {
  // The bytes outside of the text are the same, so a reader that parsed each event would cost more; seen by counting.
  const parse = JSON.parse
  let parses = 0
  JSON.parse = (source: string) => {
    parses++
    return parse(source)
  }
  try {
    const events = Array.from({ length: 200 }, (_, n) => Buffer.from(chat(`" word${n}"`)))
    const read = readAll(endpointKind('chat').reader(), events)
    expect(read.map(event => event.contentText)).toEqual(Array.from({ length: 200 }, (_, n) => ` word${n}`))
    expect(parses).toBeLessThan(10)
    parses = 0
    const numbered = dialects.responses![0]!
    readAll(
      endpointKind('responses').reader(),
      Array.from({ length: 200 }, (_, n) => Buffer.from(numbered(`"w${n}"`, n))),
    )
    expect(parses).toBeLessThan(10)
    parses = 0
    // A stream whose form changes with every event is given up on, and parsed once an event.
    readAll(
      endpointKind('chat').reader(),
      Array.from({ length: 200 }, (_, n) => Buffer.from(chat('"w"', 'content', `id${n}`))),
    )
    expect(parses).toBeLessThan(260)
  } finally {
    JSON.parse = parse
  }
})
