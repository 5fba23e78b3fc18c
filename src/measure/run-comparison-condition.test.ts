import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importedRun, type RunParts } from './run-comparison.fixture.ts'
import { compareRuns } from './run-comparison.ts'
import { type ConditionOutcome, judgeConditions, parseFailConditions } from './run-comparison-condition.ts'
import { comparedMetrics, comparedStatistics, comparedUnits, isLatency } from './run-comparison-metrics.ts'

describe('reading', () => {
  test.each([
    ['cost +5%', { metric: 'cost', statistic: null, margin: 0.05 }],
    ['cost 5%', { metric: 'cost', margin: 0.05 }],
    ['ttft +10%', { metric: 'ttft', statistic: 'mean', margin: 0.1 }],
    ['TTFT P95 + 10%', { metric: 'ttft', statistic: 'p95', margin: 0.1 }],
    ['tpot median +1.5%', { metric: 'tpot', statistic: 'p50', margin: 0.015 }],
    ['latency p99 +2%', { metric: 'e2e', statistic: 'p99' }],
    ['throughput -5%', { metric: 'throughput', margin: 0.05 }],
    ['throughput −5%', { metric: 'throughput', margin: 0.05 }],
    ['errors +1pp', { metric: 'errors', margin: 0.01 }],
    ['energy +3%', { metric: 'joules', margin: 0.03 }],
  ])('%s', (text, expected) => expect(parseFailConditions(text)).toMatchObject([expected]))

  test('several', () => {
    expect(parseFailConditions('cost +5%, ttft p95 +10%; errors +1pp').map(({ metric }) => metric)).toEqual([
      'cost',
      'ttft',
      'errors',
    ])
  })

  test.each([
    ['', /empty/],
    [' , ', /empty/],
    ['cost', /cannot be read/],
    ['cost +five%', /cannot be read/],
    ['cots +5%', /no metric/],
    ['cost p95 +5%', /one figure/],
    ['ttft p97 +5%', /no statistic/],
    ['ttft +5', /number alone/],
    ['ttft +5ms', /ms is no margin/],
    ['cost +5pp', /pp is no margin/],
    ['errors +5%', /percentage points/],
    ['cost -5%', /fail on an improvement/],
    ['throughput +5%', /fail on an improvement/],
  ])('«%s» is refused', (text, message) => {
    expect(() => parseFailConditions(text)).toThrow(message)
    expect(() => parseFailConditions(text)).toThrow(
      expect.objectContaining({ code: 'usage', where: '--fail-on', fix: expect.any(String) }),
    )
  })

  test('a near name is offered', () => {
    expect(() => parseFailConditions('throughputs -5%')).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('did you mean throughput') }),
    )
  })

  test('every metric and statistic, in its worse direction', () => {
    const statistic = fc.constantFrom(null, ...comparedStatistics)
    fc.assert(
      fc.property(
        fc.constantFrom(...comparedMetrics),
        statistic,
        fc.integer({ min: 0, max: 500 }),
        (metric, of, percent) => {
          const named = of !== null && isLatency(metric) ? `${metric} ${of}` : metric
          const sign = comparedUnits[metric].better === 'lower' ? '+' : '-'
          const [condition] = parseFailConditions(
            `${named} ${sign}${percent}${metric === 'errors' ? 'pp' : '%'}`,
          )
          expect(condition!.metric).toBe(metric)
          expect(condition!.margin).toBeCloseTo(percent / 100, 12)
        },
      ),
    )
  })
})

describe('judging', () => {
  const outcome = (
    condition: string,
    b: RunParts,
    options: { strict?: boolean; a?: RunParts } = {},
  ): ConditionOutcome => {
    const comparison = compareRuns(
      { name: 'a', runs: [importedRun(options.a ?? {})] },
      { name: 'b', runs: [importedRun({ seed: 2, ...b })] },
    )
    const [result] = judgeConditions(comparison, parseFailConditions(condition), options.strict === true)
    return result!.outcome
  }

  test.each<[string, RunParts, ConditionOutcome]>([
    ['cost +5%', { factor: 1.08 }, 'fails'],
    ['cost +10%', { factor: 1.08 }, 'passes'],
    ['cost +5%', { factor: 0.8 }, 'passes'],
    ['throughput -5%', { factor: 1.08 }, 'fails'],
    ['throughput -5%', { factor: 0.9 }, 'passes'],
    ['ttft p95 +5%', { factor: 1.08 }, 'fails'],
    ['errors +1pp', { failed: 20 }, 'fails'],
    ['errors +5pp', { failed: 20 }, 'passes'],
    ['ttft p99 +5%', { factor: 1.5, requests: 60 }, 'too-few'],
    ['ttft p99 +5%', { factor: 1.5, changes: { requests: null } }, 'fails'],
  ])('%s of %j %s', (condition, b, expected) => expect(outcome(condition, b)).toBe(expected))

  test('a difference within the noise fails with --strict only', () => {
    // 1 % slower is within ± 1.6 %, the interval of a mean of 400 such requests.
    const other = { seed: 3, factor: 1.01 }
    const condition = 'ttft +0.1%'
    expect(outcome(condition, other)).toBe('noise')
    expect(outcome(condition, other, { strict: true })).toBe('fails')
  })

  test('exactly the margin is not more than it', () => {
    expect(outcome('cost +5%', { factor: 1.05 })).toBe('passes')
    expect(outcome('errors +5pp', { failed: 20 }, { strict: true })).toBe('passes')
  })

  test('a run that lacks the metric is an error that says which', () => {
    const judge = () =>
      outcome('cost +5%', { changes: { money: { usdPerMillionTokens: null, joulesPerOutputToken: null } } })
    expect(judge).toThrow(/b has no cost at concurrency 16/)
    expect(judge).toThrow(
      expect.objectContaining({ code: 'measurements', fix: expect.stringContaining('--hardware') }),
    )
    expect(() => outcome('joules +5%', {})).toThrow(/a and b have no joules/)
  })

  test('every condition at every load', () => {
    const runs = [importedRun({ concurrency: 1 }), importedRun({ concurrency: 4 })]
    const results = judgeConditions(
      compareRuns({ name: 'a', runs }, { name: 'b', runs }),
      parseFailConditions('cost +5%, ttft +5%'),
      false,
    )
    expect(results.map(({ condition, load }) => `${condition.metric} ${load}`)).toEqual([
      'cost concurrency 1',
      'cost concurrency 4',
      'ttft concurrency 1',
      'ttft concurrency 4',
    ])
  })
})
