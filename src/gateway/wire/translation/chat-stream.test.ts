import { describe, expect, test } from 'vitest'
import { chatChunk, data, done, eventsOf, through, usageChunk } from '../stream.fixture.ts'
import { chatToMessagesStream } from './chat-stream.ts'

const lastChunk = usageChunk({ prompt: 100, cached: 80, completion: 9 })
const toolDelta = (index: number, part: object) => chatChunk({ tool_calls: [{ index, ...part }] })

const kinds: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  input_json_delta: 'tool_use',
}

interface Block {
  [field: string]: unknown
  type: string
}

/** Puts a stream of Messages together as a client would, and checks the order that the API promises. */
function assembled(stream: string) {
  const blocks: Block[] = []
  const order: string[] = []
  let open = -1
  let message: Record<string, unknown> = {}
  for (const { name, data } of eventsOf(stream)) {
    const event = data as Record<string, unknown>
    expect(name).toBe(event.type)
    order.push(name)
    switch (name) {
      case 'message_start':
        message = { ...(event.message as object) }
        break
      case 'content_block_start':
        expect(open).toBe(-1)
        expect(event.index).toBe(blocks.length)
        open = blocks.push({ ...(event.content_block as Block), partial: '' }) - 1
        break
      case 'content_block_delta': {
        expect(event.index).toBe(open)
        const { type, ...rest } = event.delta as Record<string, string>
        const [field, text] = Object.entries(rest)[0]!
        const block = blocks[open]!
        expect(kinds[type!]).toBe(block.type)
        const into = field === 'partial_json' ? 'partial' : field
        block[into] = `${block[into]}${text}`
        break
      }
      case 'content_block_stop':
        expect(event.index).toBe(open)
        open = -1
        break
      case 'message_delta':
        expect(open).toBe(-1)
        message = { ...message, ...(event.delta as object), usage: event.usage }
        break
    }
  }
  const content = blocks.map(({ partial, ...block }) =>
    block.type === 'tool_use'
      ? { ...block, input: partial === '' ? {} : JSON.parse(String(partial)) }
      : block,
  )
  return { message, content, order }
}

describe('a stream of chat as Messages', () => {
  test('thoughts, text and calls come in blocks, usage and the reason with message_delta', () => {
    const stage = chatToMessagesStream('alias', 'req_1')
    const out = through(
      stage,
      chatChunk({ role: 'assistant', content: '' }) +
        chatChunk({ reasoning_content: 'h' }) +
        chatChunk({ reasoning_content: 'm' }) +
        chatChunk({ content: 'Hi' }) +
        ': ping\n\n' +
        chatChunk({ content: ' you\n' }) +
        toolDelta(0, { id: 't1', type: 'function', function: { name: 'f', arguments: '' } }) +
        toolDelta(0, { function: { arguments: '{"a"' } }) +
        toolDelta(0, { function: { arguments: ':1}' } }) +
        chatChunk({}, {}, 'tool_calls') +
        lastChunk +
        done,
    )
    const { message, content, order } = assembled(out)
    expect(message).toMatchObject({
      id: 'msg_chatcmpl-1',
      model: 'alias',
      role: 'assistant',
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 9 },
    })
    expect(content).toEqual([
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'Hi you\n', citations: null },
      { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 }, caller: { type: 'direct' } },
    ])
    expect(order.at(0)).toBe('message_start')
    expect(order.at(-1)).toBe('message_stop')
    expect(order).toContain('ping')
    expect(stage.facts).toMatchObject({
      complete: true,
      usage: { classes: { cachedInput: 80, output: 9 } },
      textEvents: 7,
    })
  })

  test('calls whose pieces are mixed come one after the other', () => {
    const out = through(
      chatToMessagesStream('alias', null),
      toolDelta(0, { id: 'a', function: { name: 'f', arguments: '{"x"' } }) +
        toolDelta(1, { id: 'b', function: { name: 'g', arguments: '{"y"' } }) +
        toolDelta(0, { function: { arguments: ':1}' } }) +
        toolDelta(1, { function: { arguments: ':2}' } }) +
        chatChunk({}, {}, 'tool_calls') +
        done,
    )
    expect(assembled(out).content).toMatchObject([
      { id: 'a', name: 'f', input: { x: 1 } },
      { id: 'b', name: 'g', input: { y: 2 } },
    ])
  })

  test('whole calls at one place, told apart by their ids', () => {
    const out = through(
      chatToMessagesStream('alias', null),
      toolDelta(0, { id: 'a', function: { name: 'f', arguments: '{}' } }) +
        toolDelta(0, { id: 'b', function: { name: 'g', arguments: '{"y":2}' } }) +
        chatChunk({}, {}, 'stop') +
        done,
    )
    const { content, message } = assembled(out)
    expect(content).toMatchObject([
      { id: 'a', input: {} },
      { id: 'b', input: { y: 2 } },
    ])
    expect(message.stop_reason).toBe('tool_use')
  })

  test('a name that comes behind the first arguments loses none', () => {
    const out = through(
      chatToMessagesStream('alias', null),
      toolDelta(0, { id: 'a', function: { arguments: '{"x"' } }) +
        toolDelta(0, { function: { name: 'f', arguments: ':1' } }) +
        toolDelta(0, { function: { arguments: '}' } }) +
        chatChunk({}, {}, 'tool_calls') +
        done,
    )
    expect(assembled(out).content).toMatchObject([{ id: 'a', name: 'f', input: { x: 1 } }])
  })

  test('arguments behind a text that ended the call are an error, not lost', () => {
    const stage = chatToMessagesStream('alias', null)
    const call = toolDelta(0, { id: 'a', function: { name: 'f', arguments: '{' } })
    const out = through(
      stage,
      call + chatChunk({ content: 'x' }) + toolDelta(0, { function: { arguments: '}' } }) + done,
    )
    expect(eventsOf(out).at(-1)!.name).toBe('error')
    expect(stage.facts.problem).toContain('call of a tool')
  })

  test('an answer without the end mark is whole when it said why it ended, and an error when not', () => {
    const whole = chatToMessagesStream('m', null)
    expect(through(whole, chatChunk({ content: 'a' }) + chatChunk({}, {}, 'length'))).toContain(
      '"stop_reason":"max_tokens"',
    )
    expect(whole.facts.problem).toBe(null)
    const cut = chatToMessagesStream('m', 'req_1')
    const events = eventsOf(through(cut, chatChunk({ content: 'a' })))
    expect(events.at(-1)).toMatchObject({
      name: 'error',
      data: { type: 'error', error: { type: 'api_error' }, request_id: 'req_1' },
    })
    expect(events.some(({ name }) => name === 'message_stop')).toBe(false)
    expect(cut.facts.problem).toContain('before the answer')
  })

  test.each([
    [data({ error: { message: 'out of memory' } }), 'out of memory'],
    ['data: <html>\n\n', 'no JSON'],
  ])('%j is told as an error, once, and is the end', (bad, message) => {
    const stage = chatToMessagesStream('m', null)
    const events = eventsOf(
      through(stage, chatChunk({ content: 'a' }) + bad + chatChunk({ content: 'b' }) + done),
    )
    expect(events.filter(({ name }) => name === 'error')).toHaveLength(1)
    expect(JSON.stringify(events.at(-1))).toContain(message)
    expect(stage.facts.problem).toContain(message)
  })

  test('an empty answer is a message all the same', () => {
    const { content, order } = assembled(
      through(chatToMessagesStream('m', null), chatChunk({}, {}, 'stop') + done),
    )
    expect(content).toEqual([])
    expect(order).toEqual(['message_start', 'message_delta', 'message_stop'])
  })
})
