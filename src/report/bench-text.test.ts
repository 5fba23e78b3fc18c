import { describe, expect, test } from 'vitest'
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { benchFixture, plainFixture, searchFixture, speechFixture, unservedFixture } from './bench.fixture.ts'
import { failing, verdictOf } from './bench-checks.fixture.ts'
import { pointTable } from './bench-facts.ts'
import { benchHeadline, bestPoint, isGoodBench } from './bench-headline.ts'
import { benchLatencyTable } from './bench-latency-facts.ts'
import { renderBenchText } from './bench-text.ts'
import { displayWidth } from './display-width.ts'
import { plainStyle } from './text-style.ts'

const text = (result: BenchResult, width = 100) => renderBenchText(result, { width, style: plainStyle })

const all: Readonly<Record<string, BenchResult>> = {
  several: benchFixture,
  plain: plainFixture,
  search: searchFixture,
  speech: speechFixture,
  unserved: unservedFixture,
}

function changed(result: BenchResult, change: (point: BenchPoint) => Partial<BenchPoint>): BenchResult {
  return { ...result, points: result.points.map(point => ({ ...point, ...change(point) })) }
}

describe('a measurement for a terminal', () => {
  test('golden, 100 columns', async () => {
    await expect(text(searchFixture)).toMatchFileSnapshot('goldens/bench.txt')
  })

  test('golden, nothing served', async () => {
    await expect(text(unservedFixture)).toMatchFileSnapshot('goldens/bench-unserved.txt')
  })

  test.for([72, 100, 120])('every text fits %i columns', width => {
    for (const [name, result] of Object.entries(all))
      for (const line of text(result, width).split('\n'))
        expect(displayWidth(line), `${name}: ${line}`).toBeLessThanOrEqual(width)
  })

  test.for([72, 100, 120])('no load is cut short and no column is lost at %i columns', width => {
    const page = text(benchFixture, width)
    for (const { load } of benchFixture.points) expect(page).toContain(load.name)
    for (const { header } of pointTable(benchFixture).columns) expect(page).toContain(header)
  })

  test('sentences of checks are joined as sentences', () => {
    expect(text(benchFixture).replaceAll(/\s+/g, ' ')).toContain('rejected or failed. See the reasons')
    expect(text(benchFixture)).not.toMatch(/\.;|\.\./)
  })

  test('words of a server steer no terminal', () => {
    const endpoint = { ...plainFixture.endpoint, engine: 'x\u001b[2J', model: 'a\nb' }
    const page = text({ ...plainFixture, endpoint })
    expect(page).not.toContain('\u001b')
    expect(page).toContain('a b')
  })

  test('names of ten thousand letters leave the tables within the width', () => {
    const long = 'n'.repeat(10_000)
    const page = text(
      changed(benchFixture, ({ load }) => ({ load: { ...load, name: long } })),
      100,
    )
    const table = page.slice(page.indexOf('\nLoads'), page.indexOf('\nObjectives'))
    for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(100)
  })
})

describe('the headline', () => {
  test('the cheapest load that can be trusted and meets the objectives', () => {
    expect(bestPoint(benchFixture)?.load.name).toBe('concurrency 32')
    expect(benchHeadline(benchFixture)).toMatch(/^\$0\.67\d per million tokens at concurrency 32,/)
    expect(isGoodBench(benchFixture)).toBe(true)
  })

  test('without objectives the cheapest, but none that is invalid while others are not', () => {
    const free = changed({ ...benchFixture, objectives: [] }, ({ summary }) => ({
      summary: { ...summary, objectives: [] },
    }))
    expect(bestPoint(free)?.load.name).toBe('concurrency 64')
    expect(benchHeadline(free)).toContain('suspect')
    const invalid = changed(free, () => ({ verdict: verdictOf(failing) }))
    expect(bestPoint(invalid)?.load.name).toBe('concurrency 128')
    expect(isGoodBench(invalid)).toBe(false)
  })

  test('objectives that only an untrusted load meets are not called met', () => {
    const met = changed(benchFixture, ({ load, summary }) => ({
      summary: {
        ...summary,
        objectives: summary.objectives.map(one => ({ ...one, met: load.concurrency === 128 })),
      },
    }))
    expect(benchHeadline(met)).toContain('no load that can be trusted meets every objective')
  })

  test('what a search found comes first', () => {
    const found = { ...searchFixture, search: { ...searchFixture.search!, best: 0 } }
    expect(bestPoint(found)).toBe(found.points[0])
  })

  test('speech is told by the hour of audio, without prices by tokens', () => {
    expect(benchHeadline(speechFixture)).toContain('$0.00710 per hour of audio at concurrency 32, E2E p95')
    expect(benchHeadline(plainFixture)).toMatch(/^\d+ output tokens\/s at 2 requests\/s, TTFT p95/)
    expect(benchHeadline(unservedFixture)).toBe('No request was served: nothing was measured.')
  })
})

describe('the table of latencies', () => {
  const [first] = benchFixture.points as [BenchPoint]
  const withP50 = (interval: { lowMs: number | null; highMs: number | null }, valueMs = 1234) => {
    const { summary, intervals } = first
    const ttft = { ...summary.latency.ttftService, p50Ms: valueMs }
    return {
      ...first,
      summary: { ...summary, latency: { ...summary.latency, ttftService: ttft } },
      intervals: {
        ...intervals,
        ttftService: [{ q: 0.5, valueMs, valueWithErrorsMs: null, ...interval }],
      },
    }
  }
  const second = (point: BenchPoint) => benchLatencyTable(benchFixture, point).rows[1]!

  test('an interval has the unit of its percentile', () => {
    expect(second(withP50({ lowMs: 990, highMs: 1500 }))[2]).toBe('0.990–1.50')
    expect(second(withP50({ lowMs: 90, highMs: 1500 }, 100))[2]).toBe('90.0–1,500')
    expect(second(withP50({ lowMs: 0.04, highMs: 0.2 }, 0.05))[2]).toBe('40.0–200')
  })

  test('what the sample cannot bound is open; nothing to say has no row', () => {
    expect(second(withP50({ lowMs: 990, highMs: null }))[2]).toBe('0.990–…')
    expect(second(withP50({ lowMs: null, highMs: null }))[0]).toBe('TPOT')
  })

  test('lost requests count as never answered', () => {
    const lossy = benchFixture.points.at(-1)!
    const lost = benchLatencyTable(benchFixture, lossy).rows.filter(([name]) => name === '  + lost')
    expect(lost).toHaveLength(3)
    // 50 of 400 failed: the median is that of a later request, p95 lies among those never answered.
    expect(lost[0]![2]).toMatch(/ms$/)
    expect(lost[0]!.slice(3, 5)).toEqual(['never', 'never'])
    expect(benchLatencyTable(benchFixture, first).rows.some(([name]) => name === '  + lost')).toBe(false)
  })

  test('an open loop tells both clocks', () => {
    const names = benchLatencyTable(plainFixture, plainFixture.points[0]!).rows.map(([name]) => name)
    expect(names.filter(name => name !== '')).toEqual(['TTFT', 'TPOT', 'ITL', 'E2E', 'TTFT sent', 'E2E sent'])
  })
})
