/** Requests of every API, whole and streamed, from clients of whom some leave at a moment of their own. */
import { type Agent, request } from 'node:http'
import type { RandomStream } from '../../../core/random.ts'
import { soundFile } from '../../../emulate/sound.fixture.ts'

export const faultApis = [
  'chat',
  'completions',
  'responses',
  'messages',
  'embeddings',
  'transcription',
] as const
export type FaultApi = (typeof faultApis)[number]

const paths: Readonly<Record<FaultApi, string>> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  embeddings: '/v1/embeddings',
  transcription: '/v1/audio/transcriptions',
}

/** What says that a stream is whole. */
const endMarks: Partial<Readonly<Record<FaultApi, string>>> = {
  chat: 'data: [DONE]',
  completions: 'data: [DONE]',
  responses: 'event: response.completed',
  messages: 'event: message_stop',
}

/** All faults of the emulator's HTTP side; times are of a run ten times as fast. */
export const httpFaults = [
  'status;code=500',
  'status;code=503;retry-after=1',
  'status;code=429',
  'status;code=400',
  'reset-before',
  'reset-after;after=1',
  'reset-after;after=3',
  'stall;ms=500;after=2',
  'stall;ms=20000;after=1',
  'malformed;after=0',
  'malformed;after=2',
  'drip;bytes=7;ms=2',
  'error-event;after=0',
  'error-event;after=2',
  'wrong-usage;factor=3',
  'no-usage',
  'no-done',
] as const

export interface FaultRequest {
  readonly api: FaultApi
  readonly stream: boolean
  readonly fault: string | null
  /** The client leaves so many ms after it asked; null: it stays. */
  readonly leavesMs: number | null
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
}

/** Of all requests. Chosen. */
const shareWithFault = 0.4
const shareLeaving = 0.15
const longestStayMs = 150

/** number: of the requests of its kind, so that no two prompts of one kind are as long. */
export function randomRequest(random: RandomStream, number: number): FaultRequest {
  const api = faultApis[number % faultApis.length]!
  const stream = api !== 'embeddings' && api !== 'transcription' && random.uniform() < 0.6
  const prompt = 'word '.repeat(1 + Math.floor(number / faultApis.length))
  return {
    api,
    stream,
    fault: random.uniform() < shareWithFault ? httpFaults[random.integer(httpFaults.length)]! : null,
    leavesMs: random.uniform() < shareLeaving ? random.uniform() * longestStayMs : null,
    path: paths[api],
    ...bodyOf(api, stream, prompt, 1 + random.integer(12), random.uniform() < 0.5),
  }
}

function bodyOf(api: FaultApi, stream: boolean, prompt: string, most: number, asksForUsage: boolean) {
  const usage = stream && asksForUsage ? { stream_options: { include_usage: true } } : {}
  const messages = [{ role: 'user', content: prompt }]
  const common = { model: api, stream, ignore_eos: true }
  switch (api) {
    case 'chat':
      return json({ ...common, messages, max_tokens: most, ...usage })
    case 'completions':
      return json({ ...common, prompt, max_tokens: most, ...usage })
    case 'responses':
      return json({ model: api, stream, input: prompt, max_output_tokens: most })
    case 'messages':
      return json({ model: api, stream, messages, max_tokens: most })
    case 'embeddings':
      return json({ model: api, input: prompt, dimensions: 2 })
    case 'transcription': {
      const boundary = 'sound-of-silence'
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\n${api}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n`
      return {
        contentType: `multipart/form-data; boundary=${boundary}`,
        body: Buffer.concat([Buffer.from(head), soundFile(1), Buffer.from(`\r\n--${boundary}--\r\n`)]),
      }
    }
  }
}

function json(value: object): { contentType: string; body: Buffer } {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) }
}

export interface ClientView {
  /** complete: a whole answer. failed: told that it failed, or broken off. left: the client did. */
  readonly kind: 'complete' | 'failed' | 'left'
  readonly status: number
  /** null: no answer began. */
  readonly requestId: string | null
}

export function askGateway(agent: Agent, url: string, asked: FaultRequest): Promise<ClientView> {
  const { promise, resolve } = Promise.withResolvers<ClientView>()
  let status = 0
  let requestId: string | null = null
  let text = ''
  let hasLeft = false
  const headers: Record<string, string> = {
    'content-type': asked.contentType,
    'content-length': String(asked.body.length),
    ...(asked.fault === null ? {} : { 'x-tokenwright-fault': asked.fault }),
  }
  const over = (isComplete: boolean): void => {
    const mark = endMarks[asked.api]
    const isWhole =
      isComplete && status === 200 && (!asked.stream || (text.includes(mark!) && !/"error":\s*\{/.test(text)))
    resolve({ kind: hasLeft ? 'left' : isWhole ? 'complete' : 'failed', status, requestId })
  }
  const outgoing = request(`${url}${asked.path}`, { method: 'POST', agent, headers }, response => {
    status = response.statusCode ?? 0
    requestId = String(response.headers['x-request-id'])
    response.setEncoding('utf8')
    response.on('data', (piece: string) => {
      text += piece
    })
    response.on('error', () => {})
    response.on('close', () => over(response.complete))
  })
  outgoing.on('error', () => over(false))
  outgoing.end(asked.body)
  if (asked.leavesMs !== null) {
    setTimeout(() => {
      hasLeft = true
      outgoing.destroy()
    }, asked.leavesMs)
  }
  return promise
}
