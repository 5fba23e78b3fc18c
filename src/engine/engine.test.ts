import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  content,
  drive,
  ofKind,
  request,
  smallSettings,
  submitAt,
  type TimedInput,
} from './engine.fixture.ts'
import type { EngineSettings, SchedulerRules } from './settings.ts'
import type { EngineEvent } from './types.ts'

const allRules: readonly SchedulerRules[] = [
  { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 },
  { engine: 'vllm', policy: 'priority', longPrefillTokenThreshold: 100 },
  { engine: 'sglang', policy: 'fcfs', conservativeness: 1, mixedChunk: false },
  { engine: 'sglang', policy: 'lpm', conservativeness: 0.3, mixedChunk: true },
  { engine: 'trtllm', policy: 'guaranteed-no-evict', chunkedContext: true },
  { engine: 'trtllm', policy: 'max-utilization', chunkedContext: false },
]

describe('one request', () => {
  it('takes a prompt step, then a step per further token', () => {
    const { events } = drive(smallSettings, [submitAt(0, request(0, 100, 5))])
    const [first] = ofKind(events, 'first-token')
    const [finished] = ofKind(events, 'finished')
    // 10 ms + 100 × 20 µs, then 4 steps of 10 ms + 100 µs + context × 10 ns.
    expect(first!.atUs).toBe(12_000)
    expect(finished).toMatchObject({ outcome: 'served', outputTokens: 5 })
    expect(finished!.atUs).toBe(12_000 + 4 * 10_100 + Math.round((101 + 102 + 103 + 104) * 0.01))
  })

  it('computes a long prompt in chunks of the token budget', () => {
    const { events } = drive(smallSettings, [submitAt(0, request(0, 600, 1))])
    expect(ofKind(events, 'steps').map(step => step.prefillTokens)).toEqual([256, 256, 88])
    expect(ofKind(events, 'finished')[0]!.atUs).toBe(3 * 10_000 + 600 * 20)
  })

  it('spends the joules of its steps', () => {
    const { events } = drive(smallSettings, [submitAt(0, request(0, 100, 50))])
    const joules = ofKind(events, 'steps').reduce((sum, step) => sum + step.joules, 0)
    const end = ofKind(events, 'finished')[0]!.atUs
    expect(joules).toBeCloseTo(500 * end * 1e-6, 3)
  })

  it('is refused when it can never fit', () => {
    const { events } = drive(smallSettings, [
      submitAt(0, request(0, 5000, 1)),
      submitAt(0, request(1, 1600, 100)),
    ])
    expect(ofKind(events, 'finished').map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['rejected', 'prompt-exceeds-limit'],
      ['rejected', 'cache-too-small'],
    ])
  })

  it('can be cancelled while it waits, computes and decodes', () => {
    for (const atUs of [0, 5_000, 25_000, 60_000]) {
      const { events, engine } = drive(smallSettings, [
        submitAt(0, request(0, 100, 20)),
        { atUs, input: { kind: 'cancel', requestId: 0 } },
        submitAt(100_000, request(1, 10, 2)),
      ])
      const finished = ofKind(events, 'finished')
      expect(finished[0]).toMatchObject({ requestId: 0, outcome: 'cancelled', atUs })
      expect(finished[1]).toMatchObject({ requestId: 1, outcome: 'served' })
      expect(engine.state).toMatchObject({ waiting: 0, running: 0, cacheUse: 0 })
    }
  })
})

describe('vLLM', () => {
  it('gives running sequences the budget first and prompts the rest', () => {
    const { events } = drive(smallSettings, [
      submitAt(0, request(0, 10, 40)),
      submitAt(15_000, request(1, 300, 2)),
    ])
    const mixed = ofKind(events, 'steps').filter(step => step.prefillTokens > 0 && step.decodeSequences > 0)
    expect(mixed.map(step => step.prefillTokens)).toEqual([255, 45])
  })

  it('preempts the sequence admitted last and recomputes it, answer so far included', () => {
    const settings = { ...smallSettings, blocksPerRank: 20, prefixCaching: false }
    const { events } = drive(settings, [submitAt(0, request(0, 100, 120)), submitAt(1, request(1, 100, 120))])
    const preempted = ofKind(events, 'preempted')
    expect(preempted.map(event => event.requestId)).toEqual([1])
    expect(ofKind(events, 'scheduled').map(event => event.requestId)).toEqual([0, 1, 1])
    const prompts = ofKind(events, 'steps').reduce((sum, step) => sum + step.prefillTokens, 0)
    expect(prompts).toBeGreaterThan(200)
    expect(ofKind(events, 'finished').map(event => event.outputTokens)).toEqual([120, 120])
  })

  it('finds a prefix that another prompt has computed', () => {
    const shared = content(1, 2, 3, 4)
    const { events } = drive(smallSettings, [
      submitAt(0, request(0, 64, 2, { content: shared })),
      submitAt(100_000, request(1, 64, 2, { content: shared })),
    ])
    // A whole hit would leave nothing to compute: the last block is computed anew.
    expect(ofKind(events, 'scheduled').map(event => event.cachedTokens)).toEqual([0, 48])
  })

  it('lets urgent requests overtake by priority', () => {
    const settings: EngineSettings = {
      ...smallSettings,
      maximumSequences: 1,
      rules: { engine: 'vllm', policy: 'priority', longPrefillTokenThreshold: 0 },
    }
    const { events } = drive(settings, [
      submitAt(0, request(0, 10, 10)),
      submitAt(1, request(1, 10, 2, { priority: 1 })),
      submitAt(2, request(2, 10, 2, { priority: -1 })),
    ])
    expect(ofKind(events, 'finished').map(event => event.requestId)).toEqual([0, 2, 1])
  })
})

describe('SGLang', () => {
  const rules: SchedulerRules = { engine: 'sglang', policy: 'fcfs', conservativeness: 1, mixedChunk: false }

  it('computes prompts in steps of their own while decodes wait', () => {
    const { events } = drive({ ...smallSettings, blockTokens: 1, blocksPerRank: 4000, rules }, [
      submitAt(0, request(0, 10, 40)),
      submitAt(15_000, request(1, 300, 2)),
    ])
    const steps = ofKind(events, 'steps')
    expect(steps.some(step => step.prefillTokens > 0 && step.decodeSequences > 0)).toBe(false)
    expect(steps.filter(step => step.prefillTokens > 0).map(step => step.prefillTokens)).toEqual([
      10, 256, 44,
    ])
  })

  it('retracts the sequence with the fewest tokens when memory runs out', () => {
    const settings = {
      ...smallSettings,
      blockTokens: 1,
      blocksPerRank: 380,
      rules: { ...rules, conservativeness: 0.05 },
    }
    const { events } = drive(settings, [
      submitAt(0, request(0, 100, 120)),
      submitAt(50_000, request(1, 100, 120)),
    ])
    expect(ofKind(events, 'preempted')[0]).toMatchObject({ requestId: 1 })
    expect(ofKind(events, 'finished').map(event => event.outputTokens)).toEqual([120, 120])
  })
})

describe('TensorRT-LLM', () => {
  it('never evicts when it promised not to', () => {
    const settings: EngineSettings = {
      ...smallSettings,
      blocksPerRank: 20,
      rules: { engine: 'trtllm', policy: 'guaranteed-no-evict', chunkedContext: true },
    }
    const { events } = drive(settings, [submitAt(0, request(0, 100, 120)), submitAt(1, request(1, 100, 120))])
    expect(ofKind(events, 'preempted')).toEqual([])
    const [first, second] = ofKind(events, 'finished')
    expect(ofKind(events, 'scheduled')[1]!.atUs).toBeGreaterThanOrEqual(first!.atUs)
    expect(second!.outcome).toBe('served')
  })

  it('pauses whoever came last when it may', () => {
    const settings: EngineSettings = {
      ...smallSettings,
      blocksPerRank: 20,
      rules: { engine: 'trtllm', policy: 'max-utilization', chunkedContext: true },
    }
    const { events } = drive(settings, [submitAt(0, request(0, 100, 120)), submitAt(1, request(1, 100, 120))])
    expect(ofKind(events, 'preempted').length).toBeGreaterThan(0)
    expect(ofKind(events, 'finished').map(event => event.outcome)).toEqual(['served', 'served'])
  })

  it('refuses a prompt beyond max_num_tokens without chunked context', () => {
    const settings: EngineSettings = {
      ...smallSettings,
      rules: { engine: 'trtllm', policy: 'max-utilization', chunkedContext: false },
    }
    const { events } = drive(settings, [submitAt(0, request(0, 257, 1))])
    expect(ofKind(events, 'finished')[0]!.reason).toBe('prompt-exceeds-limit')
  })
})

describe('pools of their own', () => {
  it('a prefill pool holds the prompt until it was fetched', () => {
    const { events, engine } = drive(smallSettings, [
      submitAt(0, request(0, 100, 50, { role: 'prefill' })),
      { atUs: 80_000, input: { kind: 'release', requestId: 0 } },
    ])
    expect(ofKind(events, 'prefilled')).toEqual([
      { kind: 'prefilled', requestId: 0, atUs: 12_000, cacheTokens: 100 },
    ])
    expect(ofKind(events, 'finished')[0]).toMatchObject({ atUs: 80_000, outcome: 'served', outputTokens: 1 })
    expect(engine.state.cacheUse).toBe(0)
  })

  it('a decode pool starts behind the prompt and the first token', () => {
    const { events } = drive(smallSettings, [submitAt(0, request(0, 100, 5, { role: 'decode' }))])
    const steps = ofKind(events, 'steps')
    expect(steps.reduce((sum, step) => sum + step.prefillTokens, 0)).toBe(0)
    expect(steps.reduce((sum, step) => sum + step.steps, 0)).toBe(4)
    expect(ofKind(events, 'first-token')).toEqual([])
    expect(ofKind(events, 'finished')[0]!.outputTokens).toBe(5)
  })
})

describe('speculation', () => {
  it('emits the mean number of tokens per step', () => {
    const settings = { ...smallSettings, speculation: { draftTokens: 3, tokensPerStep: 2.5 } }
    const { events } = drive(settings, [submitAt(0, request(0, 10, 101))])
    const decode = ofKind(events, 'steps').filter(step => step.decodeSequences > 0)
    expect(decode.reduce((sum, step) => sum + step.steps, 0)).toBe(40)
    expect(ofKind(events, 'finished')[0]!.outputTokens).toBe(101)
  })
})

describe('trouble', () => {
  it('slows down, stalls and crashes', () => {
    const plain = ofKind(drive(smallSettings, [submitAt(0, request(0, 100, 11))]).events, 'finished')[0]!.atUs
    const slow = drive(smallSettings, [
      { atUs: 0, input: { kind: 'slow', factor: 2 } },
      submitAt(0, request(0, 100, 11)),
    ])
    expect(Math.abs(ofKind(slow.events, 'finished')[0]!.atUs - 2 * plain)).toBeLessThanOrEqual(2)
    const stalled = drive(smallSettings, [
      submitAt(0, request(0, 100, 11)),
      { atUs: 30_000, input: { kind: 'stall', untilUs: 80_000 } },
    ])
    expect(ofKind(stalled.events, 'finished')[0]!.atUs).toBe(plain + 50_000)
    const crashed = drive(smallSettings, [
      submitAt(0, request(0, 100, 11)),
      { atUs: 30_000, input: { kind: 'crash' } },
      submitAt(90_000, request(1, 100, 11)),
    ])
    expect(ofKind(crashed.events, 'finished').map(event => [event.outcome, event.atUs])).toEqual([
      ['failed', 30_000],
      ['served', 90_000 + plain],
    ])
  })
})

describe('slower tiers', () => {
  it('a prefix fetched from host memory waits for the link, and is not computed again', () => {
    const settings: EngineSettings = {
      ...smallSettings,
      blocksPerRank: 12,
      tiers: [
        {
          tier: 'host',
          blocksPerRank: 100,
          readBytesPerSecond: 1e6,
          writeBytesPerSecond: 1e9,
          blockBytes: 5000,
        },
      ],
    }
    const { events } = drive(settings, [
      submitAt(0, request(0, 128, 2, { content: content(1, 2, 3, 4, 5, 6, 7, 8) })),
      submitAt(100_000, request(1, 160, 2, { content: content(11, 12, 13, 14, 15, 16, 17, 18, 19, 20) })),
      submitAt(200_000, request(2, 128, 2, { content: content(1, 2, 3, 4, 5, 6, 7, 8) })),
    ])
    const third = ofKind(events, 'scheduled')[2]!
    expect(third.cachedTokens).toBe(112)
    expect(third.hostTokens).toBeGreaterThan(0)
    const first = ofKind(events, 'first-token').find(event => event.requestId === 2)!
    expect(first.atUs - 200_000).toBeGreaterThan(((third.hostTokens / 16) * 5000) / 1e6 / 1e-6)
  })
})

const randomInputs = fc
  .array(
    fc.record({
      gapUs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200_000 })),
      inputTokens: fc.integer({ min: 1, max: 700 }),
      outputTokens: fc.integer({ min: 1, max: 120 }),
      prefix: fc.integer({ min: 0, max: 3 }),
      priority: fc.integer({ min: -1, max: 1 }),
      cancelAfterUs: fc.option(fc.integer({ min: 0, max: 800_000 }), { freq: 4 }),
      role: fc.constantFrom('serve', 'serve', 'serve', 'decode' as const),
    }),
    { maxLength: 25 },
  )
  .map(rows => {
    const inputs: TimedInput[] = []
    let atUs = 0
    for (const [id, row] of rows.entries()) {
      atUs += row.gapUs
      const blocks = Array.from({ length: Math.ceil(row.inputTokens / 16) }, (_, index) =>
        index < 10 ? row.prefix * 100 + index : 1_000_000 + id * 1000 + index,
      )
      inputs.push(
        submitAt(
          atUs,
          request(id, row.inputTokens, row.outputTokens, {
            content: row.prefix === 0 ? null : { tokensPerBlock: 16, blockIds: blocks },
            priority: row.priority,
            role: row.role as 'serve' | 'decode',
          }),
        ),
      )
      if (row.cancelAfterUs !== null)
        inputs.push({ atUs: atUs + row.cancelAfterUs, input: { kind: 'cancel', requestId: id } })
    }
    return inputs.sort((a, b) => a.atUs - b.atUs)
  })

const randomSettings = fc.record({
  rules: fc.constantFrom(...allRules),
  ranks: fc.constantFrom(1, 1, 3),
  blocksPerRank: fc.integer({ min: 52, max: 200 }),
  maximumSequences: fc.integer({ min: 1, max: 12 }),
  speculation: fc.constantFrom(null, null, { draftTokens: 2, tokensPerStep: 1.7 }),
  prefixCaching: fc.boolean(),
  tiers: fc.constantFrom(
    [],
    [
      {
        tier: 'host' as const,
        blocksPerRank: 60,
        readBytesPerSecond: 1e7,
        writeBytesPerSecond: 1e7,
        blockBytes: 9000,
      },
    ],
  ),
})

/** What decisions and their times were, without how steps were grouped. */
function decisions(events: readonly EngineEvent[]): unknown[] {
  return events.filter(event => event.kind !== 'steps')
}

describe('any engine, any load', () => {
  it('serves everyone exactly once, and everything adds up after every event', () => {
    fc.assert(
      fc.property(randomSettings, randomInputs, (random, inputs) => {
        const settings = { ...smallSettings, ...random }
        const { events, engine } = drive(settings, inputs, undefined, current => current.checkInvariants())
        const submitted = inputs.filter(({ input }) => input.kind === 'submit')
        const finished = ofKind(events, 'finished')
        expect(new Set(finished.map(event => event.requestId)).size).toBe(finished.length)
        expect(finished.length).toBe(submitted.length)
        expect(engine.state).toMatchObject({ waiting: 0, running: 0, pendingPromptTokens: 0, cacheUse: 0 })
        const decodeIds = new Set(
          submitted.flatMap(({ input }) =>
            input.kind === 'submit' && input.request.role === 'decode' ? [input.request.id] : [],
          ),
        )
        const told = finished.reduce(
          (sum, event) =>
            sum + event.outputTokens - (decodeIds.has(event.requestId) && event.outputTokens > 0 ? 1 : 0),
          0,
        )
        const emitted = ofKind(events, 'steps').reduce((sum, event) => sum + event.outputTokens, 0)
        expect(emitted).toBe(told)
      }),
      { numRuns: 150 },
    )
  })

  it('decides the same whether steps are skipped or taken one by one', () => {
    fc.assert(
      fc.property(randomSettings, randomInputs, (random, inputs) => {
        const settings = { ...smallSettings, ...random }
        const skipping = drive({ ...settings, skipEvents: true }, inputs)
        const stepping = drive({ ...settings, skipEvents: false }, inputs)
        expect(decisions(stepping.events)).toEqual(decisions(skipping.events))
        const energy = (events: readonly EngineEvent[]) =>
          ofKind(events, 'steps').reduce((sum, event) => sum + event.joules, 0)
        expect(energy(stepping.events)).toBeCloseTo(energy(skipping.events), 6)
      }),
      { numRuns: 150 },
    )
  })
})
