import { describe, expect, test } from 'vitest'
import { chatToMessagesRequest } from './chat-request.ts'

const toMessages = (request: object, defaultOutputLimit: number | null = 4096) =>
  chatToMessagesRequest(
    { model: 'alias', messages: [{ role: 'user', content: 'hi' }], ...request },
    {
      model: 'real',
      defaultOutputLimit,
    },
  )

const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' }

describe('chat to Messages', () => {
  test('a conversation with tools, pictures and results', () => {
    const { body, dropped } = toMessages({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be short.' }] },
        {
          role: 'user',
          name: 'Ann',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'text', text: '' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://x/y.png' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BB' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          refusal: null,
          reasoning_content: 'hm',
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'ask', arguments: '{"q":1}' } },
            { id: 't2', type: 'function', function: { name: 'look', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 't1', content: 'yes' },
        { role: 'tool', tool_call_id: 't2', content: [{ type: 'text', text: 'seen' }] },
        { role: 'user', content: 'Go on.' },
        { role: 'assistant', content: '' },
        { role: 'system', content: 'Now in French.' },
        { role: 'user', content: 'Again.' },
      ],
    })
    expect(body.system).toBe('Be kind.\nBe short.')
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', source: png },
          { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'BB' },
            title: 'a.pdf',
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 't1', name: 'ask', input: { q: 1 } },
          { type: 'tool_use', id: 't2', name: 'look', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: 'yes' },
          { type: 'tool_result', tool_use_id: 't2', content: 'seen' },
          { type: 'text', text: 'Go on.' },
        ],
      },
      { role: 'system', content: 'Now in French.' },
      { role: 'user', content: 'Again.' },
    ])
    expect(dropped).toEqual([
      'messages[2].name',
      'messages[2].content[2].image_url.detail',
      'messages[3].reasoning_content',
    ])
  })

  test('settings', () => {
    const { body, dropped } = toMessages({
      max_completion_tokens: 50,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 1,
      stop: 'END',
      user: 'u',
      n: 1,
      logprobs: false,
      presence_penalty: 0,
      modalities: ['text'],
      tools: [{ type: 'function', function: { name: 'f', description: 'd', strict: true } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      reasoning_effort: 'minimal',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
      seed: 7,
      store: false,
    })
    expect(body).toEqual({
      model: 'real',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 1,
      stop_sequences: ['END'],
      tools: [
        { name: 'f', description: 'd', strict: true, input_schema: { type: 'object', properties: {} } },
      ],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
      metadata: { user_id: 'u' },
      stream: true,
    })
    expect(dropped).toEqual(['seed', 'store'])
    expect(toMessages({}).body.max_tokens).toBe(4096)
    expect(toMessages({ reasoning_effort: 'none' }).body).toMatchObject({ thinking: { type: 'disabled' } })
    expect(
      toMessages({ tool_choice: { type: 'function', function: { name: 'f' } } }).body.tool_choice,
    ).toEqual({
      type: 'tool',
      name: 'f',
    })
  })

  const inUser = (part: object) => ({ messages: [{ role: 'user', content: [part] }] })
  test.each([
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ temperature: 1.5 }, 'temperature'],
    [{ frequency_penalty: 0.1 }, 'frequency_penalty'],
    [{ logit_bias: { 5: 1 } }, 'logit_bias'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ functions: [] }, 'functions'],
    [{ min_p: 0.1 }, 'min_p'],
    [{ response_format: { type: 'json_object' } }, 'response_format.type'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0].type'],
    [{ tool_choice: { type: 'allowed_tools' } }, 'tool_choice.type'],
    [inUser({ type: 'input_audio', input_audio: {} }), 'messages[0].content[0].input_audio'],
    [
      inUser({ type: 'image_url', image_url: { url: 'data:image/bmp;base64,AA' } }),
      'messages[0].content[0].image_url.url',
    ],
    [inUser({ type: 'file', file: { file_id: 'f' } }), 'messages[0].content[0].file'],
    [{ messages: [{ role: 'function', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'assistant', audio: { id: 'a' } }] }, 'messages[0].audio'],
  ])('%j has no words there: refused at %s', (request, param) => {
    expect(() => toMessages(request)).toThrow(
      expect.objectContaining({ status: 400, code: 'unsupported_field', param }),
    )
  })

  test('arguments that are no object are refused, and so is a missing limit', () => {
    const call = { id: 't', type: 'function', function: { name: 'f', arguments: '{"q":' } }
    expect(() => toMessages({ messages: [{ role: 'assistant', tool_calls: [call] }] })).toThrow(
      'messages[0].tool_calls[0].function.arguments',
    )
    expect(() => toMessages({}, null)).toThrow(expect.objectContaining({ param: 'max_completion_tokens' }))
  })
})
