import { describe, expect, it } from 'vitest'
import { tokenAccount, verdictEvidence } from './verdict.fixture.ts'
import { type VerdictCheckName, type VerdictLevel, verdictCheckNames } from './verdict.ts'
import type { VerdictEvidence } from './verdict-evidence.ts'
import { isSustained, judge, worstVerdict } from './verdict-judge.ts'

const good = verdictEvidence()
const client = (changes: Partial<VerdictEvidence['client']>) => ({ client: { ...good.client, ...changes } })
const requests = (changes: Partial<VerdictEvidence['requests']>) => ({
  requests: { ...good.requests, ...changes },
})
const lengths = (changes: Partial<VerdictEvidence['lengths']>) => ({
  lengths: { ...good.lengths, ...changes },
})
const counters = (changes: Partial<NonNullable<typeof tokenAccount.counters>>) => ({
  tokens: { ...tokenAccount, counters: { ...tokenAccount.counters!, ...changes } },
})
const trend = (change: number, pValue: number) => ({
  trends: [{ name: 'TTFT' as const, change, pValue, bins: 20 }],
})

function levelsOf(changes: Partial<VerdictEvidence>): Partial<Record<VerdictCheckName, VerdictLevel>> {
  return Object.fromEntries(judge(verdictEvidence(changes)).checks.map(({ check, level }) => [check, level]))
}

describe('a measurement without fault', () => {
  it('is valid, and every check says what it saw', () => {
    const { level, checks } = judge(good)
    expect(level).toBe('valid')
    expect(checks.map(({ check }) => check)).toEqual([...verdictCheckNames])
    for (const { finding, fix, level, value, limit, unit } of checks) {
      expect(finding).toMatch(/^[A-Z0-9].*\.$/)
      expect([fix, level]).toEqual(['', 'valid'])
      expect(value === null || Number.isFinite(value)).toBe(true)
      expect(limit === null || Number.isFinite(limit)).toBe(true)
      expect(unit).not.toBe('')
    }
  })

  it('is not judged by what nobody saw', () => {
    const { checks } = judge(
      verdictEvidence({
        ...client({
          askedRequestsPerSecond: null,
          coalescedShare: null,
          scheduleLateness: { count: 0, p50Ms: null, p99Ms: null, maximumMs: null },
        }),
        wallClockStepMs: null,
        percentiles: [],
        tokens: null,
        ...lengths({ outputRequests: 0, inputRequests: 0 }),
        firstWave: null,
        waves: null,
        trends: [],
      }),
    )
    expect(checks.map(({ check }) => check)).toEqual(['event-loop-delay', 'client-cpu', 'errors'])
  })
})

const faults: readonly [string, Partial<VerdictEvidence>, VerdictCheckName, VerdictLevel][] = [
  ['10 % of the rate missing', client({ achievedRequestsPerSecond: 18 }), 'achieved-rate', 'suspect'],
  ['a third of the rate missing', client({ achievedRequestsPerSecond: 13 }), 'achieved-rate', 'invalid'],
  ['a burst above the rate', client({ achievedRequestsPerSecond: 30 }), 'achieved-rate', 'invalid'],
  ['late by 3 ms', client({ scheduleLateness: late(3) }), 'schedule-lateness', 'suspect'],
  ['late by 12 ms', client({ scheduleLateness: late(12) }), 'schedule-lateness', 'invalid'],
  [
    'loop 8 ms',
    client({ eventLoopDelay: { p50Ms: 1, p99Ms: 8, maximumMs: 20 } }),
    'event-loop-delay',
    'suspect',
  ],
  [
    'loop 80 ms',
    client({ eventLoopDelay: { p50Ms: 1, p99Ms: 80, maximumMs: 99 } }),
    'event-loop-delay',
    'invalid',
  ],
  ['CPU 90 %', client({ cpuShare: 0.9 }), 'client-cpu', 'suspect'],
  ['CPU 99 %', client({ cpuShare: 0.99 }), 'client-cpu', 'invalid'],
  ['half of the chunks coalesced', client({ coalescedShare: 0.5 }), 'coalescing', 'suspect'],
  ['a wall clock set by an hour', { wallClockStepMs: -3_600_000 }, 'clock-step', 'suspect'],
  ['3 % errors', requests({ served: 1_940, failed: 60 }), 'errors', 'suspect'],
  ['20 % rejected', requests({ served: 1_600, rejected: 400 }), 'errors', 'invalid'],
  ['all failed', requests({ served: 0, failed: 2_000 }), 'errors', 'invalid'],
  ['nothing measured', requests({ measured: 0, served: 0 }), 'errors', 'invalid'],
  [
    '100 requests for an objective on p95',
    requests({ measured: 100, served: 100 }),
    'sample-size',
    'suspect',
  ],
  ['15 requests for an objective on p95', requests({ measured: 15, served: 15 }), 'sample-size', 'invalid'],
  ['answers that end early', lengths({ obtainedOutputTokens: 300_000 }), 'output-length', 'suspect'],
  ['answers of a tenth', lengths({ obtainedOutputTokens: 40_000 }), 'output-length', 'invalid'],
  ['answers too long', lengths({ obtainedOutputTokens: 430_000 }), 'output-length', 'suspect'],
  ['prompts too long', lengths({ obtainedInputTokens: 2_400_000 }), 'prompt-length', 'suspect'],
  ['prompts cut to half', lengths({ obtainedInputTokens: 900_000 }), 'prompt-length', 'invalid'],
  ['counters that do not agree', counters(residual(20_000)), 'token-mismatch', 'suspect'],
  ['counters of twice as much', counters(residual(400_000)), 'token-mismatch', 'invalid'],
  ['a tokenizer that counts a quarter', { tokens: retokenised(100_000) }, 'token-mismatch', 'suspect'],
  [
    'answers without usage',
    { tokens: { ...tokenAccount, requestsWithoutUsage: 100 } },
    'token-mismatch',
    'suspect',
  ],
  ['a restart', counters({ resetSeen: true }), 'server-restart', 'invalid'],
  ['a slow first wave', { firstWave: wave(20, 4_000) }, 'cold-start', 'suspect'],
  ['a slow tenth, below an objective on p95', { firstWave: wave(200, 4_000) }, 'cold-start', 'invalid'],
  ['waves', { waves: { users: 32, cycles: 20, clumping: 0.8 } }, 'locked-waves', 'suspect'],
  ['a queue that grows', trend(0.5, 1e-4), 'drift', 'suspect'],
  ['a queue that doubles', trend(1.4, 1e-4), 'drift', 'invalid'],
  ['a server that warms up', trend(-0.4, 1e-4), 'drift', 'suspect'],
]

function late(p99Ms: number) {
  return { count: 500, p50Ms: 0.1, p99Ms, maximumMs: 20 }
}
function residual(tokens: number) {
  const row = {
    name: 'output tokens' as const,
    metric: 'm',
    server: 400_000 + tokens,
    client: 400_000,
    residual: tokens,
  }
  return { rows: [row], reconciles: false, explanation: 'other traffic.' }
}
function retokenised(tokens: number) {
  return { ...tokenAccount, client: { ...tokenAccount.client, tokens } }
}
function wave(requests: number, medianMs: number) {
  return { requests, medianMs, laterRequests: 2_000 - requests, laterMedianMs: 80, laterP95Ms: 190 }
}

describe('a fault', () => {
  it.each(faults)('is found: %s', (_, changes, check, level) => {
    const verdict = judge(verdictEvidence(changes))
    const found = verdict.checks.find(found => found.check === check)!
    expect(found.level).toBe(level)
    expect(found.fix).not.toBe('')
    expect(found.finding).toMatch(/^[A-Z0-9].*\.$/)
    expect(verdict.level).toBe(level)
    expect(verdict.checks[0]!.level).toBe(level)
    // No other check takes offence at it.
    expect(verdict.checks.filter(({ level }) => level !== 'valid').map(found => found.check)).toEqual([check])
  })

  it('has its test for every check', () => {
    expect(new Set(faults.map(([, , check]) => check))).toEqual(new Set(verdictCheckNames))
  })
})

describe('what only looks like a fault', () => {
  it('a Poisson rate that a short run misses by chance', () => {
    const short = { ...requests({ measured: 60, served: 60 }), ...client({ achievedRequestsPerSecond: 26 }) }
    // 60 arrivals: ± 33 % at 99 %, on top of 2 %.
    expect(levelsOf(short)['achieved-rate']).toBe('valid')
    expect(levelsOf({ ...short, arrivalCv: 0 })['achieved-rate']).toBe('invalid')
  })

  it('lateness that is small beside the latencies', () => {
    expect(
      levelsOf({ ...client({ scheduleLateness: late(3) }), ttftMedianMs: 900 })['schedule-lateness'],
    ).toBe('valid')
  })

  it('a chat template', () => {
    // 20 prompts of 10 tokens, 13 more each.
    const template = lengths({ inputRequests: 20, askedInputTokens: 200, obtainedInputTokens: 460 })
    expect(levelsOf(template)['prompt-length']).toBe('valid')
  })

  it('a first wave no slower than many later requests', () => {
    expect(levelsOf({ firstWave: wave(20, 185) })['cold-start']).toBe('valid')
  })

  it('a trend that may be chance', () => {
    expect(levelsOf(trend(0.6, 0.05)).drift).toBe('valid')
  })

  it('a p99 that is only printed, of 400 requests', () => {
    expect(levelsOf(requests({ measured: 400, served: 400 }))['sample-size']).toBe('valid')
    expect(levelsOf(requests({ measured: 300, served: 300 }))['sample-size']).toBe('suspect')
  })

  it('slewing of the wall clock over a day', () => {
    expect(levelsOf({ ...client({ wallSeconds: 86_400 }), wallClockStepMs: 9_000 })['clock-step']).toBe(
      'valid',
    )
  })
})

describe('several loads', () => {
  it('are as bad as the worst, check by check', () => {
    const first = judge(verdictEvidence(client({ cpuShare: 0.9 })))
    const second = judge(verdictEvidence({ ...client({ cpuShare: 0.99 }), ...trend(0.5, 1e-4) }))
    const { level, checks } = worstVerdict([first, second, judge(good)])
    expect(level).toBe('invalid')
    expect(checks).toHaveLength(verdictCheckNames.length)
    expect(checks.slice(0, 2)).toMatchObject([
      { check: 'client-cpu', level: 'invalid', value: 0.99 },
      { check: 'drift', level: 'suspect' },
    ])
  })

  it('that are none are invalid', () => {
    expect(worstVerdict([]).level).toBe('invalid')
  })
})

describe('a load that lasts', () => {
  it('is one where nothing rises', () => {
    const sustained = (changes: Partial<VerdictEvidence>) => isSustained(judge(verdictEvidence(changes)))
    expect(sustained({})).toBe(true)
    expect(sustained({ trends: [] })).toBe(true)
    expect(sustained(trend(0.5, 1e-4))).toBe(false)
    expect(sustained(trend(0.5, 0.05))).toBe(true)
    expect(sustained(trend(-0.5, 1e-4))).toBe(true)
  })
})
