/** OpenAI's own client in front of an upstream that speaks Messages: what it asks is translated, what it gets it understands. */
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { errorBody, errorHeaders } from '../error-body.ts'
import { GatewayError } from '../gateway-error.ts'
import { readRequest } from '../request-facts.ts'
import { named, through } from '../stream.fixture.ts'
import { chatToMessagesRequest } from './chat-request.ts'
import { messagesToChatAnswer } from './messages-answer.ts'
import { messagesToChatStream } from './messages-stream.ts'

const usage = { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 9 }
const toolUse = { type: 'tool_use', id: 't1', name: 'look', input: {} }

const event = (type: string, fields: object = {}) => named({ type, ...fields })
const stream =
  event('message_start', { message: { id: 'msg_1', usage: { ...usage, output_tokens: 1 } } }) +
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello ' } }) +
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'wörld' } }) +
  event('content_block_stop', { index: 0 }) +
  event('content_block_start', { index: 1, content_block: toolUse }) +
  event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } }) +
  event('content_block_stop', { index: 1 })
const end =
  event('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } }) +
  event('message_stop')

/** The gateway without its sockets. */
function answer(body: Buffer, upstream: string): Response {
  try {
    const facts = readRequest('chat', body)
    chatToMessagesRequest(JSON.parse(body.toString()), { model: 'real', defaultOutputLimit: 100 })
    if (facts.stream) {
      const options = {
        model: facts.model,
        createdSeconds: 1,
        includeUsage: facts.asksForUsage === true,
        requestId: null,
      }
      const headers = { 'content-type': 'text/event-stream' }
      return new Response(through(messagesToChatStream(options), upstream, [40]), { headers })
    }
    const content = [
      { type: 'text', text: 'Hello' },
      { ...toolUse, input: { a: 1 } },
    ]
    return Response.json(
      messagesToChatAnswer({ id: 'msg_1', content, stop_reason: 'tool_use', usage }, facts.model, 1),
    )
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const bytes = new Uint8Array(errorBody(error, 'openai', 'req_1'))
    return new Response(bytes, { status: error.status, headers: errorHeaders(error) })
  }
}

const client = (upstream: string) =>
  new OpenAI({
    apiKey: 'key',
    maxRetries: 0,
    fetch: async (_, init) => answer(Buffer.from(String(init?.body)), upstream),
  }).chat.completions

const look = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } } as const
const asked = { model: 'alias', messages: [{ role: 'user', content: 'hi' }], tools: [look] } as const
const request = { ...asked, messages: [...asked.messages], tools: [...asked.tools] }
const call = { id: 't1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }
const counted = { prompt_tokens: 100, completion_tokens: 9, total_tokens: 109 }

test('a stream', async () => {
  const run = client(stream + end).stream({ ...request, stream_options: { include_usage: true } })
  expect(await run.finalChatCompletion()).toMatchObject({
    model: 'alias',
    choices: [{ finish_reason: 'tool_calls', message: { content: 'Hello wörld', tool_calls: [call] } }],
    usage: counted,
  })
})

test('a whole answer', async () => {
  expect(await client('').create(request)).toMatchObject({
    model: 'alias',
    choices: [{ finish_reason: 'tool_calls', message: { content: 'Hello', tool_calls: [call] } }],
    usage: counted,
  })
})

test('a stream that was cut is an error to it, and so is a field without words', async () => {
  await expect(client(stream).stream(request).finalChatCompletion()).rejects.toThrow('before the answer')
  await expect(client('').create({ ...request, n: 2 })).rejects.toMatchObject({
    status: 400,
    param: 'n',
    code: 'unsupported_field',
  })
})
