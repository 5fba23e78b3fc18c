/** The other endpoints and the errors through the official client of OpenAI for Node, unchanged. */
import OpenAI, { type APIError, toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningEmulator, startTestEmulator, testFleet, testModel } from './emulator.fixture.ts'
import { clientOf, hello, startWithClient, tools } from './openai-client.fixture.ts'
import { soundFile } from './sound.fixture.ts'

let emulator: RunningEmulator
let client: OpenAI
beforeAll(async () => {
  ;({ emulator, client } = await startWithClient())
})
afterAll(() => emulator.close())

describe('other endpoints', () => {
  test('completions', async () => {
    const request = { model: 'test-model', prompt: 'Once upon a time', max_tokens: 8 }
    const whole = await client.completions.create(request)
    expect(whole.object).toBe('text_completion')
    let text = ''
    for await (const chunk of await client.completions.create({ ...request, stream: true })) {
      text += chunk.choices[0]?.text ?? ''
    }
    expect(text).toBe(whole.choices[0]!.text)
    expect(whole.usage!.prompt_tokens).toBe(4)
  })

  test('responses, whole', async () => {
    const response = await client.responses.create({
      model: 'test-model',
      input: 'Hello',
      max_output_tokens: 30,
    })
    expect(response.output_text).toMatch(/^[a-z]+/)
    expect(response.status).toMatch(/^(completed|incomplete)$/)
    expect(response.usage!.output_tokens).toBeLessThanOrEqual(30)
  })

  test('responses, streamed', async () => {
    const request = { model: 'test-model', input: 'Hello', instructions: 'Be kind.' }
    const whole = await client.responses.create(request)
    const stream = client.responses.stream(request)
    const types = new Set<string>()
    let deltas = ''
    let sequence = -1
    for await (const event of stream) {
      types.add(event.type)
      expect(event.sequence_number).toBe(++sequence)
      if (event.type === 'response.output_text.delta') deltas += event.delta
    }
    const final = await stream.finalResponse()
    expect(final.output_text).toBe(whole.output_text)
    expect(deltas).toBe(whole.output_text)
    expect([...types]).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
  })

  test('responses, a function call streamed', async () => {
    const { name, parameters } = tools[0]!.function
    const stream = client.responses.stream({
      model: 'test-model',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] }],
      tools: [{ type: 'function', name, parameters, strict: false }],
      tool_choice: 'required',
    })
    const final = await stream.finalResponse()
    const call = final.output[0]!
    if (call.type !== 'function_call') throw new Error('not a function call')
    expect(call.name).toBe('get_weather')
    expect(Object.keys(JSON.parse(call.arguments) as object)).toEqual(['city', 'unit', 'days'])
  })

  test('embeddings: unit vectors, equal for equal inputs', async () => {
    const input = ['one', 'two', 'one']
    const answer = await client.embeddings.create({ model: 'test-model', input, dimensions: 64 })
    const [one, two, again] = answer.data.map(item => item.embedding)
    expect(one).toHaveLength(64)
    expect(again).toEqual(one)
    expect(two).not.toEqual(one)
    expect(one!.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 4)
    expect(answer.usage.prompt_tokens).toBe(3)
    const floats = await client.embeddings.create({
      model: 'test-model',
      input: 'one',
      dimensions: 64,
      encoding_format: 'float',
    })
    expect(floats.data[0]!.embedding.map(Math.fround)).toEqual(one!.map(Math.fround))
  })

  test('transcription takes its length ÷ speed', async () => {
    const started = emulator.nowUs()
    const answer = await client.audio.transcriptions.create({
      model: 'test-model',
      file: await toFile(soundFile(20), 'speech.wav'),
    })
    const seconds = (emulator.nowUs() - started) / 1e6
    expect(answer.text.split(/[ .]+/).length).toBeGreaterThan(40)
    expect(seconds).toBeGreaterThanOrEqual(0.2)
    expect(seconds).toBeLessThan(20)
  })

  test('models', async () => {
    const models = await client.models.list()
    expect(models.data.map(model => model.id)).toEqual(['test-model', 'alias'])
    expect((await client.models.retrieve('alias')).id).toBe('alias')
  })
})

describe('errors', () => {
  test('401', async () => {
    const wrong = clientOf(emulator, 'wrong')
    const error = await wrong.models.list().then(
      () => null,
      (failure: unknown) => failure,
    )
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
    expect((error as APIError).code).toBe('invalid_api_key')
  })

  test('404 for an unknown model', async () => {
    await expect(client.chat.completions.create({ model: 'none', messages: hello })).rejects.toThrow(
      OpenAI.NotFoundError,
    )
  })

  test('400 for a prompt that is too long, in the words of vLLM', async () => {
    const content = 'word '.repeat(40_000)
    const call = client.chat.completions.create({
      model: 'test-model',
      messages: [{ role: 'user', content }],
      max_tokens: 10,
    })
    await expect(call).rejects.toThrow(
      /This model's maximum context length is 32768 tokens. However, you requested 10 output tokens/,
    )
  })

  test.each([
    ['messages', { messages: [] }],
    ['max_tokens', { messages: hello, max_tokens: 0 }],
    ['n', { messages: hello, n: 2 }],
    ['min_tokens', { messages: hello, max_tokens: 3, min_tokens: 4 }],
    ['stop', { messages: hello, stop: 3 }],
    ['tool_choice', { messages: hello, tool_choice: 'required' }],
    ['stream_options', { messages: hello, stream_options: { include_usage: true } }],
  ])('400 for bad %s', async (param, body) => {
    const error = await client
      .post('/chat/completions', { body: { model: 'test-model', ...body } })
      .then(() => null)
      .catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect((error as APIError).param).toBe(param)
  })

  test('429 with Retry-After when the queue is full, 503 when nobody is there', async () => {
    const busy = testFleet({ engine: { maximumWaiting: 1, maximumSequences: 1 } })
    const nobody = testFleet({ replicas: 0 })
    const small = await startTestEmulator({ models: [testModel('busy', busy), testModel('nobody', nobody)] })
    const other = clientOf(small)
    const extra = { ignore_eos: true } as object
    const long = { model: 'busy', messages: hello, max_tokens: 200, stream: true as const, ...extra }
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => other.chat.completions.create(long)))
    const failures = results.flatMap(result =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    )
    expect(failures.length).toBeGreaterThanOrEqual(2)
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(OpenAI.RateLimitError)
      expect((failure as APIError).headers!.get('retry-after')).toBe('1')
    }
    const unserved = await other.chat.completions
      .create({ model: 'nobody', messages: hello })
      .catch((failure: unknown) => failure)
    expect((unserved as APIError).status).toBe(503)
    expect((unserved as APIError).headers!.get('retry-after')).toBe('3')
    await small.close()
  })
})
