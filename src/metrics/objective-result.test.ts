import { expect, test } from 'vitest'
import type { Objective } from './objective.ts'
import { objectiveResult } from './objective-result.ts'
import { record, rejected } from './record.fixture.ts'
import { RunMetrics } from './run-metrics.ts'

/** Served requests with TTFT of 100, 200, … ms from send, 100 ms more from schedule; then rejected ones. */
function tally(served: number, misses: number) {
  const metrics = new RunMetrics()
  for (let index = 0; index < served; index++) {
    const firstTokenUs = 1_100_000 + (index + 1) * 100_000
    metrics.addRecord(
      record({
        id: index,
        firstTokenUs,
        lastTokenUs: firstTokenUs + 500_000,
        endedUs: firstTokenUs + 500_000,
      }),
    )
  }
  for (let index = 0; index < misses; index++) metrics.addRecord(rejected({ id: served + index }))
  return metrics.measured
}

const ttft = (statistic: Objective['statistic'], limitMs: number): Objective => ({
  metric: 'ttft',
  statistic,
  limitMs,
})

test('a percentile of served requests, by hand', () => {
  // 100, …, 1000 ms: p50 lies between 500 and 600, p90 between 900 and 1000.
  expect(objectiveResult(ttft('p50', 550), tally(10, 0), 'service')).toMatchObject({
    valueMs: 550,
    valueWithMissesMs: 550,
    met: true,
  })
  expect(objectiveResult(ttft('p90', 909), tally(10, 0), 'service')).toMatchObject({
    valueMs: 910,
    met: false,
  })
  expect(objectiveResult(ttft('p50', 650), tally(10, 0), 'response')).toMatchObject({
    valueMs: 650,
    met: true,
  })
})

test('rejected requests are infinitely late', () => {
  // Eleven of 21 requests were served: the median is the last of them.
  const half = tally(11, 10)
  expect(objectiveResult(ttft('p50', 1100), half, 'service')).toMatchObject({
    valueMs: 600,
    valueWithMissesMs: 1100,
    met: true,
  })
  expect(objectiveResult(ttft('p90', 1e9), half, 'service')).toMatchObject({
    valueMs: 1000,
    valueWithMissesMs: null,
    met: false,
  })
})

test('a mean is that of served requests', () => {
  const mean = objectiveResult(ttft('mean', 550), tally(10, 5), 'service')
  expect(mean).toMatchObject({ valueMs: 550, valueWithMissesMs: 550, met: true })
})

test('metrics are told apart', () => {
  const some = tally(1, 0)
  expect(objectiveResult({ metric: 'tpot', statistic: 'p99', limitMs: 49 }, some, 'service')).toMatchObject({
    valueMs: 50,
    met: false,
  })
  expect(objectiveResult({ metric: 'e2e', statistic: 'mean', limitMs: 600 }, some, 'service').valueMs).toBe(
    600,
  )
  expect(objectiveResult({ metric: 'e2e', statistic: 'mean', limitMs: 600 }, some, 'response').met).toBe(
    false,
  )
})

test('nothing measured is neither met nor missed; all rejected is missed', () => {
  const unknown = { valueMs: null, valueWithMissesMs: null, met: null }
  expect(objectiveResult(ttft('p90', 100), tally(0, 0), 'service')).toMatchObject(unknown)
  expect(objectiveResult(ttft('mean', 100), tally(0, 3), 'service')).toMatchObject(unknown)
  expect(objectiveResult(ttft('p90', 100), tally(0, 3), 'service')).toMatchObject({ ...unknown, met: false })
})
