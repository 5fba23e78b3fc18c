import { expect, test } from 'vitest'
import { latencyCurves } from './latency-curves.ts'
import type { RequestRecord } from './record.ts'
import { RunMetrics } from './run-metrics.ts'

/** Due at 0, sent 10 ms later, first token after so many ms more, the second 20 ms after it. */
function record(id: number, ttftMs: number): RequestRecord {
  const firstTokenUs = 10_000 + ttftMs * 1000
  const lastTokenUs = firstTokenUs + 20_000
  return {
    id,
    tenant: '',
    model: '',
    session: -1,
    turn: 0,
    inputTokens: 1,
    cachedTokens: 0,
    requestedOutputTokens: 2,
    outputTokens: 2,
    scheduledUs: 0,
    sentUs: 10_000,
    startedUs: Number.NaN,
    firstTokenUs,
    lastTokenUs,
    endedUs: lastTokenUs,
    outcome: 'served',
    reason: '',
    replica: -1,
    preemptions: 0,
  }
}

test('a curve runs from the least value to the largest, by the clock that is asked for', () => {
  const metrics = new RunMetrics()
  for (const [id, ttft] of [30, 10, 20].entries()) metrics.addRecord(record(id, ttft))
  const service = latencyCurves(metrics)
  expect(service.ttft?.[0]).toBeCloseTo(10)
  expect(service.ttft?.[100]).toBeCloseTo(20)
  expect(service.ttft?.at(-1)).toBeCloseTo(30)
  expect(service.tpot?.[0]).toBeCloseTo(20)
  expect(service.interToken).toBeNull()
  const response = latencyCurves(metrics, 'response')
  expect(response.ttft?.[0]).toBeCloseTo(20)
  expect(response.endToEnd?.at(-1)).toBeCloseTo(60)
})

test('nothing served has no curve', () => {
  expect(latencyCurves(new RunMetrics())).toEqual({
    ttft: null,
    tpot: null,
    interToken: null,
    endToEnd: null,
  })
})
