import { describe, expect, test } from 'vitest'
import { predictingPool } from '../../sim/replica-estimate.fixture.ts'
import { createMemoryLedger } from '../ledger/index.ts'
import { dayMs, ledgerOf, startMs } from './advise.fixture.ts'
import { busiestTraffic } from './replay.ts'
import { type ReplayPlan, replayReport } from './replay-advice.ts'
import { readWindowFacts } from './window-facts.ts'

const window = { fromMs: startMs, toMs: startMs + dayMs }

async function factsOf(own: number, hours: number) {
  const store = createMemoryLedger()
  await store.append(ledgerOf({ own, hours, bought: 5 }))
  return readWindowFacts(store, window)
}

const plan: ReplayPlan = {
  pools: [
    {
      ...predictingPool({ name: 'h200', replicas: 2, inputTokens: 1000, outputTokens: 500 }),
      models: ['chat'],
    },
  ],
  present: { name: 'cost', spec: { kind: 'cost', ttftMs: 1000, tpotMs: 50 } },
  objectives: { ttftMs: 1000, tpotMs: 50 },
  limitsOf: () => ({ ttftMs: 1000, tpotMs: 50, e2eMs: Number.POSITIVE_INFINITY }),
}

describe('the window again, in the twin', () => {
  test('today’s policy first, others beside it; fewer replicas are busier and cheaper', async () => {
    const report = replayReport(await factsOf(300, 2), plan)
    if (!('policies' in report)) throw new Error(report.why)
    expect(report.policies.map(({ policy, isPresent }) => [policy, isPresent])).toEqual([
      ['cost', true],
      ['least-loaded', false],
      ['round-robin', false],
    ])
    expect(report.requests).toBeGreaterThanOrEqual(300)
    expect(report.bestPolicy).toBe('cost')
    const [present, fewer, more] = report.sizes
    expect([present, fewer, more].map(size => size!.replicas.h200)).toEqual([2, 1, 3])
    expect(present!.savedUsdPerMonth).toBe(0)
    expect(fewer!.savedUsdPerMonth).toBeCloseTo(6 * 730.5, 6)
    expect(more!.savedUsdPerMonth).toBeCloseTo(-6 * 730.5, 6)
    expect(fewer!.busyShares.h200).toBeGreaterThan(present!.busyShares.h200!)
    for (const { goodput, ttftP50Ms, ttftP95Ms } of report.sizes) {
      expect(goodput).toBeGreaterThan(0.9)
      expect(ttftP95Ms).toBeGreaterThanOrEqual(ttftP50Ms)
    }
  }, 20_000)

  test('the shortest stretch that has enough, only of deployments that are known', async () => {
    const facts = await factsOf(50, 12)
    const traffic = busiestTraffic(facts, new Set(['h200']), 200)!
    expect(traffic.hours).toBeGreaterThan(3)
    expect(traffic.hours).toBeLessThanOrEqual(6)
    expect(busiestTraffic(facts, new Set(['a100']), 200)).toBeNull()
    expect(replayReport(await factsOf(10, 12), plan)).toEqual({
      subject: 'the twin',
      why: 'its busiest day has fewer than 200 requests that could be replayed',
    })
  })
})
