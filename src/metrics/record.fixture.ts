/** Records for the metrics tests: one served request, and runs of them. */
import fc from 'fast-check'
import type { RequestRecord } from './record.ts'

/** Due at 1 s, sent at 1.1 s, started at 1.15 s, first token at 1.3 s, eleven tokens until 1.8 s, over at 1.81 s. */
export function record(overrides: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 0,
    tenant: '',
    model: 'm',
    session: -1,
    turn: 0,
    inputTokens: 100,
    cachedTokens: 40,
    requestedOutputTokens: 11,
    outputTokens: 11,
    scheduledUs: 1_000_000,
    sentUs: 1_100_000,
    startedUs: 1_150_000,
    firstTokenUs: 1_300_000,
    lastTokenUs: 1_800_000,
    endedUs: 1_810_000,
    outcome: 'served',
    reason: '',
    replica: 0,
    preemptions: 0,
    ...overrides,
  }
}

/** Nothing of it happened: turned away at once. */
export function rejected(overrides: Partial<RequestRecord> = {}): RequestRecord {
  return record({
    outcome: 'rejected',
    reason: 'queue-full',
    cachedTokens: 0,
    outputTokens: 0,
    startedUs: Number.NaN,
    firstTokenUs: Number.NaN,
    lastTokenUs: Number.NaN,
    endedUs: 1_100_000,
    replica: -1,
    ...overrides,
  })
}

/** The n-th of a steady stream: sent every gapUs, first token after 200 ms, 11 tokens in 500 ms more. */
export function streamed(id: number, gapUs: number, overrides: Partial<RequestRecord> = {}): RequestRecord {
  const sentUs = id * gapUs
  return record({
    id,
    scheduledUs: sentUs,
    sentUs,
    startedUs: sentUs + 50_000,
    firstTokenUs: sentUs + 200_000,
    lastTokenUs: sentUs + 700_000,
    endedUs: sentUs + 700_000,
    ...overrides,
  })
}

/** Any record whose times are in order, of any outcome. */
export const anyRecord: fc.Arbitrary<RequestRecord> = fc
  .record({
    id: fc.nat(10_000),
    tenant: fc.constantFrom('a', 'b', 'c'),
    inputTokens: fc.integer({ min: 1, max: 100_000 }),
    cachedShare: fc.double({ min: 0, max: 1, noNaN: true }),
    outputTokens: fc.integer({ min: 1, max: 5_000 }),
    scheduledUs: fc.nat(10 ** 8),
    waits: fc.tuple(fc.nat(10 ** 6), fc.nat(10 ** 7), fc.nat(10 ** 7), fc.nat(10 ** 8), fc.nat(1000)),
    outcome: fc.constantFrom('served', 'served', 'served', 'rejected', 'failed', 'cancelled'),
    preemptions: fc.nat(3),
  })
  .map(({ cachedShare, waits, scheduledUs, outcome, ...rest }) => {
    const [late, queue, prompt, generation, tail] = waits
    const sentUs = scheduledUs + late
    const firstTokenUs = sentUs + queue + prompt
    const lastTokenUs = firstTokenUs + (rest.outputTokens > 1 ? generation : 0)
    const whole = record({
      ...rest,
      cachedTokens: Math.floor(rest.inputTokens * cachedShare),
      scheduledUs,
      sentUs,
      startedUs: sentUs + queue,
      firstTokenUs,
      lastTokenUs,
      endedUs: lastTokenUs + tail,
    })
    if (outcome === 'served') return whole
    if (outcome !== 'rejected') return { ...whole, outcome, reason: outcome }
    const { id, tenant, inputTokens } = whole
    return rejected({ id, tenant, inputTokens, scheduledUs, sentUs, endedUs: sentUs })
  })
