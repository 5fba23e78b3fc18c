/** Chat through the official client of OpenAI for Node, unchanged. */
import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningEmulator, startTestEmulator } from './emulator.fixture.ts'
import { clientOf, hello, startWithClient, tools } from './openai-client.fixture.ts'

let emulator: RunningEmulator
let client: OpenAI
beforeAll(async () => {
  ;({ emulator, client } = await startWithClient())
})
afterAll(() => emulator.close())

describe('chat', () => {
  test('whole', async () => {
    const answer = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      max_tokens: 12,
    })
    const { usage, choices } = answer
    expect(answer.object).toBe('chat.completion')
    expect(answer.id).toMatch(/^chatcmpl-[0-9a-f]{24}$/)
    expect(choices[0]!.message.content).toMatch(/^[a-z]+/)
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens)
    expect(usage!.completion_tokens).toBeLessThanOrEqual(12)
  })

  test('streamed: the same words, usage in the last chunk', async () => {
    const request = { model: 'alias', messages: hello, max_tokens: 40, seed: 7 }
    const whole = await client.chat.completions.create(request)
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let finish: string | null = null
    let usage: OpenAI.CompletionUsage | null = null
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      if (chunk.usage) {
        usage = chunk.usage
        expect(chunk.choices).toEqual([])
      }
    }
    expect(text).toBe(whole.choices[0]!.message.content)
    expect(finish).toBe(whole.choices[0]!.finish_reason)
    expect(usage!.completion_tokens).toBe(whole.usage!.completion_tokens)
  })

  test('max_completion_tokens with ignore_eos gives exactly so many', async () => {
    const extra = { ignore_eos: true } as object
    const answer = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      max_completion_tokens: 33,
      ...extra,
    })
    expect(answer.usage!.completion_tokens).toBe(33)
    expect(answer.choices[0]!.finish_reason).toBe('length')
  })

  test('a stop sequence ends it', async () => {
    const extra = { ignore_eos: true } as object
    const answer = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      max_tokens: 100,
      stop: '.',
      ...extra,
    })
    expect(answer.choices[0]!.finish_reason).toBe('stop')
    expect(answer.choices[0]!.message.content).not.toContain('.')
    expect(answer.usage!.completion_tokens).toBe(16)
  })

  test('the helper that collects a stream', async () => {
    const runner = client.chat.completions.stream({ model: 'test-model', messages: hello, max_tokens: 9 })
    const final = await runner.finalChatCompletion()
    expect(final.choices[0]!.message.content).toMatch(/^[a-z]+/)
  })

  test('a required tool is called with the required arguments', async () => {
    const answer = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      tools,
      tool_choice: 'required',
    })
    const call = answer.choices[0]!.message.tool_calls![0]!
    expect(answer.choices[0]!.finish_reason).toBe('tool_calls')
    if (call.type !== 'function') throw new Error('not a function call')
    expect(call.function.name).toBe('get_weather')
    const args = JSON.parse(call.function.arguments) as Record<string, unknown>
    expect(Object.keys(args)).toEqual(['city', 'unit', 'days'])
    expect(['celsius', 'fahrenheit']).toContain(args.unit)
    expect(args.days).toBeGreaterThanOrEqual(1)
  })

  test('a tool call is streamed in pieces that add up to the whole one', async () => {
    const request = { model: 'test-model', messages: hello, tools, tool_choice: 'required' as const }
    const whole = await client.chat.completions.create(request)
    const pieces: string[] = []
    const stream = client.chat.completions.stream(request)
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments
      if (piece) pieces.push(piece)
    }
    const call = (await stream.finalChatCompletion()).choices[0]!.message.tool_calls![0]!
    const expected = whole.choices[0]!.message.tool_calls![0]!
    if (call.type !== 'function' || expected.type !== 'function') throw new Error('not a function call')
    expect(pieces.length).toBeGreaterThan(3)
    expect(call.function.arguments).toBe(expected.function.arguments)
    expect(call.function.name).toBe('get_weather')
    expect(call.id).toMatch(/^call_/)
  })

  test('a named tool ends with stop, none is not called', async () => {
    const named = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      tools,
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    })
    expect(named.choices[0]!.finish_reason).toBe('stop')
    expect(named.choices[0]!.message.tool_calls).toHaveLength(1)
    const none = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      tools,
      tool_choice: 'none',
    })
    expect(none.choices[0]!.message.tool_calls).toBeUndefined()
  })

  test('a JSON schema is kept', async () => {
    const answer = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'person',
          schema: {
            type: 'object',
            properties: { name: { $ref: '#/$defs/name' }, age: { type: 'integer' } },
            required: ['name', 'age'],
            $defs: { name: { type: 'string' } },
          },
        },
      },
    })
    const value = JSON.parse(answer.choices[0]!.message.content!) as Record<string, unknown>
    expect(value).toEqual({ name: expect.any(String), age: expect.any(Number) })
  })

  test('a repeated prompt is found in the cache', async () => {
    const messages = [{ role: 'user' as const, content: 'once upon a time there was a fleet. '.repeat(100) }]
    const first = await client.chat.completions.create({ model: 'test-model', messages, max_tokens: 2 })
    const again = await client.chat.completions.create({ model: 'test-model', messages, max_tokens: 2 })
    expect(first.usage!.prompt_tokens_details!.cached_tokens).toBe(0)
    const cached = again.usage!.prompt_tokens_details!.cached_tokens!
    expect(cached).toBeGreaterThan(again.usage!.prompt_tokens - 32)
    expect(cached % 16).toBe(0)
  })

  test('the next turn finds the answer of the last one in the cache, too', async () => {
    const extra = { ignore_eos: true } as object
    const first = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      max_tokens: 200,
      ...extra,
    })
    const messages = [
      ...hello,
      { role: 'assistant' as const, content: first.choices[0]!.message.content },
      { role: 'user' as const, content: 'And now good bye.' },
    ]
    const second = await client.chat.completions.create({ model: 'test-model', messages, max_tokens: 5 })
    const cached = second.usage!.prompt_tokens_details!.cached_tokens!
    expect(cached).toBeGreaterThan(first.usage!.total_tokens - 32)
  })

  test('abort', async () => {
    const stream = await client.chat.completions.create({
      model: 'test-model',
      messages: hello,
      max_tokens: 20_000,
      stream: true,
      ...({ ignore_eos: true } as object),
    })
    let chunks = 0
    for await (const _ of stream) if (++chunks === 3) stream.controller.abort()
    expect(chunks).toBeLessThan(10)
    await expect.poll(() => emulator.inFlight, { timeout: 2000 }).toBe(0)
  })
})

test('reasoning comes before the text, in a field of its own', async () => {
  const thinking = await startTestEmulator({ reasoningShare: 0.5, reasoningField: 'reasoning' })
  const other = clientOf(thinking)
  const stream = await other.chat.completions.create({
    model: 'test-model',
    messages: hello,
    max_tokens: 20,
    stream: true,
    stream_options: { include_usage: true },
    ...({ ignore_eos: true } as object),
  })
  const kinds: string[] = []
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta as { content?: string; reasoning?: string } | undefined
    if (delta?.reasoning) kinds.push('reasoning')
    if (delta?.content) kinds.push('content')
    if (chunk.usage) expect(chunk.usage.completion_tokens_details!.reasoning_tokens).toBe(10)
  }
  expect(kinds).toEqual([...Array(10).fill('reasoning'), ...Array(10).fill('content')])
  const items = other.responses.stream({ model: 'test-model', input: 'Think.' })
  const final = await items.finalResponse()
  expect(final.output.map(item => item.type)).toEqual(['reasoning', 'message'])
  await thinking.close()
})

test('with tool_choice auto the setting decides', async () => {
  for (const toolCallShare of [0, 1]) {
    const deciding = await startTestEmulator({ toolCallShare })
    const request = { model: 'test-model', messages: hello, tools }
    const answer = await clientOf(deciding).chat.completions.create(request)
    const { message, finish_reason } = answer.choices[0]!
    expect(message.tool_calls?.length ?? 0).toBe(toolCallShare)
    expect(finish_reason === 'tool_calls').toBe(toolCallShare === 1)
    await deciding.close()
  }
})
