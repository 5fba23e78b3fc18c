import { describe, expect, test } from 'vitest'
import { chatToMessagesRequest } from './chat-request.ts'
import { messagesToChatRequest } from './messages-request.ts'

const toChat = (request: object, options: object = {}) =>
  messagesToChatRequest(
    { model: 'alias', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }], ...request },
    {
      outputLimit: 'max_tokens',
      engineFields: true,
      model: 'real',
      ...options,
    },
  )
const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' }

describe('Messages to chat', () => {
  test('a conversation with tools, pictures, thoughts and results', () => {
    const { body, dropped } = toChat({
      system: [
        { type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'Be short.' },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', source: png },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'text', text: 'I will ask.' },
            { type: 'tool_use', id: 't1', name: 'ask', input: { q: 'é' }, caller: { type: 'direct' } },
            { type: 'tool_use', id: 't2', name: 'look', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: 'yes' },
            {
              type: 'tool_result',
              tool_use_id: 't2',
              content: [
                { type: 'text', text: 'seen' },
                { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
              ],
              is_error: true,
            },
            { type: 'text', text: 'Go on.' },
          ],
        },
      ],
    })
    expect(body.messages).toEqual([
      { role: 'system', content: 'Be kind.\nBe short.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I will ask.',
        tool_calls: [
          { id: 't1', type: 'function', function: { name: 'ask', arguments: '{"q":"é"}' } },
          { id: 't2', type: 'function', function: { name: 'look', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 't1', content: 'yes' },
      { role: 'tool', tool_call_id: 't2', content: 'seen' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
          { type: 'text', text: 'Go on.' },
        ],
      },
    ])
    expect(dropped).toEqual([
      'system[0].cache_control',
      'messages[1].content[0]',
      'messages[2].content[1].is_error',
    ])
  })

  test('settings', () => {
    const { body, dropped } = toChat({
      stream: true,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['END'],
      metadata: { user_id: 'u' },
      tools: [
        {
          name: 'f',
          description: 'd',
          input_schema: { type: 'object' },
          cache_control: { type: 'ephemeral' },
        },
      ],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
      service_tier: 'auto',
      speed: 'standard',
      container: null,
    })
    expect(body).toEqual({
      model: 'real',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop: ['END'],
      user: 'u',
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
      reasoning_effort: 'high',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
      },
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(dropped).toEqual(['thinking', 'service_tier', 'tools[0].cache_control'])
  })

  test('choices of tools, and the name of the limit', () => {
    const choice = (tool_choice: object) => toChat({ tool_choice }).body.tool_choice
    expect(choice({ type: 'auto' })).toBe('auto')
    expect(choice({ type: 'none' })).toBe('none')
    expect(choice({ type: 'tool', name: 'f' })).toEqual({ type: 'function', function: { name: 'f' } })
    expect(toChat({}, { outputLimit: 'max_completion_tokens' }).body).toMatchObject({
      max_completion_tokens: 100,
    })
  })

  test('documents', () => {
    const document = (source: object, more = {}) =>
      toChat({
        messages: [
          {
            role: 'user',
            content: [
              { type: 'document', source, ...more },
              { type: 'text', text: 'x' },
            ],
          },
        ],
      }).body.messages
    expect(document({ type: 'text', media_type: 'text/plain', data: 'body' }, { title: 'T' })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'T\nbody' },
          { type: 'text', text: 'x' },
        ],
      },
    ])
    expect(document({ type: 'base64', media_type: 'application/pdf', data: 'AA' })).toMatchObject([
      {
        content: [
          { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,AA' } },
          {},
        ],
      },
    ])
  })

  const inUser = (block: object) => ({ messages: [{ role: 'user', content: [block] }] })
  test.each([
    [{ context_management: {} }, 'context_management'],
    [{ container: 'c' }, 'container'],
    [{ speed: 'fast' }, 'speed'],
    [{ x_unknown: 1 }, 'x_unknown'],
    [{ tools: [{ type: 'web_search_20260318', name: 'web_search' }] }, 'tools[0].type'],
    [{ tools: [{ name: 'f', input_schema: {}, defer_loading: true }] }, 'tools[0].defer_loading'],
    [{ tools: [{ name: 'f', input_schema: {}, input_examples: [] }] }, 'tools[0].input_examples'],
    [{ metadata: { other: 1 } }, 'metadata.other'],
    [{ output_config: { format: { type: 'grammar' } } }, 'output_config.format.type'],
    [inUser({ type: 'image', source: { type: 'file', file_id: 'f' } }), 'messages[0].content[0].source.type'],
    [inUser({ type: 'search_result' }), 'messages[0].content[0].type'],
    [inUser({ type: 'document', source: { type: 'url' } }), 'messages[0].content[0].source.type'],
    [
      inUser({ type: 'document', source: {}, citations: { enabled: true } }),
      'messages[0].content[0].citations',
    ],
    [inUser({ type: 'tool_use', id: 'a', name: 'b', input: {} }), 'messages[0].content[0].type'],
    [inUser({ type: '__proto__' }), 'messages[0].content[0].type'],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'server_tool_use' }] }] },
      'messages[0].content[0].type',
    ],
    [{ messages: [{ role: 'user', content: 'x', extra: 1 }] }, 'messages[0].extra'],
  ])('%j has no words there: refused at %s', (request, param) => {
    expect(() => toChat(request)).toThrow(
      expect.objectContaining({ status: 400, code: 'unsupported_field', param }),
    )
  })

  test.each([
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
  ])('%j is no request: refused at %s', (request, param) => {
    expect(() => toChat(request)).toThrow(
      expect.objectContaining({ status: 400, code: 'invalid_request', param }),
    )
  })

  test('what an engine knows and OpenAI does not', () => {
    expect(() => toChat({ top_k: 5 }, { engineFields: false })).toThrow(
      expect.objectContaining({ param: 'top_k' }),
    )
  })
})

test('there and back again, a conversation says the same', () => {
  const messages = [
    { role: 'user', content: 'Ask the weather.' },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Yes.' },
        { type: 'tool_use', id: 't', name: 'w', input: { at: ['x', 1, null] } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't', content: 'rain' },
        { type: 'text', text: 'So?' },
      ],
    },
  ]
  const tools = [{ name: 'w', description: 'weather', input_schema: { type: 'object', properties: {} } }]
  const request = {
    model: 'real',
    max_tokens: 100,
    system: 'S',
    messages,
    tools,
    tool_choice: { type: 'auto' },
    stop_sequences: ['a'],
  }
  const { body } = toChat(request)
  expect(chatToMessagesRequest(body, { model: 'real', defaultOutputLimit: null }).body).toEqual(request)
})
