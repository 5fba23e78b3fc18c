/** When what is counted, from events written by hand: a step of 10 ms after another. */
import { describe, expect, test } from 'vitest'
import type { EngineEvent, StepsEvent } from '../../engine/types.ts'
import { engineSettings, fleetSettings, pool, request } from '../../fleet/fleet.fixture.ts'
import { createFleet } from '../../fleet/fleet.ts'
import { type Book, createBook } from './book.ts'
import type { Histogram } from './histogram.ts'
import { plainParameters, telemetrySettings } from './telemetry.fixture.ts'

const stepUs = 10_000

function open(change: Parameters<typeof engineSettings>[0] = {}): Book {
  const settings = fleetSettings({ pools: [pool({ engine: engineSettings(change) })] })
  const ignore = () => {}
  return createBook(telemetrySettings(settings, createFleet(settings)), {
    appeared: ignore,
    crashed: ignore,
    cacheChanged: ignore,
  })
}

function metricsOf(book: Book) {
  book.closeSteps()
  return book.entry(0, 0).metrics
}

/** The k-th step, k from 1; what is not said is nothing. */
function step(k: number, change: Partial<StepsEvent>): StepsEvent {
  return {
    kind: 'steps',
    startUs: (k - 1) * stepUs,
    atUs: k * stepUs,
    steps: 1,
    decodeSequences: 0,
    prefillTokens: 0,
    outputTokens: 0,
    joules: 0,
    prefillUs: 0,
    waiting: 0,
    running: 0,
    cacheUse: 0,
    ...change,
  }
}

function tell(book: Book, ...events: EngineEvent[]): void {
  for (const event of events) book.record({ kind: 'engine', replica: 0, event })
}

function submit(book: Book, outputTokens = 10, inputTokens = 100): number {
  const submitted = request({ inputTokens, outputTokens })
  book.submit(submitted, plainParameters)
  book.record({ kind: 'routed', requestId: submitted.id, atUs: 0, replica: 0 })
  return submitted.id
}

function scheduled(requestId: number, k: number, cachedTokens = 0, hostTokens = 0): EngineEvent {
  return { kind: 'scheduled', requestId, atUs: (k - 1) * stepUs, cachedTokens, hostTokens }
}
function first(requestId: number, k: number): EngineEvent {
  return { kind: 'first-token', requestId, atUs: k * stepUs }
}

/** Count by value, ms: sums of distinct gaps tell them apart. */
function gaps(histogram: Histogram): { count: number; sumMs: number } {
  return { count: histogram.count, sumMs: Math.round(histogram.sum * 1e6) / 1e3 }
}

describe('gaps between tokens', () => {
  test('are the steps, for all that decode', () => {
    const book = open()
    const [a, b] = [submit(book), submit(book)]
    tell(book, scheduled(a, 1), scheduled(b, 1), first(a, 1), first(b, 1), step(1, { outputTokens: 2 }))
    tell(book, step(2, { decodeSequences: 2, outputTokens: 2 }))
    tell(book, step(3, { decodeSequences: 2, outputTokens: 2 }))
    expect(gaps(metricsOf(book).histograms.interTokenSeconds)).toEqual({ count: 4, sumMs: 40 })
  })

  test('are the same whether steps are told one by one or together', () => {
    const told = (events: StepsEvent[]) => {
      const book = open()
      const a = submit(book)
      tell(book, scheduled(a, 1), first(a, 1), step(1, { outputTokens: 1 }), ...events)
      return metricsOf(book).histograms.interTokenSeconds
    }
    const one = told([2, 3, 4].map(k => step(k, { decodeSequences: 1, outputTokens: 1 })))
    const together = told([
      { ...step(2, { decodeSequences: 1, outputTokens: 3 }), steps: 3, atUs: 4 * stepUs },
    ])
    expect(together).toEqual(one)
  })

  test('hold the prompts that an engine puts between decodes, but for those whose prompts they were', () => {
    const book = open()
    const [a, b] = [submit(book), submit(book)]
    tell(book, scheduled(a, 1), first(a, 1), step(1, { outputTokens: 1 }))
    tell(book, step(2, { decodeSequences: 1, outputTokens: 1 }))
    tell(book, scheduled(b, 3), first(b, 3), step(3, { outputTokens: 1 }))
    tell(book, step(4, { decodeSequences: 2, outputTokens: 2 }))
    // a: 10 and 20 ms; b: 10 ms.
    expect(gaps(metricsOf(book).histograms.interTokenSeconds)).toEqual({ count: 3, sumMs: 40 })
  })

  test('do not care whether first tokens are told before or after their step', () => {
    const told = (late: boolean) => {
      const book = open()
      const [a, b] = [submit(book), submit(book)]
      tell(book, scheduled(a, 1), first(a, 1), step(1, { outputTokens: 1 }))
      const mixed = step(2, { decodeSequences: 1, outputTokens: 2, prefillTokens: 100 })
      tell(book, scheduled(b, 2), ...(late ? [mixed, first(b, 2)] : [first(b, 2), mixed]))
      tell(book, step(3, { decodeSequences: 2, outputTokens: 2 }))
      const { iterationTokens, interTokenSeconds } = metricsOf(book).histograms
      return { iterationTokens, interTokenSeconds }
    }
    expect(told(true)).toEqual(told(false))
    expect(told(true).iterationTokens.sum).toBe(101 + 102 + 2)
    expect(gaps(told(true).interTokenSeconds)).toEqual({ count: 3, sumMs: 30 })
  })

  test('do not exist for requests of one token', () => {
    const book = open()
    const [a, b] = [submit(book, 1), submit(book)]
    tell(book, scheduled(b, 1), first(b, 1), step(1, { outputTokens: 1 }))
    tell(book, step(2, { decodeSequences: 1, outputTokens: 1 }))
    tell(book, scheduled(a, 3), first(a, 3), step(3, { outputTokens: 1 }))
    tell(book, step(4, { decodeSequences: 1, outputTokens: 1 }))
    expect(gaps(metricsOf(book).histograms.interTokenSeconds)).toEqual({ count: 2, sumMs: 30 })
  })

  test('of preempted requests hold the time they waited', () => {
    const book = open()
    const [a, b] = [submit(book), submit(book)]
    tell(book, scheduled(a, 1), scheduled(b, 1), first(a, 1), first(b, 1), step(1, { outputTokens: 2 }))
    tell(book, { kind: 'preempted', requestId: b, atUs: stepUs })
    for (const k of [2, 3, 4]) tell(book, step(k, { decodeSequences: 1, outputTokens: 1 }))
    tell(book, scheduled(b, 5, 96), step(5, { decodeSequences: 1, outputTokens: 2, prefillTokens: 5 }))
    tell(book, step(6, { decodeSequences: 2, outputTokens: 2 }))
    const metrics = metricsOf(book)
    // a: five of 10 ms; b: 40 ms, then 10 ms.
    expect(gaps(metrics.histograms.interTokenSeconds)).toEqual({ count: 7, sumMs: 100 })
    expect(metrics.preemptions).toBe(1)
    expect(metrics.resumed.size + metrics.preempted.size).toBe(0)
  })

  test('of preempted requests that ended are forgotten', () => {
    const book = open()
    const a = submit(book)
    tell(book, scheduled(a, 1), first(a, 1), step(1, { outputTokens: 1 }))
    tell(book, { kind: 'preempted', requestId: a, atUs: stepUs })
    tell(book, {
      kind: 'finished',
      requestId: a,
      atUs: stepUs,
      outcome: 'cancelled',
      reason: 'cancelled',
      outputTokens: 1,
    })
    expect(metricsOf(book).preempted.size).toBe(0)
  })

  test('are one a step under speculation, however many tokens it brings', () => {
    const book = open({ speculation: { draftTokens: 3, tokensPerStep: 2.5 } })
    const a = submit(book)
    tell(book, scheduled(a, 1), first(a, 1), step(1, { outputTokens: 1 }))
    tell(book, { ...step(2, { decodeSequences: 1, outputTokens: 5 }), steps: 2, atUs: 3 * stepUs })
    const metrics = metricsOf(book)
    expect(gaps(metrics.histograms.interTokenSeconds)).toEqual({ count: 2, sumMs: 20 })
    expect(metrics.generationTokens).toBe(6)
  })
})

describe('tokens of prompts', () => {
  test('are asked of the cache once, and told apart by where they came from', () => {
    const book = open({
      tiers: [
        { tier: 'host', blocksPerRank: 10, readBytesPerSecond: 1e9, writeBytesPerSecond: 1e9, blockBytes: 1 },
      ],
    })
    const a = submit(book)
    tell(book, scheduled(a, 1, 48, 16), { kind: 'preempted', requestId: a, atUs: 0 }, scheduled(a, 1, 48, 16))
    tell(book, first(a, 1), step(1, { outputTokens: 1 }))
    expect(metricsOf(book)).toMatchObject({
      cacheQueryTokens: 100,
      cacheHitTokens: 32,
      externalQueryTokens: 68,
      externalHitTokens: 16,
      promptTokens: 100,
      computedTokens: 52,
      localCacheTokens: 32,
      externalCacheTokens: 16,
    })
  })

  test('are not asked of a cache that is off', () => {
    const book = open({ prefixCaching: false })
    const a = submit(book)
    tell(book, scheduled(a, 1), first(a, 1), step(1, { outputTokens: 1 }))
    expect(metricsOf(book)).toMatchObject({ cacheQueryTokens: 0, promptTokens: 100 })
  })
})

describe('misuse', () => {
  test('events of requests nobody submitted are refused', () => {
    const book = open()
    expect(() => book.record({ kind: 'routed', requestId: 12_345, atUs: 0, replica: 0 })).toThrow('onSubmit')
  })

  test('requests are submitted once, and to replicas there are', () => {
    const book = open()
    const twice = request()
    book.submit(twice, plainParameters)
    expect(() => book.submit(twice, plainParameters)).toThrow('once')
    expect(() => book.record({ kind: 'routed', requestId: twice.id, atUs: 0, replica: 9 })).toThrow(
      'replica 9',
    )
  })
})
