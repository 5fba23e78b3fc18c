import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { benchFixture, plainFixture, searchFixture, speechFixture, unservedFixture } from './bench.fixture.ts'
import { renderBenchHtml } from './bench-html.ts'

const sections = (page: string) => [...page.matchAll(/<h2>([^<]*)<\/h2>/g)].map(match => match[1])

describe('the page of a measurement', () => {
  test('tells in the order in which a reader asks', () => {
    expect(sections(renderBenchHtml(searchFixture))).toEqual([
      'Cost and speed',
      'Loads',
      'Objectives at concurrency 32',
      'Best load: concurrency 32',
      'Other loads',
      'Not served',
      'The search',
      'What the figures mean',
      'How it was measured',
    ])
  })

  test('what was not asked for or not measured has no section', () => {
    expect(sections(renderBenchHtml(plainFixture))).toEqual([
      'Loads',
      'What was measured',
      'What the figures mean',
      'How it was measured',
    ])
    const unserved = renderBenchHtml(unservedFixture)
    expect(unserved).toContain('No request was served')
    expect(unserved).toContain('timeout')
    expect(unserved).not.toContain('Percentiles with')
  })

  test('asks nothing of the network and runs no script', () => {
    expect(renderBenchHtml(searchFixture)).not.toMatch(/<script|<link|<img|@import|url\(|src=|href=/)
  })

  test('verdicts differ in shape and word', () => {
    const [, figure] = /<svg([\s\S]*?)<\/svg>/.exec(renderBenchHtml(benchFixture))!
    expect(figure!.match(/<circle[^>]*class="point/g)).toHaveLength(3)
    expect(figure!.match(/class="point \w+ diamond"/g)).toHaveLength(1)
    expect(figure!.match(/class="point \w+ cross"/g)).toHaveLength(1)
    expect(figure).toContain('>concurrency 64, suspect</text>')
    expect(figure).toContain('>concurrency 128, invalid</text>')
    expect(figure).toContain('class="band-area"')
  })

  test('every load is there, all but the best folded', () => {
    const page = renderBenchHtml(benchFixture)
    expect(page.match(/<details/g)).toHaveLength(4)
    expect(page).toContain('<details class="load"><summary>concurrency 128<small>')
    expect(page.match(/Percentiles with their confidence intervals\./g)).toHaveLength(5)
  })

  test('checks that passed are told too, with value and limit', () => {
    const page = renderBenchHtml(plainFixture)
    expect(page).toContain('<td>event loop delay</td><td>valid</td>')
    expect(page).toContain('≤ 85 %')
    expect(page).toContain('≥ 381')
  })

  test('speech has its errors by language and no dollars per token', () => {
    const page = renderBenchHtml(speechFixture)
    expect(page).toContain('$ per hour of audio')
    expect(page).toContain('<td>de</td>')
    expect(page).not.toContain('per million tokens')
  })

  test('a single load beside a prediction is drawn with its band', () => {
    const [point] = benchFixture.points
    expect(renderBenchHtml({ ...benchFixture, points: [point!] })).toContain('class="band"')
    expect(renderBenchHtml({ ...benchFixture, points: [{ ...point!, prediction: null }] })).not.toContain(
      'Cost against interactivity',
    )
  })

  test('text of others is escaped, wherever it comes from', () => {
    const evil = `<script>alert(1)</script>"&'${'x'.repeat(10_000)}`
    const page = renderBenchHtml(withText(searchFixture, evil))
    expect(page).not.toContain('<script')
    expect(page).not.toMatch(/alert\(1\)<|"&'/)
    expect(page.split('&lt;script&gt;').length).toBeGreaterThan(40)
  })

  test('names of ten thousand letters are cut where a heading or a figure names them', () => {
    const page = renderBenchHtml(withText(benchFixture, 'n'.repeat(10_000)))
    for (const [text] of page.matchAll(/<(h1|h2|title|text)[ >][^<]*/g)) expect(text.length).toBeLessThan(400)
  })

  test('no control character gets through', () => {
    const page = renderBenchHtml(withText(plainFixture, 'a\u0000\u001b\u202eb'))
    for (const control of ['\u0000', '\u001b', '\u202e']) expect(page.includes(control)).toBe(false)
    expect(page).toContain('a�b')
  })
})

/** The same text wherever strings of users, servers or files stand. */
function withText(result: BenchResult, text: string): BenchResult {
  const of = (point: BenchPoint): BenchPoint => ({
    ...point,
    load: { ...point.load, name: text },
    summary: { ...point.summary, requests: { ...point.summary.requests, byReason: { [text]: 3 } } },
    tokens: {
      ...point.tokens,
      client: { ...point.tokens.client, tokenizer: text },
      counters: {
        engine: text,
        rows: point.tokens.counters!.rows.map(row => ({ ...row, metric: text })),
        resetSeen: false,
        reconciles: false,
        explanation: text,
      },
    },
    verdict: {
      level: 'suspect',
      checks: point.verdict.checks.map(check => ({
        ...check,
        level: 'suspect',
        unit: text,
        finding: text,
        fix: text,
      })),
    },
    cost: point.cost && {
      ...point.cost,
      hardware: text,
      priceSource: text,
      allocationBasis: text,
      notCounted: [text],
      breakEven: point.cost.breakEven.map(offer => ({ ...offer, provider: text, model: text })),
    },
    energy: point.energy && { ...point.energy, source: text, warnings: [text] },
    prediction: point.prediction && { ...point.prediction, deployment: text },
  })
  return {
    ...result,
    tokenwrightVersion: text,
    startedAt: text,
    command: text,
    seed: text,
    endpoint: {
      ...result.endpoint,
      url: text,
      endpoint: text,
      model: text,
      engine: text,
      engineVersion: text,
    },
    search: result.search && { ...result.search, stoppedBecause: text },
    points: result.points.map(of),
  }
}

describe('whatever was measured', () => {
  // Clocks and counters have a least step: a µs, a token.
  const ms = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e9, noNaN: true }))
  const latency = fc
    .record({
      count: fc.integer({ min: 1, max: 9 }),
      meanMs: fc.option(ms),
      minimumMs: fc.option(ms),
      p50Ms: fc.option(ms),
      p90Ms: fc.option(ms),
      p95Ms: fc.option(ms),
      p99Ms: fc.option(ms),
      maximumMs: fc.option(ms),
    })
    .map(summary => ({ ...summary, percentiles: 'exact' as const }))
  const interval = fc.record({
    q: fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999),
    valueMs: fc.option(ms),
    lowMs: fc.option(ms),
    highMs: fc.option(ms),
    valueWithErrorsMs: fc.option(ms),
  })
  const intervals = fc.array(interval, { maxLength: 5 })
  const row = (bins: number) => fc.array(ms, { minLength: bins, maxLength: bins })
  const timeline = fc.integer({ min: 1, max: 20 }).chain(bins =>
    fc
      .record({
        binSeconds: fc.constantFrom(0.001, 1, 3600),
        inFlight: row(bins),
        cacheUse: fc.constant(Array.from({ length: bins }, () => null)),
        watts: fc.array(fc.option(ms), { minLength: bins, maxLength: bins }),
        inputTokensPerSecond: row(bins),
        outputTokensPerSecond: row(bins),
        requestsPerSecond: row(bins),
        goodRequestsPerSecond: row(bins),
        endShare: fc.double({ min: 0.01, max: 1, noNaN: true }),
      })
      .map(({ endShare, ...rest }) => ({
        ...rest,
        running: rest.inFlight.map(() => 0),
        waiting: rest.inFlight.map(() => 0),
        endSeconds: rest.binSeconds * (bins - 1 + endShare),
      })),
  )
  const [dear] = benchFixture.points as [BenchPoint]
  const anyPoint = fc
    .record({
      timeline,
      ttft: latency,
      tpot: latency,
      endToEnd: latency,
      intervals,
      perUser: fc.option(ms),
      price: fc.option(fc.double({ min: 1e-6, max: 1e6, noNaN: true })),
      steady: fc.boolean(),
      rate: fc.option(ms),
      level: fc.constantFrom('valid', 'suspect', 'invalid'),
      keeps: fc.record({ energy: fc.boolean(), prediction: fc.boolean(), curves: fc.boolean() }),
    })
    .map(
      (any): BenchPoint => ({
        ...dear,
        timeline: any.timeline,
        verdict: { level: any.level as 'valid', checks: [] },
        curves: any.keeps.curves ? dear.curves : null,
        energy: any.keeps.energy ? dear.energy : null,
        prediction: any.keeps.prediction ? dear.prediction : null,
        cost:
          any.price === null
            ? null
            : { ...dear.cost!, perMillionTokens: { ...dear.cost!.perMillionTokens, blended: any.price } },
        intervals: {
          confidence: 0.95,
          ttftService: any.intervals,
          ttftResponse: any.intervals,
          tpot: any.intervals,
          endToEndService: any.intervals,
          endToEndResponse: any.intervals,
        },
        summary: {
          ...dear.summary,
          steady: any.steady ? dear.summary.steady : null,
          fullRun: {
            ...dear.summary.fullRun,
            totalTokensPerSecond: any.rate,
            outputTokensPerSecond: any.rate,
            requestsPerSecond: any.rate,
          },
          interactivity: { ...dear.summary.interactivity, p50: any.perUser },
          latency: {
            ...dear.summary.latency,
            ttftService: any.ttft,
            ttftResponse: any.ttft,
            tpot: any.tpot,
            endToEndService: any.endToEnd,
            endToEndResponse: any.endToEnd,
          },
        },
      }),
    )

  test('no figure is undefined or not a number', () => {
    fc.assert(
      fc.property(
        fc.array(anyPoint, { maxLength: 3 }),
        fc.constantFrom('service', 'response'),
        (points, clock) => {
          const page = renderBenchHtml({ ...benchFixture, points, clock: clock as 'service' })
          expect(/.{0,80}(NaN|undefined|Infinity|∞|null).{0,20}/.exec(page)?.[0]).toBeUndefined()
        },
      ),
      { numRuns: 15 },
    )
  })
})
