/** Events of Responses and of Messages, and what their usage comes to. */
import { describe, expect, test } from 'vitest'
import { readBody, readStream, told } from './reader.fixture.ts'

const responsesUsage = {
  input_tokens: 30,
  input_tokens_details: { cached_tokens: 16, cache_write_tokens: 2 },
  output_tokens: 9,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 39,
}
const nothing = {
  cachedTokens: null,
  cacheWriteTokens: null,
  inputAudioTokens: null,
  reasoningTokens: null,
  outputAudioTokens: null,
  acceptedPredictionTokens: null,
  rejectedPredictionTokens: null,
}
const reported = {
  ...nothing,
  inputTokens: 30,
  cachedTokens: 16,
  cacheWriteTokens: 2,
  outputTokens: 9,
  reasoningTokens: 4,
}

describe('responses', () => {
  test('a stream from its beginning to its end', () => {
    const read = readStream('responses', [
      {
        type: 'response.created',
        sequence_number: 0,
        response: { id: 'resp_1', status: 'in_progress', error: null },
      },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning' } },
      { type: 'response.reasoning_text.delta', delta: 'hm' },
      { type: 'response.reasoning_summary_text.delta', delta: 'so' },
      { type: 'response.reasoning_text.done', text: 'hm' },
      { type: 'response.output_item.added', item: { type: 'message' } },
      { type: 'response.content_part.added', part: { type: 'output_text', text: '' } },
      { type: 'response.output_text.delta', delta: 'yes' },
      { type: 'response.output_text.delta', delta: '' },
      { type: 'response.refusal.delta', delta: 'no' },
      { type: 'response.output_item.added', item: { type: 'function_call', name: 'look' } },
      { type: 'response.function_call_arguments.delta', delta: '{}' },
      { type: 'response.function_call_arguments.done', arguments: '{}' },
      { type: 'response.completed', response: { id: 'resp_1', status: 'completed', usage: responsesUsage } },
    ])
    expect(read.map(event => event.kind)).toEqual([
      ...['other', 'start', 'token', 'token', 'other', 'start', 'other', 'token', 'start', 'token'],
      ...['token', 'token', 'other', 'done'],
    ])
    expect(read.map(event => event.reasoningText).join('')).toBe('hmso')
    expect(read.map(event => event.contentText).join('')).toBe('yesno')
    expect(read.map(event => event.toolText).join('')).toBe('look{}')
    expect(told(read.at(-1)!)).toEqual({
      kind: 'done',
      usage: reported,
      outputTokensSoFar: 9,
      finishReason: 'completed',
      answerId: 'resp_1',
    })
    expect(read.every(event => event.answerId === 'resp_1')).toBe(true)
  })

  test('cut by its limit, failed, broken', () => {
    const [incomplete, failed, broken] = readStream('responses', [
      {
        type: 'response.incomplete',
        response: {
          status: 'incomplete',
          incomplete_details: { reason: 'max_output_tokens' },
          usage: responsesUsage,
        },
      },
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'oh' } },
      },
      { type: 'error', code: null, message: 'gone', param: null },
    ])
    expect(incomplete).toMatchObject({ kind: 'done', finishReason: 'max_output_tokens', usage: reported })
    expect(failed).toMatchObject({ kind: 'error', message: 'oh' })
    expect(broken).toMatchObject({ kind: 'error', message: 'gone' })
    expect(readStream('responses', [{ object: 'x' }])[0]!.kind).toBe('malformed')
  })

  test('a body', () => {
    const body = {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      error: null,
      output: [
        { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'hm' }], summary: [] },
        { type: 'message', content: [{ type: 'output_text', text: 'yes' }] },
        { type: 'function_call', name: 'look', arguments: '{}' },
      ],
      usage: responsesUsage,
    }
    expect(told(readBody('responses', body))).toEqual({
      kind: 'token',
      contentText: 'yes',
      reasoningText: 'hm',
      toolText: 'look{}',
      finishReason: 'completed',
      usage: reported,
      outputTokensSoFar: 9,
      answerId: 'resp_1',
    })
    expect(readBody('responses', { ...body, status: 'failed', output: [] }).kind).toBe('error')
    expect(readBody('responses', { choices: [] }).kind).toBe('malformed')
  })
})

describe('messages', () => {
  const start = (usage: object) => ({
    type: 'message_start',
    message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage },
  })

  test('a stream from its beginning to its end', () => {
    const read = readStream('messages', [
      start({
        input_tokens: 25,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 50,
        output_tokens: 1,
      }),
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      { type: 'ping' },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'signature_delta', signature: 'x'.repeat(99) },
      },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'yes' } },
      { type: 'content_block_stop', index: 1 },
      {
        type: 'content_block_start',
        index: 2,
        content_block: { type: 'tool_use', id: 't', name: 'look', input: {} },
      },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{}' } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 15 },
      },
      { type: 'message_stop' },
      { type: 'something_new' },
    ])
    expect(read.map(event => event.kind)).toEqual([
      ...['start', 'start', 'other', 'token', 'other', 'other', 'start', 'token', 'other'],
      ...['token', 'start', 'token', 'usage', 'done', 'other'],
    ])
    expect(read.map(event => event.reasoningText + event.contentText + event.toolText).join('')).toBe(
      'hmyeslook{}',
    )
    // Anthropic's input_tokens leave out what the cache had or got: the prompt is the sum of the three.
    expect(told(read[12]!)).toEqual({
      kind: 'usage',
      usage: { ...nothing, inputTokens: 175, cachedTokens: 100, cacheWriteTokens: 50, outputTokens: 15 },
      outputTokensSoFar: 15,
      finishReason: 'tool_use',
      answerId: 'msg_1',
    })
  })

  test("vLLM's two counts of usage: the later ones win", () => {
    const read = readStream('messages', [
      start({ input_tokens: 0, output_tokens: 0 }),
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { input_tokens: 8, output_tokens: 3 },
      },
    ])
    expect(read[0]!.usage).toBe(null)
    expect(read[1]!.usage).toEqual({ ...nothing, inputTokens: 8, outputTokens: 3 })
  })

  test('errors, bodies, and what is none of it', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect(readStream('messages', [error])[0]).toMatchObject({ kind: 'error', message: 'Overloaded' })
    expect(readStream('messages', [{ id: 'x', choices: [] }])[0]!.kind).toBe('malformed')
    const body = {
      id: 'msg_1',
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 's' },
        { type: 'text', text: 'yes' },
        { type: 'tool_use', name: 'look', input: { a: 1 } },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 5, output_tokens: 6 },
    }
    expect(told(readBody('messages', body))).toEqual({
      kind: 'token',
      contentText: 'yes',
      reasoningText: 'hm',
      toolText: 'look{"a":1}',
      finishReason: 'end_turn',
      usage: { ...nothing, inputTokens: 5, outputTokens: 6 },
      outputTokensSoFar: 6,
      answerId: 'msg_1',
    })
    expect(readBody('messages', error).kind).toBe('error')
    expect(readBody('messages', {}).kind).toBe('malformed')
  })
})
