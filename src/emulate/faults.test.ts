/** Each injected fault as a client sees it on the wire, and as the truth log tells it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningEmulator, startTestEmulator } from './emulator.fixture.ts'
import { createFaultLottery, faultText, parseFault } from './fault-spec.ts'
import { type RawAnswer, rawPost } from './raw-client.fixture.ts'
import type { TruthRecord } from './truth-record.ts'

let emulator: RunningEmulator
const stream = {
  model: 'test-model',
  messages: [{ role: 'user', content: 'Hello' }],
  stream: true,
  stream_options: { include_usage: true },
  max_tokens: 6,
  ignore_eos: true,
}
const whole = { ...stream, stream: false, stream_options: undefined }

beforeAll(async () => {
  emulator = await startTestEmulator()
})
afterAll(() => emulator.close())

const post = (fault: string, body: object = stream, path = '/v1/chat/completions'): Promise<RawAnswer> =>
  rawPost(emulator.port, path, body, fault === '' ? {} : { 'x-tokenwright-fault': fault })

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

interface Chunk {
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[]
  readonly usage?: { readonly completion_tokens: number }
}

/** Chunks with text. */
const contents = (answer: RawAnswer): string[] =>
  answer.events
    .filter(isJson)
    .map(data => (JSON.parse(data) as Chunk).choices?.[0]?.delta.content ?? '')
    .filter(text => text !== '')

const usageOf = (answer: RawAnswer): Chunk['usage'] =>
  answer.events
    .filter(isJson)
    .map(data => (JSON.parse(data) as Chunk).usage)
    .find(usage => usage !== undefined)

describe('streams', () => {
  test('none: six chunks, usage, [DONE]', async () => {
    const answer = await post('')
    expect(contents(answer)).toHaveLength(6)
    expect(usageOf(answer)!.completion_tokens).toBe(6)
    expect(answer.events.at(-1)).toBe('[DONE]')
    expect(answer.ending).toBe('complete')
  })

  test('status, with Retry-After', async () => {
    const answer = await post('status;code=503;retry-after=7')
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('7')
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 503, message: expect.any(String) } })
  })

  test('reset before the first byte', async () => {
    const answer = await post('reset-before')
    expect(answer).toMatchObject({ status: 0, ending: 'reset', reads: [] })
  })

  test('reset after so many chunks', async () => {
    const answer = await post('reset-after;after=2')
    expect(answer.status).toBe(200)
    expect(answer.ending).toBe('reset')
    expect(contents(answer).length).toBeLessThanOrEqual(2)
  })

  test('stall, then what came due at once', async () => {
    const answer = await post('stall;ms=2000;after=2')
    expect(contents(answer)).toHaveLength(6)
    const gaps = answer.reads.map(({ atMs }, index) => atMs - (answer.reads[index - 1]?.atMs ?? atMs))
    expect(Math.max(...gaps)).toBeGreaterThan(180)
    expect(answer.ending).toBe('complete')
  })

  test('malformed event', async () => {
    const answer = await post('malformed;after=3')
    expect(answer.events.filter(data => data !== '[DONE]' && !isJson(data))).toHaveLength(1)
    expect(contents(answer)).toHaveLength(5)
  })

  test('drip: events are torn apart', async () => {
    const answer = await post('drip;bytes=50;ms=20')
    expect(contents(answer)).toHaveLength(6)
    expect(answer.reads.length).toBeGreaterThan(20)
    expect(answer.ending).toBe('complete')
  })

  test('error object in the stream', async () => {
    const answer = await post('error-event;after=2')
    expect(contents(answer)).toHaveLength(2)
    expect(JSON.parse(answer.events[answer.events.length - 2]!)).toMatchObject({ error: { code: 500 } })
    expect(answer.events.at(-1)).toBe('[DONE]')
  })

  test('wrong usage, no usage, no [DONE]', async () => {
    expect(usageOf(await post('wrong-usage;factor=3'))!.completion_tokens).toBe(18)
    const without = await post('no-usage')
    expect(usageOf(without)).toBeUndefined()
    expect(without.events.at(-1)).toBe('[DONE]')
    const open = await post('no-done')
    expect(open.events).not.toContain('[DONE]')
    expect(usageOf(open)!.completion_tokens).toBe(6)
  })

  test('error object and missing end in responses', async () => {
    const body = { model: 'test-model', input: 'Hello', stream: true, max_output_tokens: 5, ignore_eos: true }
    const failed = await post('error-event;after=1', body, '/v1/responses')
    expect(JSON.parse(failed.events.at(-1)!)).toMatchObject({ type: 'response.failed' })
    const open = await post('no-done', body, '/v1/responses')
    expect(JSON.parse(open.events.at(-1)!)).toMatchObject({ type: 'response.output_item.done' })
  })
})

describe('whole answers', () => {
  test('stall, malformed, drip, reset, wrong usage', async () => {
    const stalled = await post('stall;ms=1500', whole)
    expect(stalled.reads[0]!.atMs).toBeGreaterThan(140)
    expect(isJson((await post('malformed', whole)).body)).toBe(false)
    const dripped = await post('drip;bytes=40;ms=20', whole)
    expect(isJson(dripped.body)).toBe(true)
    expect(dripped.reads.length).toBeGreaterThan(4)
    const reset = await post('reset-after', whole)
    expect(reset.ending).not.toBe('complete')
    expect(isJson(reset.body)).toBe(false)
    const wrong = await post('wrong-usage', whole)
    expect(JSON.parse(wrong.body)).toMatchObject({ usage: { completion_tokens: 12 } })
    expect(JSON.parse((await post('no-usage', whole)).body)).not.toHaveProperty('usage')
  })

  test('an unknown fault is refused with the list', async () => {
    const answer = await post('stahl')
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('did you mean stall?')
    expect((await post('stall;seconds=3')).body).toContain('stall takes: ms=1000')
    expect((await post('stall;ms=-1')).status).toBe(400)
  })
})

test('the truth log names the fault, and lateness leaves such requests out', async () => {
  const other = await startTestEmulator()
  for (const fault of ['reset-after;after=2', 'stall;ms=500;after=1', 'reset-before', 'status;code=500']) {
    await rawPost(other.port, '/v1/chat/completions', stream, { 'x-tokenwright-fault': fault })
  }
  expect(other.lateness().chunks).toBe(0)
  const { requests } = await other.truth()
  const told = (fault: string): TruthRecord | undefined => requests.find(request => request.fault === fault)
  expect(told('reset-after;after=2')).toMatchObject({ outcome: 'failed', reason: 'injected-fault' })
  expect(told('reset-before')).toMatchObject({ outcome: 'failed', status: 0, id: null })
  expect(told('status;code=500')).toMatchObject({ outcome: 'rejected', status: 500, reason: '500' })
  const stalled = told('stall;ms=500;after=1')!
  expect(stalled).toMatchObject({ outcome: 'served', outputTokens: 6 })
  const [dueUs, writtenUs] = stalled.chunks[1]!
  expect(writtenUs - dueUs).toBeGreaterThan(300_000)
})

describe('fault rates', () => {
  test('draw repeatably, each at its rate', () => {
    const rates = [
      { fault: 'stall;ms=5', rate: 0.1 },
      { fault: 'status;code=429', rate: 0.2 },
    ]
    const draw = (seed: number) => {
      const next = createFaultLottery(rates, seed)
      return Array.from({ length: 5000 }, () => next()?.kind ?? 'none')
    }
    const drawn = draw(1)
    expect(draw(1)).toEqual(drawn)
    expect(draw(2)).not.toEqual(drawn)
    const share = (kind: string) => drawn.filter(other => other === kind).length / drawn.length
    expect(share('stall')).toBeCloseTo(0.1, 1)
    expect(share('status')).toBeCloseTo(0.2, 1)
  })

  test('are refused when they make no sense', () => {
    expect(() => createFaultLottery([{ fault: 'stall', rate: 1.2 }], 0)).toThrow(/add up to at most 1/)
    expect(() => createFaultLottery([{ fault: 'stal', rate: 0.1 }], 0)).toThrow(/did you mean stall/)
  })

  test('are applied to requests', async () => {
    const faulty = await startTestEmulator({ faultRates: [{ fault: 'status;code=503', rate: 1 }] })
    expect((await rawPost(faulty.port, '/v1/chat/completions', stream)).status).toBe(503)
    await faulty.close()
  })

  test('read what they write', () => {
    for (const text of [
      'stall;ms=5;after=2',
      'drip;bytes=3;ms=0',
      'no-done',
      'status;code=429;retry-after=2',
    ]) {
      expect(faultText(parseFault(text, 'test'))).toBe(text)
    }
  })
})
