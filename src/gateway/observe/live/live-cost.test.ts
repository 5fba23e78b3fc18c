/** Figures of live traffic against sums made by hand, over windows whose edges are known. */
import { describe, expect, test } from 'vitest'
import { noUsage } from '../../usage.ts'
import { attemptOf, offerAttempt, refusedSummary, startMs, summaryOf } from '../summary.fixture.ts'
import { createBucketRing } from './bucket-ring.ts'
import { createLiveCost, type LiveCostSettings } from './live-cost.ts'
import { column, columns, routerObjectives } from './live-measures.ts'

function at(settings: Partial<LiveCostSettings> = {}) {
  const clock = { nowMs: startMs }
  const live = createLiveCost({ nowMs: () => clock.nowMs, ...settings })
  return { clock, live }
}

describe('windows', () => {
  test('forget what is older than they are; the start forgets nothing', () => {
    const { clock, live } = at()
    live.add(summaryOf())
    clock.nowMs += 55_000
    live.add(summaryOf())
    const counts = () => {
      const { windows } = live.snapshot()
      return Object.values(windows).map(({ total }) => total.requests)
    }
    expect(counts()).toEqual([2, 2, 2, 2])
    clock.nowMs += 10_000
    expect(counts()).toEqual([1, 2, 2, 2])
    clock.nowMs += 600_000
    expect(counts()).toEqual([0, 0, 2, 2])
    clock.nowMs += 3_600_000
    expect(counts()).toEqual([0, 0, 0, 2])
  })

  test('rates are over the time that is covered', () => {
    const { clock, live } = at()
    clock.nowMs += 4000
    for (let count = 0; count < 8; count++) live.add(summaryOf())
    const young = live.snapshot().windows['1m']
    expect(young.seconds).toBe(4)
    expect(young.total.requestsPerSecond).toBe(2)
    expect(young.total.outputTokensPerSecond).toBe(202)
    clock.nowMs += 300_000
    const older = live.snapshot().windows
    expect(older['1m'].seconds).toBe(54)
    expect(older.start.total.requestsPerSecond).toBeCloseTo(8 / 304)
  })

  test('of nothing: no division by zero', () => {
    const { live } = at()
    const { windows } = live.snapshot()
    expect(windows['1m'].total).toMatchObject({
      requestsPerSecond: 0,
      usdPerMillionTokens: null,
      cacheHitShare: null,
    })
    expect(JSON.stringify(windows)).not.toContain('NaN')
  })

  test('a clock that goes back costs some figures, not the process', () => {
    const { clock, live } = at()
    clock.nowMs += 60_000
    live.add(summaryOf())
    clock.nowMs -= 50_000
    live.add(summaryOf())
    expect(live.snapshot().windows.start.total.requests).toBe(2)
  })
})

describe('figures', () => {
  test('tokens, dollars and shares, by model, tenant and target', () => {
    const { clock, live } = at()
    live.add(summaryOf())
    live.add(summaryOf({ modelAlias: 'gpt', tenant: 'globex', attempts: [offerAttempt()] }))
    clock.nowMs += 1000
    const { total, models, tenants, targets } = live.snapshot().windows['1m']
    expect(total).toMatchObject({
      requests: 2,
      usd: 0.0103,
      cacheHitShare: 0.4,
      expectedCacheHitShare: 0.512,
      estimatedShare: 0,
      meanTtftMs: 200,
      meanTpotMs: 10,
    })
    expect(total.tokens).toEqual({
      uncachedInput: 1200,
      cachedInput: 800,
      cacheWrite: 0,
      inputAudio: 0,
      output: 202,
      outputAudio: 0,
      reasoning: 40,
    })
    expect(total.usdPerMillionTokens).toBeCloseTo((0.0103 / 2202) * 1e6)
    expect(models.gpt!.usdPerMillionTokens).toBeCloseTo((0.01 / 1101) * 1e6)
    expect(tenants.globex!.usd).toBe(0.01)
    expect(Object.keys(targets)).toEqual(['h200', 'openai/gpt'])
    expect(targets.h200!.meanTtftMs).toBe(180)
  })

  test('retries are borne by the gateway and count as attempts of their target', () => {
    const { live } = at()
    live.add(
      summaryOf({
        attempts: [
          attemptOf({ outcome: 'failed', bearer: 'gateway', usage: noUsage, nanoUsd: 5n }),
          offerAttempt(),
        ],
      }),
    )
    const { total, targets } = live.snapshot().windows.start
    expect(total).toMatchObject({ requests: 1, attempts: 2, gatewayUsd: 5e-9 })
    expect(targets.h200).toMatchObject({ requests: 1, failed: 1, served: 0, meanTpotMs: null })
    expect(targets['openai/gpt']).toMatchObject({ requests: 1, served: 1 })
  })

  test('goodput is what meets the objectives of its alias', () => {
    const { live } = at({ objectivesOf: alias => (alias === 'llama' ? { ttftMs: 250, tpotMs: null } : null) })
    live.add(summaryOf({ ttftMs: 250, tpotMs: 1000 }))
    live.add(summaryOf({ ttftMs: 251 }))
    live.add(summaryOf({ ttftMs: null }))
    live.add(summaryOf({ modelAlias: 'other', ttftMs: 9999 }))
    live.add(summaryOf({ outcome: 'failed', status: 502, reason: 'upstream_error' }))
    live.add(refusedSummary)
    expect(live.snapshot().windows.start.total).toMatchObject({ served: 4, good: 3, failed: 1, refused: 1 })
  })

  test('objectives are those of a router that has some', () => {
    expect(routerObjectives({ kind: 'cost', ttftMs: 500, tpotMs: null })).toEqual({
      ttftMs: 500,
      tpotMs: null,
    })
    expect(routerObjectives({ kind: 'round-robin' })).toBeNull()
  })

  test('what machines cost stands beside what was charged; the rest is idle', () => {
    const { clock, live } = at({ capacity: () => [{ deployment: 'h200', usdPerHour: 3.6 }] })
    live.add(summaryOf({ attempts: [attemptOf({ nanoUsd: 10_000_000n }), offerAttempt()] }))
    clock.nowMs += 100_000
    const { total, targets, models } = live.snapshot().windows.start
    expect(targets.h200!.capacityUsd).toBeCloseTo(0.1)
    expect(targets.h200!.expectedUseShare).toBeCloseTo(0.1)
    expect(targets.h200!.idleShare).toBeNull()
    expect(total.usdWithIdle).toBeCloseTo(0.11)
    expect(total.usdPerMillionTokensWithIdle).toBeCloseTo((0.11 / 2202) * 1e6)
    // Of a model nobody knows which share of the machines is its own.
    expect(models.llama!.usdWithIdle).toBeNull()
    expect(targets['openai/gpt']!.usdWithIdle).toBe(0.01)
  })

  test('idle shares are the ledger’s, of what was closed in the window', () => {
    let closed = { deployment: 'h200', billedNanoUsd: 100n, idleNanoUsd: 25n }
    const { clock, live } = at({ closed: () => [closed] })
    clock.nowMs += 1000
    expect(live.snapshot().windows['1m'].targets.h200!.idleShare).toBe(0.25)
    clock.nowMs += 300_000
    // A correction moved money from idle time to requests, and another interval was closed.
    closed = { deployment: 'h200', billedNanoUsd: 300n, idleNanoUsd: 125n }
    const { windows } = live.snapshot()
    expect(windows['1m'].total).toMatchObject({ closedUsd: 200e-9, idleShare: 0.5 })
    expect(windows.start.total.idleShare).toBeCloseTo(125 / 300)
    clock.nowMs += 60_000
    expect(live.snapshot().windows['1m'].total.idleShare).toBeNull()
  })

  test('a change of the machines counts from then on', () => {
    let usdPerHour = 3.6
    const { clock, live } = at({ capacity: () => [{ deployment: 'h200', usdPerHour }] })
    for (let step = 0; step < 20; step++) {
      clock.nowMs += 10_001
      live.add(summaryOf())
      if (step === 9) usdPerHour = 0
    }
    expect(live.snapshot().windows.start.total.capacityUsd).toBeCloseTo(0.1, 2)
  })
})

describe('series', () => {
  test('ten seconds for an hour, minutes for a day', () => {
    const { clock, live } = at()
    for (let second = 0; second < 30; second++) {
      live.add(summaryOf())
      clock.nowMs += 1000
    }
    clock.nowMs += 5000
    const fine = live.series(10, 'total', '', 0)!
    expect(fine.points.map(({ atMs, figures }) => [atMs - startMs, figures?.requests ?? null])).toEqual([
      [0, 10],
      [10_000, 10],
      [20_000, 10],
      [30_000, null],
    ])
    expect(fine.points[0]!.figures!.requestsPerSecond).toBe(1)
    expect(live.series(60, 'model', 'llama', 0)!.points).toHaveLength(1)
    clock.nowMs += 48 * 3_600_000
    expect(live.series(10, 'total', '', 0)!.points).toHaveLength(360)
    expect(live.series(60, 'target', 'h200', 0)!.points).toHaveLength(1440)
    expect(live.series(60, 'target', 'h200', clock.nowMs - 60_000)!.points).toHaveLength(2)
  })

  test('of nobody', () => {
    expect(at().live.series(10, 'model', 'llama', 0)).toBeNull()
    expect(at().live.series(60, 'total', '', 0)!.points).toHaveLength(1)
  })
})

describe('memory', () => {
  test('tenants and models beyond a number share one name', () => {
    const { live } = at()
    for (let index = 0; index < 1000; index++)
      live.add(summaryOf({ tenant: `t${index}`, modelAlias: `m${index}` }))
    const { models, tenants, total } = live.snapshot().windows['1m']
    expect(Object.keys(models)).toHaveLength(51)
    expect(Object.keys(tenants)).toHaveLength(201)
    expect(models.other!.requests).toBe(950)
    expect(Object.values(tenants).reduce((sum, { requests }) => sum + requests, 0)).toBe(total.requests)
  })

  test('a ring holds each bucket once, and forgets it when its place is taken', () => {
    const ring = createBucketRing(10, 3)
    const row = new Float64Array(columns)
    row[column.requests] = 1
    for (const nowMs of [0, 5, 10, 20, 29, 30]) ring.add(nowMs, row)
    expect(ring.since(30, 0).map(({ startMs, row }) => [startMs, row?.[column.requests]])).toEqual([
      [10, 1],
      [20, 2],
      [30, 1],
    ])
    // Too old: its place is another bucket's.
    ring.add(5, row)
    const sum = new Float64Array(columns)
    ring.sumLast(30, 3, sum)
    expect(sum[column.requests]).toBe(4)
  })
})
