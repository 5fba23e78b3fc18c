/** Answers as servers really send them, and as they should not: each becomes the right observation, none an exception. */
import { afterEach, describe, expect, test } from 'vitest'
import { startMonotonicClock } from '../live/clock.ts'
import { createStreamingClient } from '../live/http/streaming-client.ts'
import type { RequestObservation } from '../measure/observation.ts'
import { plainRequest } from '../workload/request.ts'
import { endpointKind } from './endpoints/endpoint-kinds.ts'
import {
  chunked,
  lastChunk,
  pause,
  type RawAnswer,
  type RawServer,
  startRawServer,
  streamHead,
} from './raw-server.fixture.ts'
import { type AnswerTexts, observeRequest } from './request-observer.ts'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close()
})

interface Answered {
  readonly observation: RequestObservation
  readonly texts: AnswerTexts | null
  readonly server: RawServer
}

/** Sends one request (or the second of two, on the connection of the first) and waits for what becomes of it. */
async function ask(answer: RawAnswer, times = 1): Promise<Answered> {
  const server = await startRawServer(answer)
  const { nowUs } = startMonotonicClock()
  const client = createStreamingClient(
    { protocol: 'http:', host: '127.0.0.1', port: server.port, basePath: '' },
    { nowUs, inactivityTimeoutMs: 2_000 },
  )
  opened.push(client, server)
  let last: Pick<Answered, 'observation' | 'texts'> | null = null
  for (let number = 0; number < times; number++) last = await one(client, nowUs)
  return { ...last!, server }
}

const kind = endpointKind('chat')

function one(client: ReturnType<typeof createStreamingClient>, nowUs: () => number) {
  const { promise, resolve } = Promise.withResolvers<Pick<Answered, 'observation' | 'texts'>>()
  const request = { ...plainRequest, id: 0, arrivalUs: nowUs(), inputTokens: 5, outputTokens: 3 }
  client.send(
    { method: 'POST', path: '/v1/chat/completions', headers: {}, body: Buffer.from('{}') },
    observeRequest({
      request,
      phase: 'measured',
      model: 'm',
      dispatchedUs: nowUs(),
      requestBytes: 2,
      reader: kind.reader(),
      generates: true,
      keepsText: true,
      countTokens: text => text.length,
      onFirstToken() {},
      onEnd: (observation, texts) => resolve({ observation, texts }),
    }),
  )
  return promise
}

const event = (json: unknown) => `data: ${JSON.stringify(json)}\n\n`
const choice = (delta: unknown, finish: string | null = null) => ({
  id: 'chatcmpl-7',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const role = event(choice({ role: 'assistant', content: '' }))
const word = (text: string, finish: string | null = null) => event(choice({ content: text }, finish))
const usage = (output: number) =>
  event({
    id: 'chatcmpl-7',
    choices: [],
    usage: { prompt_tokens: 5, completion_tokens: output, total_tokens: 5 + output },
  })
const done = 'data: [DONE]\n\n'

/** A stream of such pieces, each written by itself, so many ms apart. */
const stream =
  (pieces: readonly (string | Buffer)[], apartMs = 15): RawAnswer =>
  async socket => {
    socket.write(streamHead)
    for (const piece of pieces) {
      await pause(apartMs)
      socket.write(chunked(piece))
    }
    await pause(apartMs)
    socket.write(lastChunk)
  }

describe('streams', () => {
  test('a role alone is no token: TTFT is that of the first word', async () => {
    const { observation } = await ask(stream([role, word('a'), word('b', 'stop'), usage(2), done], 80))
    const { times } = observation
    expect(observation.outcome).toBe('served')
    expect(times.firstContentUs - times.firstEventUs).toBeGreaterThan(20_000)
    expect(times.usageUs).toBeGreaterThan(times.lastContentUs)
    expect(observation.chunks.us).toHaveLength(2)
    expect(observation.answerId).toBe('chatcmpl-7')
  })

  test('a character of several bytes split over reads comes whole', async () => {
    const bytes = Buffer.from(word('Grüße 🎉'))
    const cut = bytes.indexOf(0xc3) + 1
    const emoji = bytes.indexOf(0xf0) + 2
    const pieces = [
      bytes.subarray(0, cut),
      bytes.subarray(cut, emoji),
      bytes.subarray(emoji),
      word('!', 'stop'),
      done,
    ]
    const { texts, observation } = await ask(stream(pieces))
    expect(texts?.content).toBe('Grüße 🎉!')
    expect(observation.chunks.us).toHaveLength(2)
  })

  test('several events in one read share their time and are marked', async () => {
    const { observation } = await ask(stream([word('a') + word('b') + word('c', 'stop'), usage(3), done]))
    expect([...(observation.chunks.coalesced as Uint8Array)]).toEqual([0, 1, 1])
    expect(observation.chunks.tokens).toEqual([1, 1, 1])
  })

  test('one event over two reads is one event, at the time of the second', async () => {
    const bytes = Buffer.from(word('abc', 'stop'))
    const { observation, texts } = await ask(stream([bytes.subarray(0, 40), bytes.subarray(40), done], 80))
    expect(texts?.content).toBe('abc')
    expect(observation.times.firstContentUs - observation.times.firstByteUs).toBeGreaterThan(40_000)
  })

  test('pings, carriage returns and events without data are passed over', async () => {
    const crlf = (text: string) => text.replaceAll('\n', '\r\n')
    const pieces = [
      ': ping\n\n',
      crlf(word('a')),
      ': ping\r\n\r\n',
      'event: nothing\n\n',
      crlf(word('b', 'stop')),
      crlf(done),
    ]
    const { observation, texts } = await ask(stream(pieces))
    expect(observation.outcome).toBe('served')
    expect(texts?.content).toBe('ab')
  })

  test.each([
    ['without [DONE]', [word('a'), word('b', 'stop')]],
    ['without finish_reason', [word('a'), word('b'), done]],
    ['whose last event lacks its blank line', [word('a'), word('b', 'stop').trimEnd()]],
  ])('an answer %s is served', async (_name, pieces) => {
    const { observation } = await ask(stream(pieces))
    expect(observation.outcome).toBe('served')
    expect(observation.counted.contentChunks).toBe(2)
  })

  test('an answer without either was cut', async () => {
    const { observation } = await ask(stream([word('a'), word('b')]))
    expect(observation).toMatchObject({ outcome: 'failed', failure: { kind: 'incomplete' } })
    expect(observation.counted.contentChunks).toBe(2)
  })

  test('an error object in the stream under status 200 is a failure with its words', async () => {
    const { observation } = await ask(
      stream([word('a'), event({ error: { message: 'CUDA out of memory', code: 500 } }), done]),
    )
    expect(observation).toMatchObject({
      outcome: 'failed',
      status: 200,
      failure: { kind: 'error-in-stream', message: 'CUDA out of memory' },
    })
  })

  test('a stall and a burst are seen as they were', async () => {
    const answer: RawAnswer = async socket => {
      socket.write(streamHead + chunked(word('a')).toString())
      await pause(250)
      socket.write(Buffer.concat(['b', 'c', 'd'].map(text => chunked(word(text)))))
      socket.write(chunked(word('e', 'stop') + done))
      socket.write(lastChunk)
    }
    const { observation } = await ask(answer)
    const us = observation.chunks.us as Float64Array
    expect(us[1]! - us[0]!).toBeGreaterThan(100_000)
    expect(us).toHaveLength(5)
  })

  test('one token has a TTFT, none has neither', async () => {
    const single = await ask(stream([word('a', 'length'), usage(1), done]))
    expect(single.observation.times.firstContentUs).toBe(single.observation.times.lastContentUs)
    const none = await ask(stream([role, event(choice({}, 'stop')), usage(0), done]))
    expect(none.observation).toMatchObject({ outcome: 'served', reported: { outputTokens: 0 } })
    expect(none.observation.times.firstContentUs).toBeNaN()
  })

  test('reasoning alone is output; its first token counts', async () => {
    const thought = (text: string) => event(choice({ reasoning_content: text }))
    const { observation, texts } = await ask(
      stream([role, thought('hm'), thought(' so'), event(choice({}, 'length')), usage(2), done]),
    )
    expect(observation.times.firstReasoningUs).toBeGreaterThan(0)
    expect(observation.times.firstContentUs).toBeNaN()
    expect(observation.counted).toMatchObject({ reasoningChunks: 2, contentChunks: 2 })
    expect(texts).toEqual({ reasoning: 'hm so', content: '' })
  })

  test('arguments of a tool call are tokens', async () => {
    const call = (fields: object) => event(choice({ tool_calls: [{ index: 0, ...fields }] }))
    const { observation } = await ask(
      stream([
        role,
        call({ id: 'c', type: 'function', function: { name: 'f', arguments: '' } }),
        call({ function: { arguments: '{"a"' } }),
        call({ function: { arguments: ':1}' } }),
        event(choice({}, 'tool_calls')),
        usage(4),
        done,
      ]),
    )
    expect(observation).toMatchObject({
      outcome: 'served',
      finishReason: 'tool_calls',
      counted: { toolChunks: 3 },
    })
  })

  test('hidden reasoning is paid for and shown by no chunk', async () => {
    const hidden = event({
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 12, completion_tokens_details: { reasoning_tokens: 10 } },
    })
    const { observation } = await ask(stream([word('a'), word('b', 'stop'), hidden, done]))
    expect(observation.chunks.tokens).toEqual([1, 1])
    expect(observation.reported).toMatchObject({ outputTokens: 12, reasoningTokens: 10 })
  })
})

describe('whole answers and errors', () => {
  const whole =
    (head: string, body: string): RawAnswer =>
    socket => {
      socket.write(
        `HTTP/1.1 ${head}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      )
    }

  test('429 is a rejection, with the server’s words and Retry-After', async () => {
    const { observation } = await ask(
      whole('429 Too Many Requests\r\nretry-after: 7', '{"error":{"message":"slow down"}}'),
    )
    expect(observation).toMatchObject({
      outcome: 'rejected',
      failure: { kind: 'http-status', status: 429, message: 'slow down', retryAfterSeconds: 7 },
    })
  })

  test.each(['<html>Bad gateway</html>', '', '{"detail":"Bad gateway"}'])(
    '500 is a failure: %s',
    async body => {
      const { observation } = await ask(whole('500 Internal Server Error', body))
      expect(observation).toMatchObject({ outcome: 'failed', status: 500 })
    },
  )

  test('an unstreamed answer has an end and no token times', async () => {
    const body = JSON.stringify({
      id: 'chatcmpl-9',
      choices: [{ message: { content: 'all at once' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    })
    const { observation, texts } = await ask(whole('200 OK', body))
    expect(observation).toMatchObject({ outcome: 'served', reported: { outputTokens: 3 } })
    expect(observation.times.firstContentUs).toBeNaN()
    expect(observation.times.lastContentUs).toBeGreaterThan(0)
    expect(texts?.content).toBe('all at once')
  })

  test.each(['not json at all', '{"id":'])('a body that is no answer is malformed: %s', async body => {
    const { observation } = await ask(whole('200 OK', body))
    expect(observation).toMatchObject({ outcome: 'failed', failure: { kind: 'malformed' } })
  })
})

describe('connections', () => {
  test('reset in the middle of a stream', async () => {
    const { observation } = await ask(async socket => {
      socket.write(streamHead + chunked(word('a')).toString())
      await pause(20)
      socket.resetAndDestroy()
    })
    expect(observation).toMatchObject({ outcome: 'failed', failure: { kind: 'reset' } })
    expect(observation.counted.contentChunks).toBe(1)
  })

  test('a kept connection that the server closed is tried again, and that is no failure', async () => {
    let first: unknown = null
    const { observation, server } = await ask((socket, request) => {
      if (first === null) first = socket
      else if (socket === first) {
        socket.resetAndDestroy()
        return
      }
      return stream([word('a', 'stop'), done], 1)(socket, request)
    }, 2)
    expect(observation.outcome).toBe('served')
    expect(observation.connection).toMatchObject({ attempts: 2 })
    expect(server.requests).toHaveLength(3)
  })

  test('nothing for too long is a timeout', async () => {
    const { observation } = await ask(socket => {
      socket.write(streamHead)
    })
    expect(observation).toMatchObject({ outcome: 'failed', failure: { kind: 'timeout' } })
  })
})

test('fifty thousand tokens of prompt and of answer', async () => {
  const words = Array.from({ length: 50_000 }, (_, index) => word(` ${index}`)).join('')
  const { observation } = await ask(stream([words, word('', 'stop'), usage(50_000), done], 1))
  expect(observation).toMatchObject({ outcome: 'served', reported: { outputTokens: 50_000 } })
  expect(observation.chunks.us).toHaveLength(50_000)
})
