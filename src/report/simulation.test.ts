import { describe, expect, test } from 'vitest'
import { parseCsv } from '../core/csv.ts'
import { withoutColour } from './display-width.ts'
import { simulationFixture, simulationRecords, unservedFixture } from './simulation.fixture.ts'
import { csvHeader, csvRow } from './simulation-csv.ts'
import { isOverloaded, poolTable } from './simulation-facts.ts'
import { isGood, simulationHeadline } from './simulation-headline.ts'
import { renderSimulationJson } from './simulation-json.ts'
import type { SimulationReport } from './simulation-report.ts'
import { renderSimulationText } from './simulation-text.ts'
import { plainStyle } from './text-style.ts'

const wide = { width: 120, style: plainStyle }

/** Six significant digits: what differs beyond is arithmetic, not the report. */
function rounded(json: string): string {
  return json.replace(/-?\d+\.\d{7,}(e[-+]?\d+)?/g, digits => String(Number(Number(digits).toPrecision(6))))
}

function csvOf(report: SimulationReport): string {
  const judged = report.objectives.length > 0
  return (
    csvHeader() +
    simulationRecords.map(record => csvRow(record, record.id < 100, judged ? 'met' : null)).join('')
  )
}

describe('a simulated run', () => {
  test('text, 120 columns', async () => {
    await expect(renderSimulationText(simulationFixture, wide)).toMatchFileSnapshot('goldens/simulation.txt')
  })

  test('text, nothing served', async () => {
    await expect(renderSimulationText(unservedFixture, wide)).toMatchFileSnapshot(
      'goldens/simulation-unserved.txt',
    )
  })

  test('JSON', async () => {
    await expect(rounded(renderSimulationJson(simulationFixture))).toMatchFileSnapshot(
      'goldens/simulation.json',
    )
  })

  test.for([72, 80, 100, 120])('text fits %i columns', width => {
    const long = renderSimulationText(simulationFixture, { width, style: plainStyle })
      .split('\n')
      .filter(line => [...withoutColour(line)].length > width)
    expect(long).toEqual([])
  })
})

describe('tables', () => {
  test('how busy a replica was counts from its order, not from the start of the run', () => {
    const { result } = simulationFixture
    const [first, second] = result.replicas
    const busy = (seconds: number, replicaSeconds: number) => ({ busySeconds: seconds, replicaSeconds })
    const report: SimulationReport = {
      ...simulationFixture,
      result: {
        ...result,
        replicas: [
          { ...first!, ...busy(30, 60) },
          { ...second!, ...busy(3, 4) },
        ],
      },
    }
    expect(poolTable(report).rows[0]!.join()).toContain('(50–75)')
    const ended = { ...second!, ...busy(0, 0) }
    const one = { ...report, result: { ...result, replicas: [{ ...first!, ...busy(30, 60) }, ended] } }
    expect(poolTable(one).rows[0]!.join()).not.toContain('–')
  })

  test('several deployments: every pool under its own name, with its own engine', () => {
    const { deployment, fleet, result } = simulationFixture
    const [pool] = fleet.pools
    const [used] = result.pools
    const other: SimulationReport['deployment'] = { ...deployment, engine: 'sglang' }
    const report: SimulationReport = {
      ...simulationFixture,
      deployments: [
        { file: 'a.yaml', deployment, pools: ['h200-sxm'] },
        { file: 'b.yaml', deployment: other, pools: ['mi355x'] },
      ],
      fleet: {
        ...fleet,
        pools: [
          { ...pool!, name: 'h200-sxm' },
          { ...pool!, name: 'mi355x', acceleratorId: 'mi355x' },
        ],
      },
      result: {
        ...result,
        pools: [
          { ...used!, name: 'h200-sxm' },
          { ...used!, name: 'mi355x' },
        ],
      },
    }
    const text = renderSimulationText(report, wide)
    expect(text).toMatch(/deployment +a\.yaml \(h200-sxm\)\n/)
    expect(text).toMatch(/deployment +b\.yaml \(mi355x\)\n/)
    expect(text).toMatch(/h200-sxm engine +vLLM/)
    expect(text).toMatch(/mi355x engine +SGLang/)
    expect(poolTable(report).rows.map(([name, , devices]) => `${name}: ${devices}`)).toEqual([
      'h200-sxm: 4× h200-sxm each',
      'mi355x: 4× mi355x each',
    ])
    expect(simulationHeadline(report)).toMatch(/vLLM.* \+ .*SGLang/)
    expect(JSON.parse(renderSimulationJson(report)).deployments[1]).toMatchObject({
      file: 'b.yaml',
      deployment: { engine: 'sglang' },
      pools: ['mi355x'],
    })
  })
})

describe('JSON', () => {
  const document = JSON.parse(renderSimulationJson(simulationFixture))

  test('the bill adds up to the last nano-dollar', () => {
    const { allocation, lines } = document.bill
    const sum = (values: readonly string[]) => values.reduce((total, value) => total + BigInt(value), 0n)
    const { uncachedInputNanoUsd, cachedInputNanoUsd, outputNanoUsd, idleNanoUsd } = allocation
    expect(sum([uncachedInputNanoUsd, cachedInputNanoUsd, outputNanoUsd, idleNanoUsd])).toBe(
      BigInt(allocation.billNanoUsd),
    )
    expect(sum(lines.map((line: { nanoUsd: string }) => line.nanoUsd))).toBe(BigInt(allocation.billNanoUsd))
    expect(lines.map((line: { component: string }) => line.component)).toEqual(['replicas', 'energy'])
  })

  test('requests are all there: served, rejected, failed', () => {
    const { measured, served, rejected, failed, cancelled, warmUp } = document.summary.requests
    expect(served + rejected + failed + cancelled).toBe(measured)
    expect(measured + warmUp).toBe(document.run.ended)
    expect(Math.min(rejected, failed)).toBeGreaterThan(0)
    expect(document.summary.goodput.missed).toBeGreaterThanOrEqual(rejected + failed)
  })

  test('lists of numbers take one line, and nothing is lost by it', () => {
    const text = renderSimulationJson(simulationFixture)
    expect(text).toMatch(/"inFlight": \[[^\n]+\]/)
    expect(document.timeline.inFlight).toEqual(simulationFixture.result.timeline.inFlight)
    const strange = { ...simulationFixture, notes: ['[\n  1,\n  2\n]', '[1,\\n 2]'] }
    expect(JSON.parse(renderSimulationJson(strange)).notes).toEqual(strange.notes)
  })

  test('an empty run is valid, and says that no objective is known to be met', () => {
    expect(JSON.parse(renderSimulationJson(unservedFixture))).toMatchObject({
      objectivesMet: null,
      steadyUsdPerMillionTokens: null,
      bill: { perMillionTokens: null },
    })
  })
})

describe('CSV', () => {
  test('one row per request, read back as it was', () => {
    const text = csvOf(simulationFixture)
    expect(text.endsWith('\r\n')).toBe(true)
    const { records } = parseCsv(text)
    expect(records).toHaveLength(simulationRecords.length)
    for (const [index, row] of records.entries()) {
      const record = simulationRecords[index]!
      expect(row.number('request')).toBe(record.id)
      expect(row.text('outcome')).toBe(record.outcome)
      if (record.outcome !== 'served') continue
      expect(row.number('ttft_ms')).toBeCloseTo((record.firstTokenUs - record.sentUs) / 1000, 6)
      expect(row.number('e2e_ms')).toBeCloseTo((record.lastTokenUs - record.sentUs) / 1000, 6)
    }
  })

  test('what did not happen is empty, names are quoted', () => {
    const rejected = simulationRecords.find(({ outcome }) => outcome === 'rejected')!
    const row = parseCsv(csvHeader() + csvRow({ ...rejected, tenant: 'a,"b"\n' }, false, 'missed'))
      .records[0]!
    expect([row.text('ttft_ms'), row.text('tpot_ms'), row.text('session')]).toEqual(['', '', ''])
    expect(row.text('tenant')).toBe('a,"b"')
    expect([row.text('reason'), row.text('within_objectives')]).toEqual([rejected.reason, 'missed'])
  })
})

describe('the headline', () => {
  const { result } = simulationFixture

  test('names what was missed, and that rejected requests count', () => {
    const text = simulationHeadline(simulationFixture)
    expect(text).toContain('per million tokens')
    expect(text).toMatch(/Missed: TPOT mean < 10.2 ms/)
    expect(text).toContain('were rejected or failed')
    expect(isGood(simulationFixture)).toBe(false)
  })

  test('nothing served is no price', () => {
    const text = simulationHeadline(unservedFixture)
    expect(text).toContain('no request was served: all were still under way when the run stopped')
    expect(text).not.toContain('$')
  })

  test('an overload is said, with both rates', () => {
    const { summary } = result
    const late = { ...summary.latency.queue, p50Ms: 40_000 }
    const slow = { ...summary.latency.endToEndService, p50Ms: 50_000 }
    const report: SimulationReport = {
      ...simulationFixture,
      objectives: [],
      run: { ...simulationFixture.run, submitted: 1000, lastArrivalSeconds: 50, endSeconds: 150 },
      result: {
        ...result,
        summary: {
          ...summary,
          objectives: [],
          latency: { ...summary.latency, queue: late, endToEndService: slow },
        },
      },
    }
    expect(isOverloaded(simulationFixture)).toBe(false)
    expect(isOverloaded(report)).toBe(true)
    expect(simulationHeadline(report)).toMatch(/Overloaded: 20\.0 requests\/s come and \d/)
    expect(isOverloaded({ ...report, workload: { ...report.workload, kind: 'closed', spec: null } })).toBe(
      false,
    )
  })
})
