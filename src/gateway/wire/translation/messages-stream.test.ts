import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyCharacter, chatChunk, done, eventsOf, named, through, usageChunk } from '../stream.fixture.ts'
import { chatToMessagesStream } from './chat-stream.ts'
import { messagesToChatStream } from './messages-stream.ts'

const lastChunk = usageChunk({ prompt: 100, cached: 80, completion: 9 })
const toChat = (includeUsage = true) =>
  messagesToChatStream({ model: 'alias', createdSeconds: 1700, includeUsage, requestId: null })

const messageStart = named({
  type: 'message_start',
  message: { id: 'msg_1', usage: { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 1 } },
} as never)
const blockDelta = (index: number, delta: object) =>
  named({ type: 'content_block_delta', index, delta } as never)
const blockStart = (index: number, content_block: object) =>
  named({ type: 'content_block_start', index, content_block } as never)
const messageEnd = (stop_reason: string) =>
  named({ type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 7 } } as never) +
  named({ type: 'message_stop' })

describe('a stream of Messages as chat', () => {
  const stream =
    messageStart +
    blockStart(0, { type: 'thinking', thinking: '', signature: '' }) +
    blockDelta(0, { type: 'thinking_delta', thinking: 'hm' }) +
    blockDelta(0, { type: 'signature_delta', signature: 's' }) +
    named({ type: 'ping' }) +
    blockStart(1, { type: 'text', text: '' }) +
    blockDelta(1, { type: 'text_delta', text: 'Hi' }) +
    blockDelta(1, { type: 'text_delta', text: ' "you"' }) +
    named({ type: 'content_block_stop', index: 1 } as never) +
    blockStart(2, { type: 'tool_use', id: 't1', name: 'f', input: {} }) +
    blockDelta(2, { type: 'input_json_delta', partial_json: '{"a"' }) +
    blockDelta(2, { type: 'input_json_delta', partial_json: ':1}' }) +
    blockStart(3, { type: 'tool_use', id: 't2', name: 'g', input: {} }) +
    messageEnd('tool_use')

  test('chunks say the same, usage comes last', () => {
    const stage = toChat()
    const chunks = eventsOf(through(stage, stream)).map(({ data }) => data) as Record<string, unknown>[]
    expect(chunks.at(-1)).toBe('[DONE]')
    expect(chunks.at(-2)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 7,
        total_tokens: 107,
        prompt_tokens_details: { cached_tokens: 90 },
      },
    })
    for (const chunk of chunks.slice(0, -1)) {
      expect(chunk).toMatchObject({
        id: 'msg_1',
        object: 'chat.completion.chunk',
        created: 1700,
        model: 'alias',
      })
    }
    const choices = chunks
      .slice(0, -2)
      .map(chunk => (chunk.choices as { delta: object; finish_reason: unknown }[])[0]!)
    expect(choices.map(({ delta }) => delta)).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'hm' },
      { content: 'Hi' },
      { content: ' "you"' },
      { tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      { tool_calls: [{ index: 1, id: 't2', type: 'function', function: { name: 'g', arguments: '' } }] },
      {},
    ])
    expect(choices.at(-1)!.finish_reason).toBe('tool_calls')
    expect(stage.facts).toMatchObject({
      complete: true,
      usage: { classes: { uncachedInput: 10, cachedInput: 90, output: 7 } },
    })
  })

  test('an input that comes at once is told at once', () => {
    const start = blockStart(0, { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } })
    expect(through(toChat(), messageStart + start + messageEnd('tool_use'))).toContain(
      '"arguments":"{\\"a\\":1}"',
    )
  })

  test('who did not ask for usage sees none, and it is known all the same', () => {
    const stage = toChat(false)
    expect(through(stage, stream)).not.toContain('usage')
    expect(stage.facts.usage?.classes.output).toBe(7)
  })

  test('a stream that was cut is an error, with the input known and the output not', () => {
    const stage = toChat()
    const out = through(
      stage,
      messageStart +
        blockStart(0, { type: 'text', text: '' }) +
        blockDelta(0, { type: 'text_delta', text: 'Hi' }),
    )
    expect(out).not.toContain('[DONE]')
    expect(eventsOf(out).at(-1)!.data).toMatchObject({ error: { type: 'server_error' } })
    expect(stage.facts).toMatchObject({ complete: false, usage: { said: { input: true, output: false } } })
  })

  test('an error of the stream is told', () => {
    const bad =
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    expect(eventsOf(through(toChat(), messageStart + bad)).at(-1)!.data).toMatchObject({
      error: { message: 'Overloaded' },
    })
  })
})

test('there and back again, cut anywhere: the texts and the usage are the same', () => {
  const delta = fc.oneof(
    fc.string({ unit: anyCharacter, minLength: 1 }).map(text => chatChunk({ content: text })),
    fc.string({ minLength: 1 }).map(text => chatChunk({ reasoning_content: text })),
  )
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 })
  const textOf = (stream: string, field: string) =>
    eventsOf(stream)
      .map(
        ({ data }) =>
          (data as { choices?: { delta?: Record<string, string> }[] }).choices?.[0]?.delta?.[field] ?? '',
      )
      .join('')
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 5 }), sizes, (chunks, cuts) => {
      const stream = chunks.join('') + chatChunk({}, {}, 'stop') + lastChunk + done
      const messages = through(chatToMessagesStream('m', null), stream, cuts)
      const back = toChat()
      const out = through(back, messages, cuts)
      for (const field of ['content', 'reasoning_content'])
        expect(textOf(out, field)).toBe(textOf(stream, field))
      expect(back.facts.usage?.classes).toMatchObject({ uncachedInput: 20, cachedInput: 80, output: 9 })
    }),
    { numRuns: 30, seed: 6 },
  )
})
