import { describe, expect, test } from 'vitest'
import { readCounters } from '../../measure/engine-counters.ts'
import { parseExposition } from '../../measure/prometheus-text.ts'
import { createMemoryLedger } from '../ledger/index.ts'
import { attempt, billingConfig, createFakeTime, deployment, startBilling } from './billing.fixture.ts'
import { compareEngineCounters } from './counter-comparison.ts'

const vllm = (prompt: number, output: number, startedAt = 1_700_000_000) =>
  readCounters(
    parseExposition(
      `process_start_time_seconds ${startedAt}\nvllm:prompt_tokens_total{model_name="m"} ${prompt}\nvllm:generation_tokens_total{model_name="m"} ${output}\nvllm:num_requests_running{model_name="m"} 0\n`,
    ).samples,
  )!
const booked = (requests: number, promptTokens: number, outputTokens: number, inFlight = 0) => ({
  ...{ requests, promptTokens, outputTokens, inFlight },
  computedTokens: promptTokens / 2,
})

describe('an engine’s counters and the books', () => {
  const before = { counters: vllm(1000, 500), booked: booked(0, 0, 0) }

  test('that say the same raise no alarm', () => {
    const after = { counters: vllm(201_000, 50_500), booked: booked(100, 200_000, 50_000) }
    const comparison = compareEngineCounters(before, after)!
    expect(comparison.alarm).toBeNull()
    expect(comparison.prompt).toMatchObject({ engineTokens: 200_000, bookedTokens: 200_000, share: 0 })
  })

  test('that differ say by how much and why that can be', () => {
    const shared = { counters: vllm(401_000, 50_500), booked: booked(100, 200_000, 50_000) }
    const comparison = compareEngineCounters(before, shared)!
    expect(comparison.prompt!.share).toBe(0.5)
    expect(comparison.output!.isExplained).toBe(true)
    expect(comparison.alarm).toBe(
      'vllm:prompt_tokens_total rose by 400000 tokens, the books have 200000: somebody else uses the engine, or usage is lost',
    )
    const other = { counters: vllm(101_000, 50_500), booked: booked(100, 200_000, 50_000) }
    expect(compareEngineCounters(before, other)!.alarm).toContain('another engine')
  })

  test('requests under way explain their part', () => {
    const running = { counters: vllm(221_000, 52_500), booked: booked(100, 200_000, 50_000, 10) }
    expect(compareEngineCounters(before, running)!.alarm).toBeNull()
  })

  test('nothing is said of an engine that began anew or did little', () => {
    expect(compareEngineCounters(before, { counters: vllm(5, 5), booked: booked(1, 5, 5) })).toBeNull()
    expect(compareEngineCounters(before, { counters: vllm(9000, 600), booked: booked(1, 5, 5) })).toBeNull()
    const restarted = { counters: vllm(401_000, 50_500, 1_700_009_999), booked: booked(1, 5, 5) }
    expect(compareEngineCounters(before, restarted)).toBeNull()
  })
})

test('billing compares what it was told with readings, and says it once', async () => {
  const time = createFakeTime()
  const { billing, problems } = startBilling(time, {
    ledger: createMemoryLedger(),
    config: billingConfig([deployment('d')]),
  })
  await time.advance(1000)
  let prompt = 0
  const serve = (times: number): void => {
    for (let index = 0; index < 100; index++) {
      const fact = attempt(crypto.randomUUID(), time.nowMs(), { computedTokens: 800, cachedTokens: 200 })
      billing.record('d', { ...fact, firstTokenMs: null, endMs: null })
      billing.record('d', fact)
    }
    prompt += times * 100 * 1000
  }
  const alarms = () => problems.filter(({ kind }) => kind === 'counters-differ').length
  expect(billing.compareCounters('d', '0', vllm(prompt, 0))).toBeNull()
  serve(1)
  expect(billing.compareCounters('d', '0', vllm(prompt, 1100))).toMatchObject({ alarm: null })
  for (let round = 0; round < 3; round++) {
    serve(2)
    await time.advance(60_000)
    expect(billing.compareCounters('d', '0', vllm(prompt, 1100 * (round + 2)))!.alarm).toContain(
      'somebody else',
    )
  }
  expect(alarms()).toBe(1)
  // Half an hour later only what is right is in the window.
  for (let round = 0; round < 30; round++) {
    serve(1)
    await time.advance(60_000)
    billing.compareCounters('d', '0', vllm(prompt, 1100 * (round + 5)))
  }
  expect(billing.compareCounters('d', '0', vllm(prompt, 1100 * 34))).toMatchObject({ alarm: null })
  expect(billing.compareCounters('nobody', '0', vllm(0, 0))).toBeNull()
})
