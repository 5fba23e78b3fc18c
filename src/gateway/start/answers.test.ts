/** What clients get through the whole gateway, in each API and dialect. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import {
  chatAnswer,
  chatEvents,
  hello,
  oneModel,
  sendEvents,
  sendJson,
  startTestGateway,
  startUpstream,
} from './gateway.fixture.ts'

const tokens = ['full', ' drop', ' hour']

/** Answers chat in both ways, and what else is asked with what it was asked. */
const engine = () =>
  startUpstream(({ path, body }, response) => {
    const asked = JSON.parse(body === '' ? '{}' : body)
    if (path === '/v1/embeddings')
      sendJson(
        response,
        200,
        JSON.stringify({
          object: 'list',
          data: [{ embedding: [0.5] }],
          model: asked.model,
          usage: { prompt_tokens: 7, total_tokens: 7 },
        }),
      )
    else if (path === '/v1/responses')
      sendJson(
        response,
        200,
        JSON.stringify({
          id: 'resp_1',
          object: 'response',
          status: 'completed',
          model: asked.model,
          output: [
            {
              type: 'message',
              id: 'm',
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text: 'full', annotations: [] }],
            },
          ],
          usage: {
            input_tokens: 9,
            input_tokens_details: { cached_tokens: 2 },
            output_tokens: 1,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 10,
          },
        }),
      )
    else if (asked.stream === true)
      sendEvents(
        response,
        chatEvents(tokens, asked.stream_options?.include_usage === true ? undefined : null),
      )
    else sendJson(response, 200, chatAnswer())
  })

describe('chat', () => {
  test('whole: the alias stands for the upstream’s name, unknown fields pass, usage is settled by class', async () => {
    const upstream = await engine()
    const { post, settlements, events, summaries } = await startTestGateway(oneModel([upstream.url]))
    const response = await post('/v1/chat/completions', { ...hello, min_p: 0.1, max_tokens: 5 })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ model: 'llama', usage: { prompt_tokens: 100 } })
    expect(JSON.parse(upstream.requests[0]!.body)).toEqual({
      ...hello,
      model: 'upstream-name',
      min_p: 0.1,
      max_tokens: 5,
    })
    const [settled] = await settlements()
    expect(settled).toMatchObject({
      final: true,
      state: 'reported',
      bearer: 'tenant',
      usage: { uncachedInput: 60, cachedInput: 40, output: 5 },
      target: { kind: 'deployment', deployment: 'own', replica: 'r0' },
    })
    // It was over before the ledger had to hear that it began.
    expect((await events()).map(({ kind }) => kind)).not.toContain('requestOpened')
    expect(settled!.releasedNanoUsd).toBe(0n)
    expect(response.headers.get('x-request-id')).toBe(settled!.requestId)
    expect(summaries).toHaveLength(1)
    expect(summaries[0]).toMatchObject({ outcome: 'served', modelAlias: 'llama', status: 200 })
  })
  test('streamed without asking for usage: it is asked for upstream, settled, and taken out again', async () => {
    const upstream = await engine()
    const { post, settlements } = await startTestGateway(oneModel([upstream.url]))
    const response = await post('/v1/chat/completions', { ...hello, stream: true })
    const text = await response.text()
    expect(text).not.toContain('usage')
    expect(text).toContain('"model":"llama"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(JSON.parse(upstream.requests[0]!.body).stream_options).toEqual({ include_usage: true })
    expect((await settlements())[0]).toMatchObject({
      state: 'reported',
      usage: { output: 5, cachedInput: 40 },
    })
  })
  test('a server that tells no usage: it is estimated, and marked so', async () => {
    const upstream = await startUpstream((_, response) => sendEvents(response, chatEvents(tokens, null)))
    const { post, settlements } = await startTestGateway(oneModel([upstream.url]))
    await (await post('/v1/chat/completions', { ...hello, stream: true })).text()
    expect((await settlements())[0]).toMatchObject({ state: 'estimated', usage: { output: 4 } })
  })
})

describe('official clients work unchanged', () => {
  test('OpenAI’s: chat, streams, responses, embeddings, models, errors', async () => {
    const upstream = await engine()
    const { url } = await startTestGateway(oneModel([upstream.url]))
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
    const whole = await client.chat.completions.create({
      model: 'llama',
      messages: [{ role: 'user', content: 'x' }],
    })
    expect(whole.choices[0]!.message.content).toBe('full drop hour head job')
    const stream = await client.chat.completions.create({
      model: 'llama',
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
      stream_options: { include_usage: true },
    })
    const texts: string[] = []
    let usage = null
    for await (const chunk of stream) {
      texts.push(chunk.choices[0]?.delta.content ?? '')
      usage = chunk.usage ?? usage
    }
    expect(texts.join('')).toBe('full drop hour')
    expect(usage).toMatchObject({ completion_tokens: 5 })
    expect((await client.responses.create({ model: 'llama', input: 'x' })).output_text).toBe('full')
    expect(
      (await client.embeddings.create({ model: 'llama', input: 'x', encoding_format: 'float' })).data[0]!
        .embedding,
    ).toEqual([0.5])
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['llama'])
    expect((await client.models.retrieve('llama')).id).toBe('llama')
    await expect(client.chat.completions.create({ model: 'nobody', messages: [] })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })
  test('Anthropic’s, in front of an engine that speaks chat: whole, streamed, errors', async () => {
    const upstream = await engine()
    const { url, settlements } = await startTestGateway(oneModel([upstream.url]))
    const client = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
    const asked = { model: 'llama', max_tokens: 5, messages: [{ role: 'user' as const, content: 'x' }] }
    const whole = await client.messages.create(asked)
    expect(whole.content[0]).toMatchObject({ type: 'text', text: 'full drop hour head job' })
    expect(whole.usage).toMatchObject({ input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 5 })
    const final = await client.messages.stream(asked).finalMessage()
    expect(final.content[0]).toMatchObject({ text: 'full drop hour' })
    expect(final.usage).toMatchObject({ cache_read_input_tokens: 40, output_tokens: 5 })
    expect((await settlements()).map(({ usage }) => usage.cachedInput)).toEqual([40, 40])
    await expect(client.messages.create({ ...asked, model: 'nobody' })).rejects.toMatchObject({ status: 404 })
  })
  test('OpenAI’s, in front of an API that speaks Messages, by its prices', async () => {
    const upstream = await startUpstream(({ path, headers }, response) => {
      expect(path).toBe('/v1/messages')
      expect(headers['x-api-key']).toBe('secret-of-upstream')
      expect(headers.authorization).toBeUndefined()
      const usage = {
        input_tokens: 20,
        cache_read_input_tokens: 80,
        cache_creation_input_tokens: 0,
        output_tokens: 9,
      }
      sendJson(
        response,
        200,
        JSON.stringify({
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude',
          content: [{ type: 'text', text: 'Hello' }],
          stop_reason: 'end_turn',
          usage,
        }),
      )
    })
    const { url, settlements } = await startTestGateway({
      offers: {
        claude: {
          url: upstream.url,
          dialect: 'anthropic',
          apiKey: 'env:KEY',
          price: { uncachedInput: '3', cachedInput: '0.3', output: '15' },
        },
      },
      models: { claude: { candidates: ['claude'] } },
    })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
    const answer = await client.chat.completions.create({
      model: 'claude',
      messages: [{ role: 'user', content: 'x' }],
    })
    expect(answer.choices[0]!.message.content).toBe('Hello')
    expect((await settlements())[0]).toMatchObject({
      target: { kind: 'offer', offer: 'claude' },
      usage: { uncachedInput: 20, cachedInput: 80, output: 9 },
      costNanoUsd: { uncachedInput: 60_000n, cachedInput: 24_000n, output: 135_000n },
    })
  })
})

test('a decision is explained when it is asked for', async () => {
  const [one, other] = [await engine(), await engine()]
  const { post } = await startTestGateway(oneModel([one.url, other.url]))
  const response = await post('/v1/chat/completions', hello, { 'x-tokenwright-explain': '1' })
  const explained = JSON.parse(response.headers.get('x-tokenwright-explain') ?? '{}')
  expect(explained).toMatchObject({ alias: 'llama', attempt: 0, realised: { cachedTokens: 40 } })
  expect(explained.candidates.map(({ outcome }: { outcome: string }) => outcome).sort()).toEqual([
    'considered',
    'picked',
  ])
  const plain = await post('/v1/chat/completions', hello)
  expect(plain.headers.get('x-tokenwright-explain')).toBeNull()
})

test('a transcription goes on as it came, and is paid by the length that its answer tells', async () => {
  const upstream = await startUpstream((_, response) =>
    sendJson(response, 200, JSON.stringify({ text: 'full drop', usage: { type: 'duration', seconds: 90 } })),
  )
  const { url, settlements } = await startTestGateway({
    offers: {
      whisper: {
        url: upstream.url,
        upstreamModel: 'whisper-1',
        apiKey: 'none',
        price: { perAudioHour: '0.36' },
      },
    },
    models: { whisper: { candidates: ['whisper'] } },
  })
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  const file = new File([new Uint8Array(1000)], 'a.wav', { type: 'audio/wav' })
  expect((await client.audio.transcriptions.create({ model: 'whisper', file })).text).toBe('full drop')
  expect(upstream.requests[0]!.body).toContain('whisper-1')
  expect((await settlements())[0]).toMatchObject({ state: 'reported', costNanoUsd: { other: 9_000_000n } })
})
