import { describe, expect, test } from 'vitest'
import { importedRun, type RunParts } from './run-comparison.fixture.ts'
import { compareRuns, type FigureComparison, type RunComparison } from './run-comparison.ts'

const side = (name: string, ...parts: readonly RunParts[]) => ({ name, runs: parts.map(importedRun) })

function figure({ loads }: RunComparison, metric: string, statistic: string | null = null): FigureComparison {
  return loads[0]!.figures.find(found => found.metric === metric && found.statistic === statistic)!
}

describe('two runs', () => {
  test('slower by 8 %: every figure says so, and more than noise', () => {
    const comparison = compareRuns(side('a', {}), side('b', { factor: 1.08, seed: 2 }))
    for (const [metric, statistic] of [
      ['ttft', 'mean'],
      ['tpot', 'p50'],
      ['e2e', 'p95'],
      ['cost', null],
    ] as const) {
      const found = figure(comparison, metric, statistic)
      expect(found.ratio, `${metric} ${statistic}`).toBeCloseTo(1.08, 1)
      expect(found.significance, `${metric} ${statistic}`).toBe('differs')
    }
    const throughput = figure(comparison, 'throughput')
    expect(throughput.ratio).toBeCloseTo(1 / 1.08, 9)
    expect(throughput).toMatchObject({ better: 'higher', significance: 'differs' })
    expect(comparison.warnings).toEqual([])
  })

  test('the same server twice: mostly noise', () => {
    let differ = 0
    let judged = 0
    for (let seed = 0; seed < 20; seed++) {
      const comparison = compareRuns(side('a', { seed }), side('b', { seed: 100 + seed }))
      for (const statistic of ['mean', 'p50', 'p95']) {
        judged++
        if (figure(comparison, 'ttft', statistic).significance === 'differs') differ++
      }
    }
    // 5 % are expected by chance; the seeds are fixed.
    expect(differ / judged).toBeLessThan(0.15)
  })

  test('too few requests bound no p99; aggregates say nothing of noise', () => {
    const few = compareRuns(side('a', { requests: 60 }), side('b', { requests: 60, factor: 1.2 }))
    expect(figure(few, 'ttft', 'p99')).toMatchObject({ significance: 'too-few', low: null })
    const aggregates = { requests: null } as const
    const told = compareRuns(
      side('a', { changes: aggregates }),
      side('b', { factor: 1.2, changes: aggregates }),
    )
    expect(figure(told, 'ttft', 'mean')).toMatchObject({ significance: 'unknown', low: null })
    expect(figure(told, 'ttft', 'mean').ratio).toBeCloseTo(1.2, 4)
  })

  test('repeats of a load are runs of it: Welch over the runs', () => {
    const repeats = (factor: number, seed: number) => [0, 1, 2].map(index => ({ factor, seed: seed + index }))
    const comparison = compareRuns(side('a', ...repeats(1, 0)), side('b', ...repeats(1.08, 10)))
    expect(comparison.loads).toMatchObject([{ runsA: 3, runsB: 3 }])
    expect(figure(comparison, 'ttft', 'mean').significance).toBe('differs')
  })

  test('intervals that a run tells itself are taken', () => {
    const intervals = [{ metric: 'ttft', clock: 'service', q: 0.95, lowMs: 1, highMs: 1000 }] as const
    const comparison = compareRuns(side('a', { changes: { intervals } }), side('b', { factor: 1.5 }))
    expect(figure(comparison, 'ttft', 'p95').significance).toBe('noise')
    expect(figure(comparison, 'ttft', 'p50').significance).toBe('differs')
  })

  test('errors are a difference of shares, from none too', () => {
    const comparison = compareRuns(side('a', {}), side('b', { failed: 20 }))
    expect(figure(comparison, 'errors')).toMatchObject({
      a: 0,
      b: 0.05,
      difference: 0.05,
      ratio: null,
      significance: 'differs',
    })
  })

  test('from schedule where both loads are open and know it', () => {
    const open = { load: { name: '10 requests/s', concurrency: null, requestsPerSecond: 10 } }
    const { latency } = importedRun({})
    const both = { ...open, latency: { ...latency, response: latency.service } }
    expect(compareRuns(side('a', { changes: both }), side('b', { changes: both })).loads[0]!.clock).toBe(
      'response',
    )
    expect(compareRuns(side('a', { changes: both }), side('b', { changes: open })).loads[0]!.clock).toBe(
      'service',
    )
  })
})

describe('loads', () => {
  test('are matched by size; what only one side has is listed', () => {
    const comparison = compareRuns(
      side('a', { concurrency: 1 }, { concurrency: 4 }, { concurrency: 16 }),
      side('b', { concurrency: 16 }, { concurrency: 4 }, { concurrency: 64 }),
    )
    expect(comparison.loads.map(({ load }) => load)).toEqual(['concurrency 4', 'concurrency 16'])
    expect(comparison).toMatchObject({ onlyA: ['concurrency 1'], onlyB: ['concurrency 64'] })
  })

  test('two single loads are compared and warned of', () => {
    const comparison = compareRuns(side('a', { concurrency: 1 }), side('b', { concurrency: 4 }))
    expect(comparison.loads).toHaveLength(1)
    expect(comparison.warnings).toEqual(['load differs: a concurrency 1, b concurrency 4'])
  })

  test('none in common is an error that names them', () => {
    expect(() =>
      compareRuns(side('a', { concurrency: 1 }), side('b', { concurrency: 4 }, { concurrency: 8 })),
    ).toThrow(/a has concurrency 1; b has concurrency 4, concurrency 8/)
  })
})

describe('warnings', () => {
  const warningsOf = (parts: RunParts) => compareRuns(side('a', {}), side('b', parts)).warnings

  test.each<[RunParts, RegExp]>([
    [{ changes: { model: 'other' } }, /model differs: a m, b other/],
    [{ changes: { endpoint: 'completions' } }, /kind of endpoint differs/],
    [
      { changes: { tokens: { input: 60_000, cachedInput: null, output: 20_000 } } },
      /input length differs: a 100 tokens a request, b 150/,
    ],
    [{ changes: { tokens: { input: 40_000, cachedInput: null, output: 10_000 } } }, /output length differs/],
    [{ changes: { tool: 'aiperf' } }, /different tools/],
    [
      { changes: { verdict: { level: 'invalid', reasons: ['client too slow'] } } },
      /b is invalid at concurrency 16: client too slow/,
    ],
    [{ changes: { verdict: { level: 'suspect', reasons: [] } } }, /b is suspect at concurrency 16$/],
  ])('%j', (parts, expected) => {
    expect(warningsOf(parts)).toEqual([expect.stringMatching(expected)])
  })

  test.each<RunParts>([
    { changes: { model: null, endpoint: null } },
    { changes: { verdict: { level: 'valid', reasons: [] } } },
    { changes: { tokens: { input: 40_400, cachedInput: null, output: 20_000 } } },
  ])('%j is none', parts => expect(warningsOf(parts)).toEqual([]))

  test('notes of both sides stand once', () => {
    const notes = { notes: ['ITL counts chunks'] }
    const comparison = compareRuns(side('a', { changes: notes }), side('b', { changes: notes }))
    expect(comparison.notes).toEqual(['both (tokenwright): ITL counts chunks'])
  })
})

describe('pairs of runs', () => {
  const at = (minute: number) => ({ startedAt: new Date(Date.UTC(2026, 10, 20, 10, minute)).toISOString() })
  /** The machine grows slower by a tenth from run to run; b is 3 % slower than a. */
  const drifting = (name: string, order: readonly number[], factor: number, seed: number) =>
    side(name, ...order.map(turn => ({ factor: factor * 1.1 ** turn, seed: seed + turn, changes: at(turn) })))

  test('in turns, drift cancels: what is lost in the noise of all runs is seen in pairs', () => {
    const a = drifting('a', [0, 3, 4, 7], 1, 1)
    const b = drifting('b', [1, 2, 5, 6], 1.03, 100)
    const apart = figure(compareRuns(a, b), 'throughput')
    expect(apart.significance).toBe('noise')
    const comparison = compareRuns(a, b, { paired: true })
    const paired = figure(comparison, 'throughput')
    expect(paired.ratio).toBeCloseTo(1 / 1.03, 9)
    expect(paired.high! / paired.low!).toBeLessThan(apart.high! / apart.low!)
    expect(comparison.loads[0]).toMatchObject({ paired: true, runsA: 4, runsB: 4 })
    expect(comparison).toMatchObject({ onlyA: [], onlyB: [] })
    expect(comparison.warnings).toEqual([])
  })

  test('runs are paired as they began, whatever the order of files', () => {
    const a = drifting('a', [0, 3], 1, 1)
    const b = drifting('b', [1, 2], 1.03, 100)
    const shuffled = { ...b, runs: b.runs.toReversed() }
    expect(compareRuns(a, shuffled, { paired: true }).loads).toEqual(
      compareRuns(a, b, { paired: true }).loads,
    )
  })

  test('one variant always first, or no dates: said', () => {
    const first = compareRuns(drifting('a', [0, 2], 1, 1), drifting('b', [1, 3], 1, 9), { paired: true })
    expect(first.warnings.join()).toContain('a went first in every pair')
    const undated = { changes: { startedAt: null } }
    const unknown = compareRuns(side('a', undated, undated), side('b', undated, undated), { paired: true })
    expect(unknown.warnings.join()).toContain('paired in the order of their files')
  })

  test('unequal numbers, or one pair, are refused', () => {
    expect(() => compareRuns(side('a', {}, {}), side('b', {}), { paired: true })).toThrow('has 2 and 1')
    expect(() => compareRuns(side('a', {}), side('b', {}), { paired: true })).toThrow('has 1 and 1')
  })
})
