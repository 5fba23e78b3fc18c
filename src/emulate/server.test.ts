import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type RunningEmulator,
  startTestEmulator,
  testEngine,
  testFleet,
  testModel,
} from './emulator.fixture.ts'
import { rawPost, rawRequest } from './raw-client.fixture.ts'
import type { EmulatedModel, TelemetryContext } from './settings.ts'
import { createTelemetry } from './telemetry/telemetry.ts'

let emulator: RunningEmulator
beforeAll(async () => {
  emulator = await startTestEmulator({ maximumBodyBytes: 10_000 })
})
afterAll(() => emulator.close())

const messages = [{ role: 'user', content: 'Hello' }]

const get = (path: string, port = emulator.port) => rawRequest(port, 'GET', path, '')

describe('small endpoints', () => {
  test('health and version', async () => {
    expect(await get('/health')).toMatchObject({ status: 200, body: '' })
    expect(JSON.parse((await get('/version')).body)).toEqual({ version: '0.0.0' })
  })

  test('models', async () => {
    const { data } = JSON.parse((await get('/v1/models')).body) as {
      data: { id: string; max_model_len: number }[]
    }
    expect(data.map(({ id }) => id)).toEqual(['test-model', 'alias'])
    expect(data[0]!.max_model_len).toBe(32_768)
    expect((await get('/v1/models/none')).status).toBe(404)
    expect(JSON.parse((await get('/v1/models/alias')).body)).toMatchObject({
      id: 'alias',
      root: 'test-model',
    })
  })

  test('tokenize counts as usage does, detokenize gives the text back', async () => {
    const tokenized = JSON.parse((await rawPost(emulator.port, '/tokenize', { messages })).body) as {
      count: number
    }
    const answer = await rawPost(emulator.port, '/v1/chat/completions', {
      messages,
      max_tokens: 12,
      ignore_eos: true,
    })
    const { usage, choices } = JSON.parse(answer.body) as {
      usage: { prompt_tokens: number }
      choices: { message: { content: string } }[]
    }
    expect(usage.prompt_tokens).toBe(tokenized.count)
    const prompt = choices[0]!.message.content
    const again = await rawPost(emulator.port, '/tokenize', { prompt, return_token_strs: true })
    const { count, tokens, token_strs } = JSON.parse(again.body) as {
      count: number
      tokens: number[]
      token_strs: string[]
    }
    expect(count).toBe(12)
    expect(token_strs.join('')).toBe(prompt)
    expect(JSON.parse((await rawPost(emulator.port, '/detokenize', { tokens })).body)).toEqual({ prompt })
    expect((await rawPost(emulator.port, '/tokenize', {})).status).toBe(400)
    expect((await rawPost(emulator.port, '/detokenize', { tokens: ['x'] })).status).toBe(400)
  })

  test('what is not there', async () => {
    expect((await get('/v2/chat')).status).toBe(404)
    expect((await get('/v1/chat/completions')).status).toBe(405)
    expect((await rawPost(emulator.port, '/health', {})).status).toBe(405)
    expect((await get('/metrics')).status).toBe(404)
  })
})

describe('connections', () => {
  test('HTTP/1.0 clients get a stream without chunks', async () => {
    const body = JSON.stringify({ messages, stream: true, max_tokens: 3, ignore_eos: true })
    const answer = await rawRequest(emulator.port, 'POST', '/v1/chat/completions', body, {}, '1.0')
    expect(answer.headers['transfer-encoding']).toBeUndefined()
    expect(answer.events.at(-1)).toBe('[DONE]')
  })

  test('requests sent behind each other on one connection are answered in order', async () => {
    const request = (tokens: number) => {
      const body = JSON.stringify({ messages, stream: true, max_tokens: tokens, ignore_eos: true })
      return `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    }
    const text = await new Promise<string>(resolve => {
      let received = ''
      const socket = connect(emulator.port, '127.0.0.1', () => socket.write(request(20) + request(3)))
      socket.setEncoding('latin1')
      socket.on('data', (data: string) => {
        received += data
        if (received.split('data: [DONE]').length === 3 && received.endsWith('0\r\n\r\n')) {
          socket.destroy()
          resolve(received)
        }
      })
    })
    const [first = '', second = ''] = text.split('HTTP/1.1 200 OK').slice(1)
    const count = (part: string) => part.split('"content":"').length - 1
    expect([count(first), count(second)]).toEqual([21, 4])
  })

  test('non-ASCII names and text keep the stream whole', async () => {
    const model = '模型-ß'
    const other = await startTestEmulator({ models: [testModel(model, testFleet())] })
    const body = {
      model,
      messages,
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: 'f',
            parameters: { properties: { größe: { enum: ['klein 👍'] } }, required: ['größe'] },
          },
        },
      ],
    }
    const answer = await rawPost(other.port, '/v1/chat/completions', body)
    type Chunk = {
      model: string
      choices: { delta: { tool_calls?: { function: { arguments?: string } }[] } }[]
    }
    const chunks = answer.events.slice(0, -1).map(data => JSON.parse(data) as Chunk)
    expect(chunks[0]!.model).toBe(model)
    const args = chunks
      .map(chunk => chunk.choices[0]?.delta.tool_calls?.[0]?.function.arguments ?? '')
      .join('')
    expect(JSON.parse(args)).toEqual({ größe: 'klein 👍' })
    await other.close()
  })

  test('tokens of one step come in one chunk', async () => {
    const engine = { speculation: { draftTokens: 3, tokensPerStep: 2.5 } }
    const fast = await startTestEmulator({ models: [testModel('m', testFleet({ engine }))] })
    const body = {
      messages,
      stream: true,
      stream_options: { include_usage: true, continuous_usage_stats: true },
      max_tokens: 50,
      ignore_eos: true,
    }
    const answer = await rawPost(fast.port, '/v1/chat/completions', body)
    const { requests } = await fast.truth()
    const counts = requests[0]!.chunks.map(chunk => chunk[2])
    expect(Math.max(...counts)).toBe(3)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50)
    const usages = answer.events
      .slice(0, -1)
      .map(data => (JSON.parse(data) as { usage?: { completion_tokens: number } }).usage?.completion_tokens)
    let sum = 0
    expect(usages).toEqual([0, ...counts.map(count => (sum += count)), 50])
  })
})

/** A model whose side channels are open; `seen` gets what they were opened with. */
function withMetrics(id: string, seen: (context: TelemetryContext) => void = () => {}): EmulatedModel {
  const fleet = testFleet()
  return testModel(id, fleet, {
    telemetry: context => {
      seen(context)
      return createTelemetry({
        fleet,
        pools: [
          {
            name: 'serve',
            role: 'serve',
            modelName: id,
            engine: testEngine,
            devicesPerReplica: 1,
            idleWatts: 100,
            device: { modelName: 'NVIDIA H100', memoryBytes: null, usedBytes: null },
            cacheLabels: {},
          },
        ],
        dialect: null,
        legacyNames: false,
        epochSeconds: context.epochSeconds,
        hostname: id,
        cacheEvents: null,
      })
    },
  })
}

describe('several models', () => {
  test('have their own fleets, and say so in their metrics', async () => {
    const both = await startTestEmulator({ models: [withMetrics('one'), withMetrics('two')] })
    for (const model of ['one', 'two', 'two']) {
      await rawPost(both.port, '/v1/chat/completions', { model, messages, max_tokens: 4, ignore_eos: true })
    }
    const { body, headers } = await get('/metrics', both.port)
    expect(headers['content-type']).toContain('version=0.0.4')
    const tokens = body.match(/^vllm:generation_tokens_total\{.*\} \S+$/gm)!
    expect(tokens.map(line => Number(line.split(' ').at(-1)))).toEqual([4, 8])
    const types = body.match(/^# TYPE \S+/gm)!
    expect(new Set(types).size).toBe(types.length)
    expect((await get('/dcgm/metrics', both.port)).body).toContain('DCGM_FI_DEV_POWER_USAGE')
    const { requests } = await both.truth()
    expect(requests.map(({ id, model }) => [model, id])).toEqual([
      ['one', 0],
      ['two', 0],
      ['two', 1],
    ])
  })

  test('may share one', async () => {
    const fleet = testFleet()
    const shared = await startTestEmulator({ models: [testModel('one', fleet), testModel('two', fleet)] })
    for (const model of ['one', 'two']) await rawPost(shared.port, '/v1/completions', { model, prompt: 'x' })
    const { requests } = await shared.truth()
    expect(requests.map(({ id }) => id)).toEqual([0, 1])
  })

  test('the tokens of a request under way can be asked for, for KV events', async () => {
    let context: TelemetryContext | undefined
    const model = withMetrics('m', seen => {
      context = seen
    })
    const telling = await startTestEmulator({ models: [model] })
    const long = [{ role: 'user', content: 'tell me all '.repeat(30) }]
    const { tokens } = JSON.parse((await rawPost(telling.port, '/tokenize', { messages: long })).body) as {
      tokens: number[]
    }
    const body = { messages: long, max_tokens: 20_000, ignore_eos: true }
    const answer = rawPost(telling.port, '/v1/chat/completions', body)
    await expect.poll(() => telling.inFlight).toBe(1)
    const { tokensOf } = context!
    expect(tokensOf(0, 1, 2, 16)).toEqual(tokens.slice(16, 48))
    expect(tokensOf(0, 0, 20, 16).filter(id => id !== 0).length).toBeGreaterThan(tokens.length)
    await telling.close()
    await answer
    expect(tokensOf(0, 1, 1, 4)).toEqual([0, 0, 0, 0])
  })
})
