/** Upstreams that fail in every way: who answers then, who pays, and that nothing hangs or is billed wrongly. */

import type { ServerResponse } from 'node:http'
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
  type Upstream,
  type UpstreamRequest,
} from './gateway.fixture.ts'

type Answer = (request: UpstreamRequest, response: ServerResponse) => void

const good: Answer = ({ body }, response) =>
  JSON.parse(body).stream === true
    ? sendEvents(response, chatEvents(['a', 'b', 'c']))
    : sendJson(response, 200, chatAnswer())

/** The first candidate is asked first: it is the cheaper one. */
async function behind(bad: Answer, model: object = {}) {
  const failing: Upstream = await startUpstream(bad)
  const working: Upstream = await startUpstream(good)
  const deployment = (url: string) => ({
    replicas: [{ name: 'r', url, metrics: false }],
    cost: { usdPerReplicaHour: 1 },
  })
  const test = await startTestGateway({
    deployments: { bad: deployment(failing.url), good: deployment(working.url) },
    models: { llama: { candidates: ['bad', 'good'], policy: 'round-robin', ...model } },
  })
  return { ...test, failing, working }
}

const beforeTheFirstByte: Readonly<Record<string, Answer>> = {
  'an error of its own': (_, response) => sendJson(response, 500, '{"error":{"message":"boom"}}'),
  'a refusal of the gateway’s key': (_, response) =>
    sendJson(response, 401, '{"error":{"message":"key sk-secret"}}'),
  'too many requests': (_, response) => sendJson(response, 429, '{}', { 'retry-after': '7' }),
  'a model it does not have': (_, response) => sendJson(response, 404, '{"error":{"message":"no model"}}'),
  'a connection that is reset': (_, response) => void response.socket?.resetAndDestroy(),
  'status 200 without an answer': (_, response) => sendJson(response, 200, 'Network connection lost'),
  'status 200 and an error inside': (_, response) =>
    sendJson(response, 200, '{"error":{"message":"overloaded"}}'),
  'half a body': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
    response.write('{"id":')
    setTimeout(() => response.socket?.resetAndDestroy(), 5)
  },
  'an answer that is no HTTP': (_, response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n\r\n'),
}

describe('before the first byte another candidate answers', () => {
  for (const [name, answer] of Object.entries(beforeTheFirstByte)) {
    test(name, async () => {
      const { post, settlements, summaries, failing } = await behind(answer)
      const response = await post('/v1/chat/completions', hello)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ usage: { completion_tokens: 5 } })
      expect(failing.requests).toHaveLength(1)
      expect((await settlements()).map(({ final, bearer, state }) => [final, bearer, state])).toEqual([
        [false, 'gateway', 'voided'],
        [true, 'tenant', 'reported'],
      ])
      expect(summaries.map(({ attempts }) => attempts.map(({ status }) => status).at(-1))).toEqual([200])
    })
  }
  test('a stream that ends, or fails, before its first text', async () => {
    const [role] = chatEvents([])
    for (const rest of ['', 'data: {"error":{"message":"out of memory"}}\n\n', 'data: {bro']) {
      const { post, settlements, failing } = await behind((_, response) =>
        sendEvents(response, [role!, rest]),
      )
      const text = await (await post('/v1/chat/completions', { ...hello, stream: true })).text()
      expect(text).toContain('"content":"a"')
      expect(text).not.toContain('out of memory')
      expect(text.match(/"role"/g)).toHaveLength(1)
      expect(failing.requests).toHaveLength(1)
      expect((await settlements()).filter(({ state }) => state === 'reported')).toHaveLength(1)
    }
  })
  test('no first token in time', async () => {
    const { post, failing } = await behind(() => {}, { attempts: { firstTokenTimeoutMs: 50 } })
    expect((await post('/v1/chat/completions', { ...hello, stream: true })).status).toBe(200)
    await expect.poll(() => failing.requests.map(({ isCancelled }) => isCancelled)).toEqual([true])
  })
  test('one that fails again and again is left alone for a while', async () => {
    const { post, failing } = await behind((_, response) => sendJson(response, 500, '{}'), {
      attempts: { cooldownAfter: 2 },
    })
    for (let index = 0; index < 10; index++)
      expect((await post('/v1/chat/completions', hello)).status).toBe(200)
    expect(failing.requests).toHaveLength(2)
  })
})

describe('the client is told', () => {
  test('what all candidates said, in its own dialect, and nothing of keys or addresses', async () => {
    const upstream = await startUpstream((_, response) =>
      sendJson(response, 500, '{"error":{"message":"boom"}}'),
    )
    const { post, settlements } = await startTestGateway(oneModel([upstream.url]))
    const chat = await post('/v1/chat/completions', hello)
    expect([chat.status, await chat.json()]).toEqual([
      500,
      { error: { message: 'boom', type: 'server_error', param: null, code: 'upstream_error' } },
    ])
    const messages = await post('/v1/messages', { ...hello, max_tokens: 5 })
    expect(await messages.json()).toMatchObject({
      type: 'error',
      error: { type: 'api_error', message: 'boom' },
    })
    for (const { usage, state, final } of await settlements()) {
      expect([state, final]).toEqual(['voided', true])
      expect(usage.output).toBe(0)
    }
  })
  test('that its request is wrong, without asking another candidate', async () => {
    const { post, failing, working } = await behind((_, response) =>
      sendJson(response, 400, '{"error":{"message":"temperature must be at most 2","param":"temperature"}}'),
    )
    const answers = [await post('/v1/chat/completions', hello), await post('/v1/chat/completions', hello)]
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    expect([failing.requests.length, working.requests.length]).toEqual([1, 1])
  })
  test('of an answer that broke off in the middle, by an event; what came is billed as estimated', async () => {
    const events = chatEvents(['a', 'b', 'c'])
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(events.slice(0, 3).join(''))
      setTimeout(() => response.socket?.resetAndDestroy(), 20)
    })
    const { post, settlements, summaries } = await startTestGateway(oneModel([upstream.url]))
    const text = await (await post('/v1/chat/completions', { ...hello, stream: true })).text()
    expect(text).toContain('"content":"b"')
    expect(text).toMatch(/data: \{"error":\{"message":"the upstream broke off its answer"/)
    expect(upstream.requests).toHaveLength(1)
    expect((await settlements())[0]).toMatchObject({
      state: 'estimated',
      final: true,
      bearer: 'tenant',
      usage: { output: 2 },
    })
    expect(summaries[0]).toMatchObject({ outcome: 'failed', status: 200 })
  })
  test('of silence in the middle of a stream', async () => {
    const events = chatEvents(['a', 'b'])
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(events.slice(0, 2).join(''))
    })
    const { post } = await startTestGateway(
      oneModel([upstream.url], { model: { attempts: { gapTimeoutMs: 60 } } }),
    )
    const text = await (await post('/v1/chat/completions', { ...hello, stream: true })).text()
    expect(text).toMatch(/nothing came for/)
  })
})

describe('fallbacks and hedges', () => {
  test('another alias answers when none of the first can', async () => {
    const failing = await startUpstream((_, response) => sendJson(response, 503, '{}'))
    const working = await startUpstream(good)
    const deployment = (url: string) => ({
      replicas: [{ name: 'r', url, metrics: false }],
      cost: { usdPerReplicaHour: 1 },
    })
    const { post, settlements } = await startTestGateway({
      deployments: { one: deployment(failing.url), two: deployment(working.url) },
      models: { llama: { candidates: ['one'], fallbacks: ['other'] }, other: { candidates: ['two'] } },
    })
    const response = await post('/v1/chat/completions', hello)
    expect(response.status).toBe(200)
    expect((await settlements()).map(({ modelAlias, final }) => [modelAlias, final])).toEqual([
      ['llama', false],
      ['llama', true],
    ])
  })
  test('a second attempt beside a slow first one; the gateway pays for the loser', async () => {
    const slow = await startUpstream((request, response) => {
      setTimeout(() => good(request, response), 2000).unref()
    })
    const quick = await startUpstream(good)
    const offer = (url: string) => ({ url, apiKey: 'none', price: { uncachedInput: '1', output: '2' } })
    const { post, settlements } = await startTestGateway({
      offers: { slow: offer(slow.url), quick: offer(quick.url) },
      models: {
        llama: {
          candidates: ['slow', 'quick'],
          policy: 'round-robin',
          hedging: { afterMs: 30, maximumUsd: 1 },
        },
      },
    })
    expect((await post('/v1/chat/completions', { ...hello, stream: true, max_tokens: 5 })).status).toBe(200)
    expect([slow.requests.length, quick.requests.length]).toEqual([1, 1])
    await expect.poll(() => slow.requests[0]!.isCancelled).toBe(true)
    const settled = await settlements()
    expect(settled.filter(({ bearer }) => bearer === 'gateway').map(({ target }) => target)).toEqual([
      { kind: 'offer', offer: 'slow' },
    ])
  })
  test('no hedge that is dearer than allowed', async () => {
    const slow = await startUpstream((request, response) => setTimeout(() => good(request, response), 150))
    const offer = (url: string) => ({ url, apiKey: 'none', price: { uncachedInput: '1', output: '2' } })
    const other = await startUpstream((request, response) => setTimeout(() => good(request, response), 150))
    const { post } = await startTestGateway({
      offers: { slow: offer(slow.url), other: offer(other.url) },
      models: {
        llama: {
          candidates: ['slow', 'other'],
          policy: 'round-robin',
          hedging: { afterMs: 20, maximumUsd: 0.0000001 },
        },
      },
    })
    await post('/v1/chat/completions', { ...hello, stream: true, max_tokens: 5 })
    expect(slow.requests.length + other.requests.length).toBe(1)
  })
})
