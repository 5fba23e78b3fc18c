/** What is refused, and how: requests on the wire, and settings. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { type RunningEmulator, startTestEmulator, testFleet, testModel } from './emulator.fixture.ts'
import { rawPost } from './raw-client.fixture.ts'

let emulator: RunningEmulator
beforeAll(async () => {
  emulator = await startTestEmulator({ maximumBodyBytes: 10_000 })
})
afterAll(() => emulator.close())

const messages = [{ role: 'user', content: 'Hello' }]

describe('bad input', () => {
  test.each([
    ['no JSON', '{"model": ', /not JSON/],
    ['no object', '[1]', /JSON object/],
    ['no messages', '{}', /messages must be a list/],
    ['a message without role', '{"messages":[{"content":"x"}]}', /needs a role/],
    ['content of a wrong type', '{"messages":[{"role":"user","content":3}]}', /must be a string or a list/],
    ['model of a wrong type', '{"model":3}', /model must be a string/],
    [
      'max_tokens of a wrong type',
      '{"messages":[{"role":"user","content":""}],"max_tokens":"9"}',
      /whole number/,
    ],
    [
      'an unknown tool',
      '{"messages":[{"role":"user"}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}}}',
      /does not match/,
    ],
  ])('%s', async (_, body, message) => {
    const answer = await rawPost(emulator.port, '/v1/chat/completions', body)
    expect(answer.status).toBe(400)
    const { error } = JSON.parse(answer.body) as { error: { message: string; type: string; code: number } }
    expect(error.message).toMatch(message)
    expect(error).toMatchObject({ type: 'BadRequestError', code: 400 })
  })

  test('unknown fields pass, null is as good as absent', async () => {
    const body = {
      messages,
      max_tokens: 2,
      logprobs: true,
      min_p: 0.1,
      foo: [],
      stop: null,
      n: null,
      tools: null,
    }
    expect((await rawPost(emulator.port, '/v1/chat/completions', body)).status).toBe(200)
  })

  test('responses and completions', async () => {
    const post = async (path: string, body: object) => (await rawPost(emulator.port, path, body)).status
    expect(await post('/v1/responses', { input: 'x', previous_response_id: 'resp_1' })).toBe(400)
    expect(await post('/v1/responses', { input: [] })).toBe(400)
    expect(await post('/v1/responses', { input: 'x', background: true })).toBe(400)
    expect(await post('/v1/completions', { prompt: '' })).toBe(400)
    expect(await post('/v1/completions', { prompt: ['a', 'b'] })).toBe(400)
    expect(await post('/v1/completions', { prompt: [200, 300] })).toBe(200)
    expect(await post('/v1/embeddings', { input: [] })).toBe(400)
    expect(await post('/v1/embeddings', { input: 'x', encoding_format: 'int8' })).toBe(400)
    expect(await post('/v1/audio/transcriptions', {})).toBe(400)
  })

  test('413 for a body that is too large; the connection stays usable', async () => {
    const answer = await rawPost(emulator.port, '/v1/chat/completions', {
      messages,
      filler: 'x'.repeat(10_000),
    })
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 413 } })
    expect((await rawPost(emulator.port, '/tokenize', { prompt: 'x'.repeat(10_000) })).status).toBe(413)
  })
})

describe('settings', () => {
  const failure = (settings: Parameters<typeof startTestEmulator>[0]): Promise<unknown> =>
    startTestEmulator(settings).then(
      () => null,
      (error: unknown) => error,
    )

  test('a port that is taken', async () => {
    const error = await failure({ port: emulator.port })
    expect(error).toBeInstanceOf(TokenwrightError)
    expect(error).toMatchObject({
      message: expect.stringContaining('another program listens there'),
      where: '--port',
    })
  })

  test('a truth log that cannot be written', async () => {
    expect(await failure({ truthLog: '/nonexistent/folder/truth.jsonl' })).toMatchObject({ code: 'file' })
  })

  test('nonsense', async () => {
    expect(await failure({ models: [] })).toMatchObject({ code: 'number' })
    expect(await failure({ timeScale: 0 })).toMatchObject({ code: 'number' })
    expect(await failure({ reasoningShare: 1 })).toMatchObject({ code: 'number' })
    const fleet = testFleet()
    expect(await failure({ models: [testModel('a', fleet), testModel('a', fleet)] })).toMatchObject({
      code: 'number',
    })
  })
})
