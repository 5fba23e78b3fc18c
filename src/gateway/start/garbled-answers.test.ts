/** Answers of upstreams with something wrong in them, at random: every request has an end, and the gateway lives. */
import { expect, test } from 'vitest'
import { RandomSource, type RandomStream } from '../../core/random.ts'
import { auditLedger } from '../ledger/index.ts'
import { chatAnswer, chatEvents, startTestGateway, startUpstream } from './gateway.fixture.ts'

const messageUsage = { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 9 }
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [
    { type: 'text', text: 'Hello' },
    { type: 'tool_use', id: 't', name: 'look', input: { at: 'it' } },
  ],
  stop_reason: 'tool_use',
  usage: messageUsage,
}
const named = (event: { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const messageEvents = [
  { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 't', name: 'look', input: {} },
  },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"at":"it"}' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
].map(named)
const toolCall = { index: 0, id: 'c', type: 'function', function: { name: 'look', arguments: '{"at":"it"}' } }
const toolEvent = `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'up', choices: [{ index: 0, delta: { tool_calls: [toolCall] }, finish_reason: null }] })}\n\n`

const scalars = ['null', 'true', '-1', '1e999', '"\\ud800"', '[]', '{}', '[[]]', '"text"', '{"type":"error"}']

/** One of: a value of another type, a piece left out, a piece twice, bytes of nobody's, an end too early. */
function garbled(text: string, random: RandomStream): string {
  const at = random.integer(text.length)
  switch (random.integer(5)) {
    case 0: {
      const values = [...text.matchAll(/(?<=":)("(?:[^"\\]|\\.)*"|-?\d+|null|true|false|\[\]|\{\})/g)]
      const value = values[random.integer(values.length)]!
      const other = scalars[random.integer(scalars.length)]!
      return text.slice(0, value.index) + other + text.slice(value.index + value[0].length)
    }
    case 1:
      return text.slice(0, at) + text.slice(Math.min(text.length, at + 1 + random.integer(40)))
    case 2:
      return text.slice(0, at) + text.slice(Math.max(0, at - random.integer(200)))
    case 3:
      return `${text.slice(0, at)}\u0000\r\n: \n\n${text.slice(at)}`
    default:
      return text.slice(0, at)
  }
}

test('600 garbled answers', async () => {
  const random = new RandomSource('garbled').stream('answers')
  const upstream = await startUpstream(({ path, body }, response) => {
    const { stream } = JSON.parse(body)
    const isMessages = path.endsWith('/messages')
    const events = isMessages ? messageEvents : chatEvents(['a', 'b']).toSpliced(2, 0, toolEvent)
    const whole = isMessages ? JSON.stringify(message) : chatAnswer()
    response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
    const text = garbled(stream ? events.join('') : whole, random)
    const middle = random.integer(text.length + 1)
    response.write(text.slice(0, middle))
    setImmediate(() => response.end(text.slice(middle)))
  })
  const price = { uncachedInput: '1', output: '2' }
  const { post, settlements, summaries, notices, gateway } = await startTestGateway({
    offers: {
      chat: { url: upstream.url, apiKey: 'none', price },
      messages: { url: upstream.url, apiKey: 'none', price, dialect: 'anthropic' },
    },
    models: Object.fromEntries(
      ['chat', 'messages'].map(name => [
        name,
        { candidates: [name], attempts: { cooldownAfter: 100_000, totalTimeoutMs: 5000 } },
      ]),
    ),
  })
  const one = async (): Promise<void> => {
    const path = random.uniform() < 0.5 ? '/v1/chat/completions' : '/v1/messages'
    const model = random.uniform() < 0.5 ? 'chat' : 'messages'
    const asked = {
      model,
      max_tokens: 9,
      stream: random.uniform() < 0.6,
      messages: [{ role: 'user', content: 'x' }],
    }
    // Broken off is an end, too.
    await (await post(path, asked)).text().catch(() => '')
  }
  for (let round = 0; round < 30; round++) await Promise.all(Array.from({ length: 20 }, one))
  const settled = await settlements()
  expect(gateway.inFlight).toBe(0)
  expect(summaries).toHaveLength(600)
  expect(settled.filter(({ final }) => final)).toHaveLength(600)
  expect(notices.filter(({ event }) => event === 'internal')).toEqual([])
  expect((await auditLedger(gateway.ledger)).problems).toEqual([])
  expect(new Set(summaries.map(({ outcome }) => outcome))).toEqual(new Set(['served', 'failed']))
})
