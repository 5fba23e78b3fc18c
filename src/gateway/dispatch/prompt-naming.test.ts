import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { readMessages, toolsJson } from '../../emulate/api/chat-request.ts'
import { renderChat } from '../../emulate/chat-template.ts'
import { encode } from '../../emulate/tokenizer.ts'
import { createPromptMemo, type PromptIdentity } from '../engine-state/index.ts'
import { readRequest } from '../wire/index.ts'
import { deployment, gatewayConfig, model, type Scene, scene } from './dispatch.fixture.ts'
import { createEngineEncoder } from './engine-encoder.ts'
import { tokenizeUrl } from './engine-tokens.ts'
import { mediaBytes } from './media-bytes.ts'
import { nameByBytes, nameByTokens } from './prompt-naming.ts'

type Message = { readonly role: string; readonly content: string }
type Fields = { readonly messages?: readonly Message[]; readonly prompt?: string; readonly tools?: unknown }

const words = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `word${from + index}`).join(' ')
const system: Message = { role: 'system', content: words(200) }
const turn = (number: number): Message[] => [
  { role: 'user', content: words(100, 1000 * number) },
  { role: 'assistant', content: words(100, 1000 * number + 500) },
]

function factsOf(fields: Fields) {
  const api = fields.messages === undefined ? 'completions' : 'chat'
  return readRequest(api, Buffer.from(JSON.stringify({ model: 'chat', ...fields })))
}

/** As an engine tokenises: by its chat template. */
function tokensOf(fields: Fields): number[] {
  const { prompt, messages } = fields
  if (messages === undefined) return encode(prompt ?? '')
  const body = JSON.parse(JSON.stringify(fields))
  return renderChat(readMessages(body), toolsJson(body), false)
}

const bytes = Buffer.from('not looked at')
const alone = (named: PromptIdentity) => [named.inputTokens, ...Array.from(named.content.blockIds)]

/** What the prompt is called when all of it is told at once. */
function expected(tokens: readonly number[]): number[] {
  const memo = createPromptMemo()
  return alone(memo.finish(memo.read(['whatever']), [tokens]))
}

function engine(template: (fields: Fields) => number[] = tokensOf) {
  const asked: Fields[] = []
  const failures: unknown[] = []
  let isAway = false
  const naming = nameByTokens(
    createEngineEncoder(async fields => {
      if (isAway) throw new Error('away')
      asked.push(JSON.parse(`{${fields}}`))
      return template(asked.at(-1)!)
    }),
    nameByBytes(),
    error => error !== null && failures.push(error),
  )
  return { naming, asked, failures, leave: () => (isAway = true) }
}

describe('prompts named by an engine’s tokens', () => {
  test('a conversation that goes on has the tokens of the whole, and only what is new is sent', async () => {
    const { naming, asked } = engine()
    const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }]
    let messages = [system, turn(0)[0]!]
    expect(alone(await naming.identify(bytes, factsOf({ messages, tools })))).toEqual(
      expected(tokensOf({ messages, tools })),
    )
    for (const number of [1, 2, 3]) {
      messages = [...messages, turn(number)[1]!, turn(number)[0]!]
      const named = await naming.identify(bytes, factsOf({ messages, tools }))
      expect(alone(named)).toEqual(expected(tokensOf({ messages, tools })))
    }
    const sent = asked.slice(1).map(({ messages: each }) => each!.length)
    expect(sent).toEqual([1, 3, 3, 3])
    const before = asked.length
    await naming.identify(bytes, factsOf({ messages, tools }))
    expect(asked.length).toBe(before)
  })

  test('a template that looks beyond a message is found out, and whole conversations are sent', async () => {
    // Numbers its messages from the end.
    const counting = ({ messages }: Fields) =>
      messages!.flatMap(({ content }, index) => [messages!.length - index, ...encode(content)])
    const { naming, asked } = engine(counting)
    const first = [system, ...turn(0)]
    await naming.identify(bytes, factsOf({ messages: first }))
    for (const number of [1, 2, 3, 4]) {
      const messages = [...first, turn(number)[0]!]
      const named = await naming.identify(bytes, factsOf({ messages }))
      expect(named.inputTokens).toBe(counting({ messages }).length)
    }
    // In front alone, then thrice what is new and all of it, then all of it at once.
    expect(asked.slice(1).map(({ messages: each }) => each!.length)).toEqual([2, 3, 4, 3, 4, 3, 4, 4])
  })

  test('an engine that is away costs the name by tokens, not the request', async () => {
    const { naming, failures, leave } = engine()
    leave()
    const prompt = Buffer.from('some text '.repeat(100))
    const named = await naming.identify(prompt, factsOf({ prompt: 'some text' }))
    expect(named).toEqual(await nameByBytes().identify(prompt, null))
    expect(failures).toHaveLength(1)
  })

  test('what is no chat and no text is named by bytes', async () => {
    const { naming, asked } = engine()
    const body = Buffer.from(JSON.stringify({ model: 'chat', prompt: [1, 2, 3] }))
    await naming.identify(bytes, readRequest('completions', body))
    await naming.identify(bytes, null)
    expect(asked).toEqual([])
  })

  test('/tokenize stands beside /v1', () => {
    expect(tokenizeUrl('http://engine:8000/v1/')).toBe('http://engine:8000/tokenize')
    expect(tokenizeUrl('http://engine:8000')).toBe('http://engine:8000/tokenize')
  })
})

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function behind(url: string): Promise<Scene> {
  const own = deployment('own', 1)
  const there = { ...own, upstreamModel: 'org/model', replicas: own.replicas.map(each => ({ ...each, url })) }
  const one = await scene(gatewayConfig([there], [], [model('chat', ['own'], { tokenizer: 'engine' })]))
  closers.push(() => one.dispatcher.close())
  return one
}

describe('over HTTP', () => {
  test('an engine is asked by its own name of the model; garbage is no list of tokens; one alarm', async () => {
    const bodies: string[] = []
    let answer = '{"tokens":[1,2,3]}'
    let status = 200
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text))
      request.on('end', () => response.writeHead(status).end(answer))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => {
      server.close()
      server.closeAllConnections()
    })
    const { dispatcher, alarms } = await behind(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    )
    const pool = dispatcher.pool('chat')!
    const named = await pool.identify(bytes, 'acme', factsOf({ prompt: 'a b c' }))
    expect(named.inputTokens).toBe(3)
    expect(JSON.parse(bodies[0]!)).toEqual({ model: 'org/model', prompt: 'a b c' })
    status = 400
    for (const prompt of ['e', 'f', 'g']) await pool.identify(bytes, 'acme', factsOf({ prompt }))
    expect(alarms).toEqual([])
    status = 200
    answer = '{"tokens":["a"]}'
    for (const prompt of ['b', 'c']) {
      const other = await pool.identify(Buffer.from('twelve bytes'), 'acme', factsOf({ prompt }))
      expect(other.inputTokens).toBe(3)
    }
    expect(alarms).toEqual(['chat tokenizer-failed'])
    // Left alone after failures, but a prompt that is wrong is none.
    const asked = bodies.length
    await pool.identify(bytes, 'acme', factsOf({ prompt: 'd' }))
    expect(bodies.length).toBe(asked)
  })

  test('a local tokenizer needs nobody', async () => {
    const one = await scene(
      gatewayConfig([deployment('own', 1)], [], [model('chat', ['own'], { tokenizer: 'o200k' })]),
    )
    closers.push(() => one.dispatcher.close())
    const prompt = 'Hello <|endoftext|> world'
    const named = await one.dispatcher.pool('chat')!.identify(bytes, 'acme', factsOf({ prompt }))
    // As text, not as the special token: 1 + 7 + 1 or so.
    expect(named.inputTokens).toBeGreaterThan(5)
  })
})

describe('pictures in a prompt', () => {
  const data = 'A'.repeat(40_000)
  test('count as some tokens, whatever their bytes', () => {
    const url = Buffer.from(
      JSON.stringify([{ image_url: { url: `data:image/png;base64,${data}` } }, { text: 'x'.repeat(400) }]),
    )
    expect(mediaBytes(url, false)).toEqual({ count: 1, bytes: 40_000 })
    const named = nameByBytes().identify(url, null) as PromptIdentity
    expect(named.inputTokens).toBeGreaterThan(1100)
    expect(named.inputTokens).toBeLessThan(1200)
  })

  test('of Anthropic stand in a field of their own', () => {
    const source = { type: 'base64', media_type: 'image/png', data }
    const body = Buffer.from(JSON.stringify([{ source }, { source }, { text: 'x' }]))
    expect(mediaBytes(body, true)).toEqual({ count: 2, bytes: 80_000 })
  })

  test('broken off, they are no reason to search for ever', () => {
    expect(mediaBytes(Buffer.from('"a;base64,AAAA'), false)).toEqual({ count: 0, bytes: 0 })
    expect(mediaBytes(Buffer.from('"base64" and no more'), true)).toEqual({ count: 0, bytes: 0 })
  })
})
