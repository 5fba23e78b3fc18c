/** Chunks of chat and text completions as servers send them, the odd ones included. */
import { describe, expect, test } from 'vitest'
import { readBody, readStream, told } from './reader.fixture.ts'

const chunk = (delta: object, rest: object = {}, choice: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: null, ...choice }],
  ...rest,
})
const usage = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 }
const reported = {
  inputTokens: 12,
  cachedTokens: null,
  cacheWriteTokens: null,
  inputAudioTokens: null,
  outputTokens: 7,
  reasoningTokens: null,
  outputAudioTokens: null,
  acceptedPredictionTokens: null,
  rejectedPredictionTokens: null,
}
const one = (event: object | string) => told(readStream('chat', [event])[0]!)
const id = { answerId: 'chatcmpl-1' }

describe('chat: events', () => {
  test.each([
    ['a role only', chunk({ role: 'assistant' }), { kind: 'start', ...id }],
    ['a role and empty content', chunk({ role: 'assistant', content: '' }), { kind: 'start', ...id }],
    ['null content', chunk({ role: 'assistant', content: null }), { kind: 'start', ...id }],
    ['content', chunk({ content: ' a' }), { kind: 'token', contentText: ' a', ...id }],
    ['reasoning_content', chunk({ reasoning_content: 'h' }), { kind: 'token', reasoningText: 'h', ...id }],
    ['reasoning', chunk({ reasoning: 'h', content: null }), { kind: 'token', reasoningText: 'h', ...id }],
    [
      'reasoning under both names counts once',
      chunk({ reasoning: 'h', reasoning_content: 'h' }),
      { kind: 'token', reasoningText: 'h', ...id },
    ],
    ['a refusal is content', chunk({ refusal: 'no' }), { kind: 'token', contentText: 'no', ...id }],
    [
      'the head of a tool call: its name',
      chunk({
        tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'look', arguments: '' } }],
      }),
      { kind: 'token', toolText: 'look', ...id },
    ],
    [
      'arguments of two tool calls',
      chunk({
        tool_calls: [
          { index: 0, function: { arguments: '{"a' } },
          { index: 1, function: { arguments: '1' } },
        ],
      }),
      { kind: 'token', toolText: '{"a1', ...id },
    ],
    [
      'the older function_call',
      chunk({ function_call: { arguments: 'x' } }),
      { kind: 'token', toolText: 'x', ...id },
    ],
    [
      'an empty delta with a reason',
      chunk({}, {}, { finish_reason: 'stop' }),
      { kind: 'start', finishReason: 'stop', ...id },
    ],
    [
      'the last token with its reason and usage: null',
      chunk({ content: 'z' }, { usage: null }, { finish_reason: 'length' }),
      { kind: 'token', contentText: 'z', finishReason: 'length', ...id },
    ],
    [
      'usage only',
      { id: 'chatcmpl-1', choices: [], usage },
      { kind: 'usage', usage: reported, outputTokensSoFar: 7, ...id },
    ],
    [
      'usage with a token',
      chunk({ content: 'z' }, { usage }),
      { kind: 'token', contentText: 'z', usage: reported, outputTokensSoFar: 7, ...id },
    ],
    [
      'several choices',
      {
        id: 'chatcmpl-1',
        choices: [{ delta: { content: 'a' } }, { delta: { content: 'b' }, finish_reason: 'stop' }],
      },
      { kind: 'token', contentText: 'ab', finishReason: 'stop', ...id },
    ],
    [
      "Azure's prompt filter",
      { id: '', object: '', model: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      { kind: 'other' },
    ],
    ['the end', '[DONE]', { kind: 'done' }],
    ['the end with a blank', ' [DONE] ', { kind: 'done' }],
    [
      'an error under 200',
      { error: { message: 'out of memory', type: 'InternalServerError', code: 500 } },
      { kind: 'error', message: 'out of memory' },
    ],
    [
      "vLLM's older error",
      { object: 'error', message: 'too long', type: 'BadRequestError', code: 400 },
      { kind: 'error', message: 'too long' },
    ],
    ['an error that is a text', { error: 'gone' }, { kind: 'error', message: 'gone' }],
    [
      'error: null is none',
      chunk({ content: 'a' }, { error: null }),
      { kind: 'token', contentText: 'a', ...id },
    ],
  ])('%s', (_name, event, expected) => {
    expect(one(event)).toEqual(expected)
  })

  test.each([
    ['cut JSON', '{"id":"chatcmpl-1","choices":[{"delta":{"content":"a'],
    ['no object', '"text"'],
    ['a list', '[1]'],
    ['nothing', ''],
    ['null', 'null'],
    ["another API's object", { type: 'message_stop' }],
  ])('malformed: %s', (_name, event) => {
    const read = one(event)
    expect(read.kind).toBe('malformed')
    expect(read.message).not.toBe(undefined)
  })

  test('a malformed event is quoted shortly', () => {
    expect(one(`<html>${'x'.repeat(500)}`).message!.length).toBeLessThan(100)
  })

  test('usage with every chunk counts on, with the role too', () => {
    const counted = (n: number) => ({
      usage: { prompt_tokens: 12, completion_tokens: n, total_tokens: 12 + n },
    })
    const read = readStream('chat', [
      chunk({ role: 'assistant', content: '' }, counted(0)),
      chunk({ content: 'a' }, counted(1)),
      chunk({ content: 'bcd' }, counted(4)),
    ])
    expect(read.map(event => [event.kind, event.outputTokensSoFar])).toEqual([
      ['start', 0],
      ['token', 1],
      ['token', 4],
    ])
  })

  test('ids are told with every event once they are known', () => {
    const read = readStream('chat', [chunk({ content: 'a' }), '[DONE]'])
    expect(read.map(event => event.answerId)).toEqual(['chatcmpl-1', 'chatcmpl-1'])
  })
})

describe('usage', () => {
  const usageOf = (value: object) => readStream('chat', [{ choices: [], ...value }])[0]!.usage

  test('every part of it', () => {
    expect(
      usageOf({
        usage: {
          ...usage,
          prompt_tokens_details: { cached_tokens: 8, audio_tokens: 2, cache_write_tokens: 1 },
          completion_tokens_details: {
            reasoning_tokens: 3,
            audio_tokens: 4,
            accepted_prediction_tokens: 5,
            rejected_prediction_tokens: 6,
          },
        },
      }),
    ).toEqual({
      inputTokens: 12,
      cachedTokens: 8,
      cacheWriteTokens: 1,
      inputAudioTokens: 2,
      outputTokens: 7,
      reasoningTokens: 3,
      outputAudioTokens: 4,
      acceptedPredictionTokens: 5,
      rejectedPredictionTokens: 6,
    })
  })

  test("vLLM's null details, DeepSeek's cache, SGLang's reasoning", () => {
    expect(usageOf({ usage: { ...usage, prompt_tokens_details: null } })).toEqual(reported)
    expect(usageOf({ usage: { ...usage, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 8 } })).toEqual(
      {
        ...reported,
        cachedTokens: 4,
      },
    )
    expect(usageOf({ usage: { ...usage, reasoning_tokens: 2 } })).toEqual({ ...reported, reasoningTokens: 2 })
  })

  test("llama.cpp's timings stand in for missing usage, and only then", () => {
    const timings = {
      cache_n: 290,
      prompt_n: 120,
      prompt_ms: 900,
      predicted_n: 40,
      draft_n: 9,
      draft_n_accepted: 6,
    }
    expect(usageOf({ timings })).toEqual({
      ...reported,
      inputTokens: 410,
      cachedTokens: 290,
      outputTokens: 40,
      acceptedPredictionTokens: 6,
      rejectedPredictionTokens: 3,
    })
    expect(usageOf({ timings, usage })).toEqual(reported)
    const [event] = readStream('chat', [
      chunk({ content: 'a' }, { timings: { prompt_n: 5, predicted_n: 3 } }),
    ])
    expect(event!.outputTokensSoFar).toBe(3)
  })

  test.each([[{}], [null], [[]], ['none'], [{ prompt_tokens: -1 }], [{ prompt_tokens: '12' }]])(
    'no counts: %j',
    value => {
      expect(usageOf({ usage: value })).toBe(null)
    },
  )
})

describe('chat: bodies', () => {
  const body = (message: object, rest: object = {}) => ({
    id: 'chatcmpl-1',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
    ...rest,
  })

  test('content, reasoning, tool calls', () => {
    expect(told(readBody('chat', body({ role: 'assistant', content: 'yes', reasoning: 'hm' })))).toEqual({
      kind: 'token',
      contentText: 'yes',
      reasoningText: 'hm',
      finishReason: 'stop',
      usage: reported,
      outputTokensSoFar: 7,
      ...id,
    })
    const calls = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }]
    expect(readBody('chat', body({ content: null, tool_calls: calls }))).toMatchObject({
      kind: 'token',
      toolText: 'look{}',
    })
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]
    expect(readBody('chat', body({ content: parts }))).toMatchObject({ contentText: 'ab' })
    expect(readBody('chat', body({ content: '' }))).toMatchObject({ kind: 'start', usage: reported })
  })

  test('errors and what is none of it', () => {
    expect(readBody('chat', { error: { message: 'no' } })).toMatchObject({ kind: 'error', message: 'no' })
    expect(readBody('chat', '<html>')).toMatchObject({ kind: 'malformed' })
    expect(readBody('chat', { detail: 'Not Found' })).toMatchObject({ kind: 'malformed' })
  })
})

describe('completions', () => {
  test('text, an empty last text with its reason, usage', () => {
    const read = readStream('completions', [
      { id: 'cmpl-1', choices: [{ index: 0, text: 'a', finish_reason: null }] },
      { id: 'cmpl-1', choices: [{ index: 0, text: '', finish_reason: 'length' }] },
      { id: 'cmpl-1', choices: [], usage },
      '[DONE]',
    ])
    expect(read.map(event => [event.kind, event.contentText, event.finishReason])).toEqual([
      ['token', 'a', null],
      ['start', '', 'length'],
      ['usage', '', null],
      ['done', '', null],
    ])
    expect(read[2]!.usage).toEqual(reported)
    expect(
      readBody('completions', { choices: [{ text: 'all', finish_reason: 'stop' }], usage }),
    ).toMatchObject({
      kind: 'token',
      contentText: 'all',
      finishReason: 'stop',
    })
  })
})
