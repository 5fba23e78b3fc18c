/** The rig itself: is what runs behind the port real inference, and are its tokens counted to the last one? */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findLlama } from './find-llama.ts'
import { type RunningRealEngine, startRealEngine } from './start-real-engine.ts'
import { type StreamedAnswer, streamCompletion } from './stream-client.ts'

const llama = findLlama()
if (!llama.found) console.warn(`tests with a real engine are skipped: ${llama.reason}`)

const sentence = 'The quick brown fox jumps over the lazy dog. '

describe.skipIf(!llama.found)('a real engine', () => {
  let engine: RunningRealEngine

  beforeAll(async () => {
    engine = await startRealEngine({ sequences: 4, contextTokens: 4096 })
  }, 90_000)

  afterAll(() => engine?.close())

  const complete = (body: object, onPiece?: (count: number) => boolean) =>
    streamCompletion(`${engine.url}/v1/completions`, body, onPiece)

  async function counters(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${engine.url}/metrics`)).text()
    return new Map([...text.matchAll(/^llamacpp:(\w+) (\S+)$/gm)].map(match => [match[1]!, Number(match[2])]))
  }

  /** What counters grew by while `work` ran and until the engine is idle again. */
  async function grown(work: () => Promise<unknown>) {
    const before = await counters()
    await work()
    let after = await counters()
    for (let tries = 0; after.get('requests_processing')! > 0 && tries < 500; tries++) {
      await new Promise(resolve => setTimeout(resolve, 20))
      after = await counters()
    }
    const grew = (name: string) => after.get(name)! - before.get(name)!
    return {
      prompt: grew('prompt_tokens_total'),
      cached: grew('prompt_tokens_cached_total'),
      output: grew('tokens_predicted_total'),
      busy: after.get('requests_processing')!,
    }
  }

  async function tokens(prompt: string): Promise<number> {
    const response = await fetch(`${engine.url}/tokenize`, {
      method: 'POST',
      body: JSON.stringify({ prompt }),
    })
    return ((await response.json()) as { count: number }).count
  }

  test('a stream has as many chunks as usage says, and ends in order', async () => {
    const prompt = sentence.repeat(3)
    let answer: StreamedAnswer | null = null
    const grew = await grown(async () => {
      answer = await complete({ prompt, max_tokens: 40, ignore_eos: true })
    })
    const { pieces, finishReason, usage, done } = answer!
    expect(pieces).toHaveLength(40)
    expect(finishReason).toBe('length')
    expect(done).toBe(true)
    expect(usage).toEqual({
      prompt_tokens: await tokens(prompt),
      completion_tokens: 40,
      total_tokens: usage!.prompt_tokens + 40,
      prompt_tokens_details: { cached_tokens: 0 },
    })
    expect(grew).toEqual({ prompt: usage!.prompt_tokens, cached: 0, output: 40, busy: 0 })
  })

  test('the end of an answer is a token without text', async () => {
    // An answer ends by itself after some 250 tokens: a dozen tries of 400 do not all miss it.
    for (let seed = 1; seed <= 12; seed++) {
      const { pieces, finishReason, usage } = await complete({ prompt: sentence, max_tokens: 400, seed })
      if (finishReason === 'length') continue
      expect(finishReason).toBe('stop')
      expect(usage!.completion_tokens).toBe(pieces.length + 1)
      return
    }
    expect.unreachable('no answer ended')
  })

  test('asked to ignore it, no answer ends early', async () => {
    // About one token in 250 drawn is an end: 1,600 tokens have six.
    const answers = await Promise.all(
      [1, 2, 3, 4].map(seed => complete({ prompt: sentence, max_tokens: 400, ignore_eos: true, seed })),
    )
    for (const { pieces, finishReason, usage } of answers) {
      expect(finishReason).toBe('length')
      expect(pieces).toHaveLength(400)
      expect(usage!.completion_tokens).toBe(400)
    }
  })

  test('seeds and temperature are obeyed', async () => {
    const answer = async (settings: object) =>
      (await complete({ prompt: 'Hello', max_tokens: 12, ignore_eos: true, ...settings })).pieces.join('')
    // Equal seeds need not give equal texts: sums round differently in other batches, on real engines as here.
    expect(await answer({ seed: 7 })).not.toBe(await answer({ seed: 8 }))
    const greedy = await answer({ temperature: 0, max_tokens: 1 })
    expect(await answer({ temperature: 0, max_tokens: 1, seed: 9 })).toBe(greedy)
  })

  test('prompts that begin alike find their beginning in the cache', async () => {
    const shared = 'Once there was a model with random weights. '.repeat(8)
    const first = await complete({ prompt: shared, max_tokens: 4, ignore_eos: true })
    const grew = await grown(async () => {
      const again = await complete({ prompt: shared, max_tokens: 4, ignore_eos: true })
      // All but the last token, which is always computed.
      expect(again.usage!.prompt_tokens_details.cached_tokens).toBe(first.usage!.prompt_tokens - 1)
    })
    expect(grew).toMatchObject({ prompt: 1, cached: first.usage!.prompt_tokens - 1 })
    const longer = await complete({ prompt: `${shared}And then it spoke.`, max_tokens: 4, ignore_eos: true })
    const { prompt_tokens: whole, prompt_tokens_details: details } = longer.usage!
    expect(details.cached_tokens).toBeGreaterThan(first.usage!.prompt_tokens * 0.9)
    expect(details.cached_tokens).toBeLessThan(whole)
    const other = await complete({ prompt: `Elsewhere: ${shared}`, max_tokens: 4, ignore_eos: true })
    expect(other.usage!.prompt_tokens_details.cached_tokens).toBeLessThan(10)
  })

  test('a client that goes frees its slot, and what was generated is counted', async () => {
    const prompt = sentence.repeat(2)
    let received = 0
    const grew = await grown(async () => {
      const { pieces, done } = await complete(
        { prompt, max_tokens: 3500, ignore_eos: true },
        count => count < 5,
      )
      received = pieces.length
      expect(done).toBe(false)
    })
    expect(grew.busy).toBe(0)
    expect(grew.output).toBeGreaterThanOrEqual(received)
    expect(grew.output).toBeLessThan(3500)
    expect(grew.prompt + grew.cached).toBe(await tokens(prompt))
  })

  test('eight at once on four slots: some wait, all tokens add up', async () => {
    let most = { processing: 0, deferred: 0 }
    let over = false
    const watch = (async () => {
      while (!over) {
        const now = await counters()
        most = {
          processing: Math.max(most.processing, now.get('requests_processing')!),
          deferred: Math.max(most.deferred, now.get('requests_deferred')!),
        }
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    })()
    let answers: readonly StreamedAnswer[] = []
    const grew = await grown(async () => {
      answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          complete({
            prompt: `${index}. ${sentence.repeat(index + 1)}`,
            max_tokens: 30 + index,
            seed: index,
          }),
        ),
      )
    })
    over = true
    await watch
    expect(most.processing).toBe(4)
    expect(most.deferred).toBeGreaterThan(0)
    const sum = (pick: (answer: StreamedAnswer) => number) =>
      answers.reduce((total, answer) => total + pick(answer), 0)
    expect(sum(answer => answer.usage!.completion_tokens)).toBe(grew.output)
    expect(sum(answer => answer.usage!.prompt_tokens_details.cached_tokens)).toBe(grew.cached)
    expect(sum(answer => answer.usage!.prompt_tokens)).toBe(grew.prompt + grew.cached)
    expect(new Set(answers.map(answer => answer.id)).size).toBe(8)
    for (const answer of answers) {
      const end = answer.finishReason === 'stop' ? 1 : 0
      expect(answer.pieces.length + end).toBe(answer.usage!.completion_tokens)
    }
  })

  test('chats, streamed and whole', async () => {
    const url = `${engine.url}/v1/chat/completions`
    const body = {
      messages: [{ role: 'user', content: 'Hi' }],
      max_completion_tokens: 6,
      ignore_eos: true,
      seed: 3,
    }
    const streamed = await streamCompletion(url, body)
    expect(streamed.pieces).toHaveLength(6)
    expect(streamed.done).toBe(true)
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    const whole = (await response.json()) as {
      choices: { message: { role: string; content: string }; finish_reason: string }[]
      usage: object
    }
    expect(whole.choices[0]).toMatchObject({ message: { role: 'assistant' }, finish_reason: 'length' })
    expect(whole.choices[0]!.message.content.length).toBeGreaterThan(6)
    expect(whole.usage).toMatchObject({ completion_tokens: 6, prompt_tokens: streamed.usage!.prompt_tokens })
  })

  test('what it serves, and what it refuses', async () => {
    const models = (await (await fetch(`${engine.url}/v1/models`)).json()) as { data: { id: string }[] }
    expect(models.data[0]!.id).toBe(engine.model)
    expect((await fetch(`${engine.url}/health`)).status).toBe(200)
    expect((await fetch(`${engine.url}/nothing`)).status).toBe(404)
    const status = async (body: string) =>
      (await fetch(`${engine.url}/v1/completions`, { method: 'POST', body })).status
    expect(await status('{')).toBe(400)
    expect(await status('{}')).toBe(400)
    expect(await status(JSON.stringify({ prompt: sentence.repeat(400) }))).toBe(400)
    expect(await status(JSON.stringify({ prompt: 'x', max_tokens: 0 }))).toBe(400)
    // Bytes where the vocabulary has no piece, and back.
    expect(await tokens('東京')).toBe(1 + 1 + 6)
  })
})

test('where llama.cpp is looked for', () => {
  expect(findLlama('/no/such/folder')).toEqual({
    found: false,
    reason: expect.stringContaining('npm ci --prefix test/real-engine/runtime'),
  })
})
