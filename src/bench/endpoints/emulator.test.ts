/** Every generating endpoint against the emulator: what we send is taken, what it sends is read, tokens agree exactly. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningEmulator, startTestEmulator } from '../../emulate/emulator.fixture.ts'
import { soundFile } from '../../emulate/sound.fixture.ts'
import { createEventScanner } from '../../live/http/event-scanner.ts'
import { createConversation } from '../prompts/conversation.ts'
import { fitPromptScale } from '../prompts/prompt-scale.ts'
import { createPromptSource } from '../prompts/prompt-source.ts'
import { countByServer, loadTokenizer } from '../prompts/tokenizers.ts'
import { type AnswerEvent, type AskedRequest, newAnswerEvent } from './endpoint.ts'
import { endpointKind } from './endpoint-kinds.ts'
import type { EndpointOptions } from './endpoint-options.ts'

let emulator: RunningEmulator
beforeAll(async () => {
  emulator = await startTestEmulator({ timeScale: 100, reasoningShare: 0.3, transcriptionSpeed: 1000 })
})
afterAll(() => emulator.close())

const base = () => emulator.url
const asked: AskedRequest = {
  model: 'test-model',
  prompt: { kind: 'text', text: 'tell me a tale' },
  outputTokens: 24,
  stream: true,
  exactLength: true,
  seed: 5,
  extra: {},
}

async function ask(
  name: string,
  request: Partial<AskedRequest> = {},
  options: Partial<EndpointOptions> = {},
): Promise<readonly AnswerEvent[]> {
  const kind = endpointKind(name, options)
  const body = kind.body({ ...asked, ...request })
  const answer = await fetch(base() + kind.path, {
    method: 'POST',
    headers: { ...body.headers, 'content-type': body.contentType },
    body: Buffer.from(body.bytes),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect([answer.status, answer.status === 200 ? '' : bytes.toString()]).toEqual([200, ''])
  const reader = kind.reader()
  const into = newAnswerEvent()
  const events: AnswerEvent[] = []
  if (answer.headers.get('content-type')!.includes('text/event-stream')) {
    createEventScanner(data => {
      reader.event(data, into)
      events.push({ ...into })
    }).push(bytes)
  } else {
    reader.body(bytes, into)
    events.push({ ...into })
  }
  return events
}

const usageOf = (events: readonly AnswerEvent[]) => events.findLast(event => event.usage !== null)!.usage!
const textOf = (events: readonly AnswerEvent[]) =>
  events.map(event => event.reasoningText + event.contentText + event.toolText).join('')

describe.each(['chat', 'completions', 'responses'])('%s', name => {
  test('streamed and whole say the same, with exactly the tokens asked for', async () => {
    const [streamed, whole] = [await ask(name), await ask(name, { stream: false })]
    expect(streamed.every(event => event.kind !== 'malformed' && event.kind !== 'error')).toBe(true)
    expect(streamed.at(-1)!.kind).toBe('done')
    expect(streamed.filter(event => event.kind === 'token').length).toBe(24)
    expect(whole.length).toBe(1)
    expect(usageOf(streamed)).toMatchObject({ outputTokens: 24, inputTokens: usageOf(whole).inputTokens })
    expect(textOf(streamed)).toBe(textOf(whole))
    expect(streamed.some(event => event.finishReason !== null)).toBe(true)
    const tokenizer = await loadTokenizer('emulator')
    expect(tokenizer!.count(textOf(streamed))).toBe(24)
    expect(streamed.at(-1)!.answerId).not.toBe('')
  })
})

test('usage with every chunk', async () => {
  const events = await ask('chat', {}, { continuousUsage: true })
  const tokens = events.filter(event => event.kind === 'token')
  expect(tokens.map(event => event.outputTokensSoFar)).toEqual(tokens.map((_, index) => index + 1))
})

test('embeddings, transcriptions, token ids, templates', async () => {
  const vectors = await ask('embeddings', { prompt: { kind: 'texts', query: '', texts: ['a b', 'c'] } })
  expect(usageOf(vectors)).toMatchObject({ inputTokens: 3, outputTokens: 0 })
  const sound = { kind: 'audio', fileName: 'a.wav', bytes: soundFile(4), seconds: 4 } as const
  const [heard] = await ask('transcription', { prompt: sound, stream: false })
  expect(heard).toMatchObject({ kind: 'token', usage: null })
  const ids = await ask('completions', { prompt: { kind: 'tokens', ids: [200, 201, 202] } })
  expect(usageOf(ids).inputTokens).toBe(3)
  const answer = {
    text: 'choices.0.message.content',
    streamText: 'choices.0.delta.content',
    reasoning: null,
    inputTokens: 'usage.prompt_tokens',
    outputTokens: 'usage.completion_tokens',
    finishReason: 'choices.0.finish_reason',
    id: 'id',
    cumulative: false,
  }
  const template = {
    where: 'body.json',
    body: '{"model": "{{model}}", "messages": {{messages}}, "max_tokens": {{max_tokens}}, "ignore_eos": true}',
    streams: false,
    generates: true,
    answer,
  }
  const [read] = await ask('template', { stream: false }, { path: '/v1/chat/completions', template })
  expect(read).toMatchObject({ kind: 'token', usage: { outputTokens: 24 }, finishReason: 'length' })
})

describe('prompts', () => {
  const request = (id: number, inputTokens: number) => ({
    id,
    arrivalUs: 0,
    inputTokens,
    outputTokens: 8,
    content: null,
    session: 0,
    turn: id,
    tenant: '',
    model: '',
    priority: 0,
  })

  async function fitted() {
    const probes = []
    const plain = createPromptSource('probe', { tokensPerWord: 1, overheadTokens: 0 })
    for (const words of [8, 64, 200]) {
      const text = plain.words(words, words)
      const usage = usageOf(await ask('chat', { prompt: { kind: 'text', text }, outputTokens: 1 }))
      probes.push({ words, promptTokens: usage.inputTokens })
    }
    return fitPromptScale(probes)
  }

  test('probes find the scale, and then every prompt has the tokens asked for', async () => {
    const scale = await fitted()
    // Four special tokens of the message, three that open the answer (src/emulate/chat-template.ts).
    expect(scale).toEqual({ tokensPerWord: 1, overheadTokens: 7 })
    const source = createPromptSource(1, scale)
    for (const tokens of [8, 100, 1234]) {
      const text = source.prompt(request(tokens, tokens))
      expect(usageOf(await ask('chat', { prompt: { kind: 'text', text } })).inputTokens).toBe(tokens)
    }
  })

  test('equal blocks are found again by the prefix cache, others are not', async () => {
    const source = createPromptSource('cache', await fitted())
    const prompt = (id: number, ...blockIds: number[]) =>
      source.prompt({ ...request(id, 96), content: { tokensPerBlock: 16, blockIds } })
    const cached = async (text: string) =>
      usageOf(await ask('chat', { prompt: { kind: 'text', text }, outputTokens: 1 })).cachedTokens
    expect(await cached(prompt(1, 1, 2, 3, 4, 5, 6))).toBe(0)
    expect(await cached(prompt(2, 1, 2, 3, 14, 15, 16))).toBe(48)
    expect(await cached(prompt(3, 21, 2, 3, 4, 5, 6))).toBe(0)
    expect(await cached(source.prompt(request(4, 96)))).toBe(0)
  })

  test('a conversation grows to the lengths asked for, and its history is cached', async () => {
    const talk = createConversation(createPromptSource('talk', await fitted()))
    const sizes: number[] = []
    for (const [id, tokens] of [100, 260, 420].entries()) {
      const messages = talk.ask(request(900 + id, tokens))
      const events = await ask('chat', { prompt: { kind: 'messages', messages }, outputTokens: 8 })
      const usage = usageOf(events)
      sizes.push(usage.inputTokens - tokens)
      if (id > 0) expect(usage.cachedTokens).toBeGreaterThanOrEqual(80)
      talk.answered(events.map(event => event.contentText).join(''), usage)
    }
    // The first is exact; later frames are guessed from the first, and put right by the next count.
    expect(sizes[0]).toBe(0)
    for (const size of sizes) expect(Math.abs(size)).toBeLessThanOrEqual(3)
  })

  test('the server counts as the local tokenizer does', async () => {
    const post = async (path: string, body: unknown) => {
      const answer = await fetch(base() + path, { method: 'POST', body: JSON.stringify(body) })
      return { status: answer.status, json: (await answer.json()) as unknown }
    }
    expect(await countByServer(post, 'test-model', 'the quick fox, again')).toBe(5)
  })
})
