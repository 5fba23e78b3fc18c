import { describe, expect, test } from 'vitest'
import { chatToMessagesAnswer } from './chat-answer.ts'
import { messagesToChatAnswer } from './messages-answer.ts'

const chat = (message: object, finish_reason = 'stop', more: object = {}) =>
  chatToMessagesAnswer(
    {
      id: 'chatcmpl-1',
      choices: [
        { index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason, ...more },
      ],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 5,
        total_tokens: 105,
        prompt_tokens_details: { cached_tokens: 80 },
      },
    },
    'alias',
  )

describe('an answer of chat as a message', () => {
  test('texts, thoughts and calls', () => {
    const call = { id: 't', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
    expect(chat({ content: 'Hi', reasoning_content: 'hm', tool_calls: [call] }, 'tool_calls')).toMatchObject({
      id: 'msg_chatcmpl-1',
      type: 'message',
      role: 'assistant',
      model: 'alias',
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        { type: 'text', text: 'Hi', citations: null },
        { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      // The input counts without the cache.
      usage: {
        input_tokens: 20,
        cache_read_input_tokens: 80,
        cache_creation_input_tokens: 0,
        output_tokens: 5,
      },
    })
  })

  test.each([
    ['stop', {}, 'end_turn', null],
    ['length', {}, 'max_tokens', null],
    ['content_filter', {}, 'refusal', null],
    ['stop', { stop_reason: 'END' }, 'stop_sequence', 'END'],
    ['stop', { stop_reason: 128009 }, 'end_turn', null],
  ])('ended by %s %j', (reason, more, stopReason, stopSequence) => {
    expect(chat({ content: 'x' }, reason, more)).toMatchObject({
      stop_reason: stopReason,
      stop_sequence: stopSequence,
    })
  })

  test('arguments that were cut are kept as text, calls that end with stop are calls', () => {
    const call = { id: 't', type: 'function', function: { name: 'f', arguments: '{"a":' } }
    expect(chat({ tool_calls: [call] })).toMatchObject({
      content: [{ type: 'tool_use', input: { unparsed_arguments: '{"a":' } }],
      stop_reason: 'tool_use',
    })
  })

  test('nothing to answer with is the upstream’s fault', () => {
    expect(() => chatToMessagesAnswer({ choices: [] }, 'm')).toThrow(expect.objectContaining({ status: 502 }))
  })
})

describe('a message as an answer of chat', () => {
  test('texts, thoughts and calls', () => {
    const answer = messagesToChatAnswer(
      {
        id: 'msg_1',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'text', text: 'Hi ' },
          { type: 'text', text: 'there' },
          { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
        ],
        stop_reason: 'tool_use',
        usage: {
          input_tokens: 10,
          cache_read_input_tokens: 20,
          cache_creation_input_tokens: 30,
          output_tokens: 4,
        },
      },
      'alias',
      1700,
    )
    expect(answer).toMatchObject({
      id: 'msg_1',
      object: 'chat.completion',
      created: 1700,
      model: 'alias',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Hi there',
            reasoning_content: 'hm',
            tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
        },
      ],
      // The prompt counts with the cache.
      usage: {
        prompt_tokens: 60,
        completion_tokens: 4,
        total_tokens: 64,
        prompt_tokens_details: { cached_tokens: 20 },
      },
    })
  })

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['refusal', 'content_filter'],
    ['tool_use', 'tool_calls'],
    ['model_context_window_exceeded', 'length'],
  ])('ended by %s', (stop_reason, finish_reason) => {
    expect(messagesToChatAnswer({ content: [], stop_reason }, 'm', 0)).toMatchObject({
      choices: [{ finish_reason }],
    })
  })

  test('nothing to answer with is the upstream’s fault', () => {
    expect(() => messagesToChatAnswer({}, 'm', 0)).toThrow(expect.objectContaining({ status: 502 }))
  })
})
