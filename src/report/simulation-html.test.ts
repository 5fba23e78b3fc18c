import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { simulationFixture, unservedFixture } from './simulation.fixture.ts'
import { simulationHtml } from './simulation-html.ts'
import type { ReplicaChange, SimulationReport } from './simulation-report.ts'

const changes: readonly ReplicaChange[] = [
  { atSeconds: 20, replica: 1, pool: 'serve', state: 'down' },
  { atSeconds: 23, replica: 1, pool: 'serve', state: 'starting' },
  { atSeconds: 28, replica: 1, pool: 'serve', state: 'ready' },
]

const report: SimulationReport = { ...simulationFixture, run: { ...simulationFixture.run, changes } }

/** Coordinates without decimals, and no style sheet: what differs beyond is arithmetic or looks, not the report. */
function rounded(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/(?<=[ ,"])-?\d+\.\d+(?=[ ,"])/g, digits => String(Math.round(Number(digits)) + 0))
    .replaceAll(/></g, '>\n<')
}

describe('the page of a simulated run', () => {
  test('golden', async () => {
    await expect(rounded(simulationHtml(report))).toMatchFileSnapshot('goldens/simulation.html')
  })

  test('golden, nothing served', async () => {
    await expect(rounded(simulationHtml(unservedFixture))).toMatchFileSnapshot(
      'goldens/simulation-unserved.html',
    )
  })

  test('asks nothing of the network and runs no script', () => {
    expect(simulationHtml(report)).not.toMatch(/<script|<link|<img|@import|url\(|src=|href=/)
  })

  test('text of the input is escaped, wherever it comes from', () => {
    const evil = '<script>alert(1)</script>"&\''
    const { workload, fleet, result, prices } = report
    const page = simulationHtml({
      ...report,
      version: evil,
      seed: evil,
      modelId: evil,
      deploymentFile: evil,
      workload: { ...workload, description: evil, lengths: evil },
      fleet: {
        ...fleet,
        pools: fleet.pools.map(pool => ({ ...pool, name: evil, acceleratorId: evil })),
        autoscalers: fleet.autoscalers.map(scaler => ({ ...scaler, pool: evil })),
      },
      result: {
        ...result,
        pools: result.pools.map(pool => ({ ...pool, name: evil })),
        bill: { ...result.bill, lines: result.bill.lines.map(line => ({ ...line, pool: evil })) },
        summary: {
          ...result.summary,
          requests: { ...result.summary.requests, byReason: { [evil]: 3, other: 2 } },
        },
      },
      prices: prices.map(price => ({ ...price, reason: evil, price: { ...price.price, provider: evil } })),
      notes: [evil],
    })
    expect(page).not.toContain('<script')
    expect(page).not.toMatch(/alert\(1\)<|"&'/)
    expect(page.split('&lt;script&gt;alert(1)').length).toBeGreaterThan(8)
  })

  test('says what happened: objectives, faults, replicas', () => {
    const page = simulationHtml(report)
    for (const words of [
      'TTFT p95 &lt; 50 ms',
      'crash of 1',
      'slow of 0',
      'replicas',
      'within every limit',
      'steady window',
    ])
      expect(page).toContain(words)
  })

  test('a run in which nothing happened has a page without curves', () => {
    const page = simulationHtml({
      ...unservedFixture,
      run: { ...unservedFixture.run, submitted: 0, ended: 0, unfinished: 0 },
      curves: null,
    })
    expect(page).toContain('No request was served.')
    expect(page).not.toContain('Over the run')
  })

  test('whatever was measured, no figure is undefined or not a number', () => {
    const level = fc.double({ min: 0, max: 1e9, noNaN: true })
    const rows = (bins: number) => fc.array(level, { minLength: bins, maxLength: bins })
    const gappy = (bins: number) => fc.array(fc.option(level), { minLength: bins, maxLength: bins })
    const timeline = fc.integer({ min: 1, max: 40 }).chain(bins =>
      fc.record({
        binSeconds: fc.constantFrom(0.001, 1, 3600),
        inFlight: rows(bins),
        running: rows(bins),
        waiting: rows(bins),
        cacheUse: gappy(bins),
        watts: gappy(bins),
        inputTokensPerSecond: rows(bins),
        outputTokensPerSecond: rows(bins),
        requestsPerSecond: rows(bins),
        goodRequestsPerSecond: rows(bins),
        // The last bin is cut short by the end of the run.
        endShare: fc.double({ min: 0.01, max: 1, noNaN: true }),
      }),
    )
    const curve = fc.option(
      fc
        .array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 20 })
        .map(values => values.toSorted((a, b) => a - b)),
    )
    const curves = fc.option(fc.record({ ttft: curve, tpot: curve, interToken: curve, endToEnd: curve }))
    const objectives = fc.array(
      fc.record({
        metric: fc.constantFrom('ttft', 'tpot', 'e2e'),
        statistic: fc.constantFrom('mean', 'p50', 'p90', 'p95', 'p99'),
        limitMs: fc.double({ min: 0.001, max: 1e8, noNaN: true }),
      }),
      { maxLength: 4 },
    )
    const faults = fc.array(
      fc.record({
        atUs: fc.integer({ min: 0, max: 1e11 }),
        fault: fc.record({ kind: fc.constant('crash'), replica: fc.nat(9), downSeconds: level }),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(timeline, curves, objectives, faults, (timeline, curves, objectives, faults) => {
        const endSeconds = timeline.binSeconds * (timeline.inFlight.length - 1 + timeline.endShare)
        const page = simulationHtml({
          ...report,
          objectives,
          curves,
          fleet: { ...report.fleet, faults },
          result: { ...report.result, timeline: { ...timeline, endSeconds } },
          run: { ...report.run, endSeconds },
        })
        expect(/.{0,80}(NaN|undefined|Infinity|∞|null).{0,20}/.exec(page)?.[0]).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })
})
