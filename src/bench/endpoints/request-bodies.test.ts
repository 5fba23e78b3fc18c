/** What is sent: fields of each endpoint, engine fields or none, and that the user's own fields win. */
import { describe, expect, test } from 'vitest'
import type { AskedRequest } from './endpoint.ts'
import { endpointKind, endpointNames } from './endpoint-kinds.ts'
import { type EndpointOptions, namesEngineField, refusesUnknownFields } from './endpoint-options.ts'
import { multipartForm } from './multipart.ts'

const asked: AskedRequest = {
  model: 'm',
  prompt: { kind: 'text', text: 'hello' },
  outputTokens: 9,
  stream: true,
  exactLength: false,
  seed: null,
  extra: {},
}

function bodyOf(
  name: string,
  request: Partial<AskedRequest> = {},
  options: Partial<EndpointOptions> = {},
): unknown {
  const { bytes } = endpointKind(name, options).body({ ...asked, ...request })
  return JSON.parse(Buffer.from(bytes).toString())
}

const user = [{ role: 'user', content: 'hello' }]
const streamed = { model: 'm', stream: true, stream_options: { include_usage: true } }

describe('chat and completions', () => {
  test('a plain request has no field that OpenAI does not know', () => {
    expect(bodyOf('chat')).toEqual({ ...streamed, messages: user, max_tokens: 9 })
    expect(bodyOf('completions')).toEqual({ ...streamed, prompt: 'hello', max_tokens: 9 })
    expect(bodyOf('chat', { stream: false })).toEqual({
      model: 'm',
      stream: false,
      messages: user,
      max_tokens: 9,
    })
  })

  test('exact lengths by engine fields, unless these are off', () => {
    const exact = { exactLength: true, seed: 4 }
    expect(bodyOf('chat', exact)).toMatchObject({ ignore_eos: true, min_tokens: 9, seed: 4 })
    expect(bodyOf('chat', exact, { engineFields: false, continuousUsage: true })).toEqual({
      ...streamed,
      messages: user,
      max_tokens: 9,
      seed: 4,
    })
  })

  test('options: the name of the limit, usage, the path', () => {
    expect(bodyOf('chat', {}, { outputLimit: 'max_completion_tokens' })).toEqual({
      ...streamed,
      messages: user,
      max_completion_tokens: 9,
    })
    expect(bodyOf('chat', {}, { includeUsage: false })).toEqual({
      model: 'm',
      stream: true,
      messages: user,
      max_tokens: 9,
    })
    expect(bodyOf('chat', {}, { continuousUsage: true })).toMatchObject({
      stream_options: { include_usage: true, continuous_usage_stats: true },
    })
    expect(endpointKind('chat', { path: '/chat' }).path).toBe('/chat')
  })

  test('extra fields win, payloads win over ours, and lose to extra ones', () => {
    const extra = { max_tokens: 3, temperature: 0, stream_options: {} }
    expect(bodyOf('chat', { extra })).toEqual({ ...streamed, messages: user, ...extra })
    const payload = { kind: 'payload', body: { model: 'own', messages: [], tools: [1] } } as const
    expect(bodyOf('chat', { prompt: payload, extra: { tools: [] } })).toEqual({
      ...streamed,
      model: 'own',
      messages: [],
      tools: [],
    })
    expect(() => bodyOf('chat', { prompt: { kind: 'payload', body: [1] } })).toThrow(/object/)
  })

  test('prompts of other kinds', () => {
    expect(bodyOf('completions', { prompt: { kind: 'tokens', ids: [1, 2] } })).toMatchObject({
      prompt: [1, 2],
    })
    const messages = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hi' },
    ] as const
    expect(bodyOf('completions', { prompt: { kind: 'messages', messages } })).toMatchObject({
      prompt: 'be brief\nhi',
    })
    expect(bodyOf('chat', { prompt: { kind: 'texts', query: '', texts: ['a', 'b'] } })).toMatchObject({
      messages: [{ role: 'user', content: 'a\nb' }],
    })
    expect(bodyOf('messages', { prompt: { kind: 'messages', messages } })).toMatchObject({
      system: 'be brief',
      messages: [{ role: 'user', content: 'hi' }],
    })
    expect(() => bodyOf('chat', { prompt: { kind: 'tokens', ids: [1] } })).toThrow(
      expect.objectContaining({ message: 'the chat endpoint cannot send token ids', code: 'usage' }),
    )
  })
})

describe('the others', () => {
  test('responses and messages', () => {
    expect(bodyOf('responses')).toEqual({
      model: 'm',
      stream: true,
      store: false,
      input: 'hello',
      max_output_tokens: 9,
    })
    expect(bodyOf('messages', { seed: 3 }, { engineFields: false })).toEqual({
      model: 'm',
      stream: true,
      messages: user,
      max_tokens: 9,
    })
    expect(endpointKind('messages').body(asked).headers).toEqual({ 'anthropic-version': '2023-06-01' })
  })

  test('embeddings and rerankings', () => {
    expect(bodyOf('embeddings')).toEqual({ model: 'm', input: 'hello', encoding_format: 'float' })
    const texts = { kind: 'texts', query: '', texts: ['a', 'b'] } as const
    expect(bodyOf('embeddings', { prompt: texts })).toMatchObject({ input: ['a', 'b'] })
    expect(bodyOf('rerank', { prompt: { ...texts, query: 'q' } })).toEqual({
      model: 'm',
      query: 'q',
      documents: ['a', 'b'],
    })
    expect(() => bodyOf('rerank')).toThrow(/a text/)
  })

  test('every name makes its endpoint; others are refused with the list', () => {
    for (const name of endpointNames) {
      if (name !== 'template') expect(endpointKind(name).name).toBe(name)
    }
    expect(() => endpointKind('toString')).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('rerank') }),
    )
  })
})

describe('forms of transcriptions', () => {
  const sound = {
    kind: 'audio',
    fileName: 'a "b".wav',
    bytes: Buffer.from([0, 255, 13, 10]),
    seconds: 1,
  } as const
  const formOf = async (request: Partial<AskedRequest>, options: Partial<EndpointOptions> = {}) => {
    const { contentType, bytes } = endpointKind('transcription', options).body({
      ...asked,
      prompt: sound,
      ...request,
    })
    // The platform's own parser of forms is the judge.
    return new Response(Buffer.from(bytes), { headers: { 'content-type': contentType } }).formData()
  }

  test('fields and file arrive as they were', async () => {
    const form = await formOf({ extra: { temperature: 0, timestamp_granularities: ['word', 'segment'] } })
    expect([...form.keys()].sort()).toEqual(
      ['file', 'model', 'response_format', 'stream', 'stream_include_usage', 'temperature'].concat(
        Array(2).fill('timestamp_granularities[]'),
      ),
    )
    expect(form.get('stream')).toBe('true')
    const file = form.get('file') as File
    expect([file.name, file.type]).toEqual(['a "b".wav', 'audio/wav'])
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([...sound.bytes])
  })

  test('options, engine fields off, and prompts that are no sound', async () => {
    const form = await formOf(
      { extra: { model: 'other' }, stream: false },
      { engineFields: false, transcription: { responseFormat: 'verbose_json', language: 'de' } },
    )
    expect(Object.fromEntries([...form].filter(([name]) => name !== 'file'))).toEqual({
      model: 'other',
      response_format: 'verbose_json',
      language: 'de',
    })
    await expect(formOf({ prompt: asked.prompt })).rejects.toThrow(/audio|text/)
    await expect(formOf({ extra: { a: {} } })).rejects.toThrow(/form field a/)
  })

  test('the boundary is not in the file', () => {
    const bytes = Buffer.from('--tokenwright-form-0 --tokenwright-form-1')
    const form = multipartForm([], { field: 'file', fileName: 'x', contentType: 'audio/wav', bytes })
    expect(form.contentType).toContain('tokenwright-form-2')
  })
})

test('hosts that refuse unknown fields, and the words of a refusal', () => {
  expect(['api.openai.com', 'x.openai.azure.com', 'API.OpenAI.com'].every(refusesUnknownFields)).toBe(true)
  expect(['localhost', 'openai.com.evil.org', 'notapi.openai.com'].some(refusesUnknownFields)).toBe(false)
  expect(namesEngineField("Unrecognized request argument supplied: 'ignore_eos'")).toBe(true)
  expect(namesEngineField('max_tokens is too large')).toBe(false)
})
