import { describe, expect, test } from 'vitest'
import { simulationFixture } from './simulation.fixture.ts'
import { replicaCounts } from './simulation-figure-replicas.ts'
import { billPartsFigure, latencyFigure, notServedFigure } from './simulation-figures.ts'
import type { LatencyCurves, SimulationReport } from './simulation-report.ts'
import { type TimeMark, type TimePanel, timePanels } from './svg-time-panels.ts'

/** Texts of a figure and where they stand. */
function texts(svg: string): { readonly x: number; readonly y: number; readonly text: string }[] {
  return [...svg.matchAll(/<text x="([^"]+)" y="([^"]+)"[^>]*>([^<]*)/g)].map(([, x, y, text]) => ({
    x: Number(x),
    y: Number(y),
    text: text!,
  }))
}

function drawn(curves: LatencyCurves, objectives: SimulationReport['objectives'] = []): string {
  return latencyFigure({ ...simulationFixture, curves, objectives })?.html ?? ''
}

describe('latency curves', () => {
  const flat = (ms: number) => Array.from({ length: 11 }, () => ms)

  test('names of curves that end alike do not touch', () => {
    const svg = drawn({ ttft: flat(100), tpot: flat(101), interToken: flat(102), endToEnd: flat(103) })
    const names = texts(svg).filter(({ text }) => ['TTFT', 'TPOT', 'ITL', 'end to end'].includes(text))
    const heights = names.map(({ y }) => y).sort((a, b) => a - b)
    expect(names).toHaveLength(4)
    for (let index = 1; index < 4; index++)
      expect(heights[index]! - heights[index - 1]!).toBeGreaterThanOrEqual(15)
  })

  test('a limit far from every curve is on the axis, and named', () => {
    const svg = drawn({ ttft: flat(5), tpot: null, interToken: null, endToEnd: null }, [
      { metric: 'ttft', statistic: 'p95', limitMs: 60_000 },
    ])
    expect(svg).toContain('TTFT p95 &lt; 60 s')
    const [, level] = /class="limit series-1"[^>]* y1="([^"]+)"/.exec(svg)!
    expect(Number(level)).toBeGreaterThanOrEqual(14)
  })

  test('nothing measured, or all of it 0: no figure', () => {
    expect(drawn({ ttft: null, tpot: null, interToken: null, endToEnd: null })).toBe('')
    expect(drawn({ ttft: flat(0), tpot: null, interToken: null, endToEnd: null })).toBe('')
  })

  test('a curve from 0 starts at the foot of the axis', () => {
    const svg = drawn({ ttft: [0, 10, 20], tpot: null, interToken: null, endToEnd: null })
    expect(svg).toMatch(/points="52,286 /)
  })
})

describe('panels over time', () => {
  const panel: TimePanel = {
    heading: 'things',
    reach: 1,
    series: [
      {
        name: '',
        shape: 'line',
        color: 'series-1',
        points: [
          { seconds: 1, value: 5 },
          { seconds: 2, value: null },
          { seconds: 3, value: 7 },
          { seconds: 4, value: 6 },
        ],
      },
    ],
  }
  const draw = (marks: readonly TimeMark[], endSeconds = 5, panels = [panel]) =>
    timePanels(panels, { title: 't', description: 'd', endSeconds, marks, window: null }).html

  test('a gap where nothing is known', () => {
    const svg = draw([])
    expect(svg.match(/<polyline/g)).toHaveLength(1)
    expect(svg.match(/class="dot series-1"/g)).toHaveLength(1)
  })

  test('marks of one moment are named one below the other, as many as there is room for', () => {
    const marks = Array.from({ length: 5 }, (_, index) => ({
      label: `crash of ${index}`,
      fromSeconds: 2,
      toSeconds: 3,
    }))
    const names = texts(draw(marks)).filter(({ text }) => text.startsWith('crash of'))
    expect(new Set(names.map(({ y }) => y)).size).toBe(names.length)
    expect(names).toHaveLength(3)
    // What has no room above is still told to the pointer.
    expect(draw(marks)).toContain('<title>crash of 4</title>')
  })

  test('a mark near the end is named on its left, one after the end stays inside', () => {
    const svg = draw([
      { label: 'stall of 7', fromSeconds: 4.9, toSeconds: 90 },
      { label: '', fromSeconds: 700, toSeconds: 800 },
    ])
    expect(svg).toContain('text-anchor="end" class="mark-label">stall of 7')
    const places = [...svg.matchAll(/ x[12]?="([^"]+)"/g)].map(([, x]) => Number(x))
    expect(Math.max(...places)).toBeLessThanOrEqual(490)
  })

  test.for([
    [0.002, 'milliseconds'],
    [100, 'seconds'],
    [600, 'minutes'],
    [86_400, 'hours'],
    [864_000, 'days'],
  ] as const)('%d s are told in %s', ([endSeconds, unit]) => {
    const svg = draw([], endSeconds)
    expect(svg).toContain(`${unit} since the start of the run`)
  })

  test('as high as its neighbour', () => {
    const high = timePanels([panel, panel, panel], {
      title: 't',
      description: 'd',
      endSeconds: 5,
      marks: [],
      window: null,
    }).html
    const two = timePanels([panel, panel], {
      title: 't',
      description: 'd',
      endSeconds: 5,
      marks: [],
      window: null,
      asHighAs: 3,
    }).html
    const heightOf = (svg: string) => /viewBox="0 0 500 ([^"]+)"/.exec(svg)![1]
    expect(heightOf(two)).toBe(heightOf(high))
  })
})

describe('replicas over time', () => {
  const counts = (changes: SimulationReport['run']['changes']) =>
    replicaCounts({
      ...simulationFixture,
      run: { ...simulationFixture.run, endSeconds: 100, ...(changes === undefined ? {} : { changes }) },
    })

  test('one that is down is paid for; one that is gone is not', () => {
    const serve = { pool: 'serve' }
    const found = counts([
      { ...serve, atSeconds: 10, replica: 0, state: 'down' },
      { ...serve, atSeconds: 20, replica: 2, state: 'starting' },
      { ...serve, atSeconds: 30, replica: 2, state: 'ready' },
      { ...serve, atSeconds: 40, replica: 1, state: 'draining' },
      { ...serve, atSeconds: 50, replica: 1, state: 'gone' },
    ])!
    const steps = (points: readonly { seconds: number; value: number | null }[]) =>
      points.map(({ seconds, value }) => `${value}@${seconds}`)
    expect(steps(found.ready)).toEqual(['2@0', '2@10', '1@10', '1@30', '2@30', '2@40', '1@40', '1@100'])
    expect(steps(found.paid)).toEqual(['2@0', '2@20', '3@20', '3@50', '2@50', '2@100'])
  })

  test('nothing changed: no figure', () => {
    expect(counts([])).toBeNull()
  })
})

describe('bars', () => {
  const { result } = simulationFixture

  test('shares of the bill are of the whole bill', () => {
    const svg = billPartsFigure(simulationFixture)!.html
    const shares = [...svg.matchAll(/· (<?[\d.]+) %/g)].map(([, share]) => Number(share!.replace('<', '')))
    expect(Math.abs(shares.reduce((a, b) => a + b, 0) - 100)).toBeLessThan(2)
  })

  test('an empty bill has no figure', () => {
    const allocation = { ...result.bill.allocation, billNanoUsd: 0n }
    const report = { ...simulationFixture, result: { ...result, bill: { ...result.bill, allocation } } }
    expect(billPartsFigure(report)).toBeNull()
  })

  test('reasons, most frequent first; one alone needs no figure', () => {
    const withReasons = (byReason: Readonly<Record<string, number>>) =>
      notServedFigure({
        ...simulationFixture,
        result: {
          ...result,
          summary: { ...result.summary, requests: { ...result.summary.requests, byReason } },
        },
      })
    expect(withReasons({})).toBeNull()
    expect(withReasons({ crash: 3 })).toBeNull()
    const svg = withReasons({ crash: 3, 'queue-full': 7, deadline: 0 })!.html
    expect(svg.indexOf('queue full')).toBeLessThan(svg.indexOf('>crash'))
    expect(svg).not.toContain('deadline')
  })
})
