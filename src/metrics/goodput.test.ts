import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeRequest, type RequestLimits, requestLimits } from './goodput.ts'
import { anyRecord, record, rejected } from './record.fixture.ts'

const none: RequestLimits = { ttftMs: Infinity, tpotMs: Infinity, e2eMs: Infinity }
const judge = (overrides: Parameters<typeof record>[0], limits: Partial<RequestLimits>) =>
  judgeRequest(record(overrides), { ...none, ...limits }, 'service')

test('limits of a request: the largest of each metric', () => {
  expect(requestLimits([])).toEqual(none)
  const limits = requestLimits([
    { metric: 'ttft', statistic: 'p50', limitMs: 500 },
    { metric: 'ttft', statistic: 'p99', limitMs: 2000 },
    { metric: 'tpot', statistic: 'mean', limitMs: 30 },
  ])
  expect(limits).toEqual({ ttftMs: 2000, tpotMs: 30, e2eMs: Infinity })
})

describe('a served request', () => {
  test('meets a limit it reaches exactly, and misses one below', () => {
    expect(judge({}, { ttftMs: 200, tpotMs: 50, e2eMs: 700 })).toBe('met')
    expect(judge({}, { ttftMs: 199.999 })).toBe('missed')
    expect(judge({}, { tpotMs: 49.999 })).toBe('missed')
    expect(judge({}, { e2eMs: 699.999 })).toBe('missed')
  })

  test('is judged by the clock that was chosen', () => {
    const limits = { ...none, ttftMs: 250 }
    expect(judgeRequest(record(), limits, 'service')).toBe('met')
    expect(judgeRequest(record(), limits, 'response')).toBe('missed')
  })

  test('of one token keeps any limit on TPOT', () => {
    expect(judge({ outputTokens: 1, lastTokenUs: 1_300_000 }, { tpotMs: 1 })).toBe('met')
  })

  test('without the times that a limit needs is unjudged, without limits it is good', () => {
    const silent = { firstTokenUs: Number.NaN }
    expect(judge(silent, { ttftMs: 500 })).toBe('unjudged')
    expect(judge(silent, { tpotMs: 500 })).toBe('unjudged')
    expect(judge(silent, { e2eMs: 800 })).toBe('met')
    expect(judge(silent, { ttftMs: 500, e2eMs: 600 })).toBe('missed')
    expect(judge({ firstTokenUs: Number.NaN, lastTokenUs: Number.NaN }, {})).toBe('met')
  })
})

describe('others', () => {
  test('rejected and failed requests miss, whatever the limits', () => {
    expect(judgeRequest(rejected(), none, 'service')).toBe('missed')
    expect(judge({ outcome: 'failed', reason: 'crash' }, {})).toBe('missed')
  })

  test('cancelled ones miss the limits they had overrun, and are unjudged within them', () => {
    const cancelled = { outcome: 'cancelled', reason: 'cancelled' } as const
    const waiting = { ...cancelled, firstTokenUs: Number.NaN, lastTokenUs: Number.NaN, endedUs: 1_600_000 }
    expect(judge(waiting, { ttftMs: 400 })).toBe('missed')
    expect(judge(waiting, { ttftMs: 600 })).toBe('unjudged')
    expect(judge(waiting, { e2eMs: 400 })).toBe('missed')
    expect(judge(cancelled, { ttftMs: 100 })).toBe('missed')
    expect(judge(cancelled, { ttftMs: 300, tpotMs: 1 })).toBe('unjudged')
  })
})

test('a looser limit never makes a good request a bad one', () => {
  const limit = fc.double({ min: 1, max: 1e6, noNaN: true })
  const limits = fc.record({ ttftMs: limit, tpotMs: limit, e2eMs: limit })
  fc.assert(
    fc.property(anyRecord, limits, fc.double({ min: 1, max: 10, noNaN: true }), (request, tight, factor) => {
      const loose = {
        ttftMs: tight.ttftMs * factor,
        tpotMs: tight.tpotMs * factor,
        e2eMs: tight.e2eMs * factor,
      }
      if (judgeRequest(request, tight, 'service') === 'met') {
        expect(judgeRequest(request, loose, 'service')).toBe('met')
      }
      if (judgeRequest(request, loose, 'service') === 'missed') {
        expect(judgeRequest(request, tight, 'service')).toBe('missed')
      }
    }),
  )
})
