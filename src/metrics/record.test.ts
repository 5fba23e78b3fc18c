import { describe, expect, test } from 'vitest'
import { responseEndToEndMs, serviceEndToEndMs } from './end-to-end-latency.ts'
import { interactivityTokensPerSecond } from './interactivity.ts'
import { queueMs } from './queue-time.ts'
import { record, rejected } from './record.fixture.ts'
import { tpotMs } from './time-per-output-token.ts'
import { responseTtftMs, serviceTtftMs } from './time-to-first-token.ts'

describe('latencies of one request, by hand', () => {
  test('on both clocks', () => {
    expect(serviceTtftMs(record())).toBe(200)
    expect(responseTtftMs(record())).toBe(300)
    expect(serviceEndToEndMs(record())).toBe(700)
    expect(responseEndToEndMs(record())).toBe(800)
    expect(queueMs(record())).toBe(50)
  })

  test('TPOT divides by the tokens after the first', () => {
    expect(tpotMs(record())).toBe(50)
    expect(interactivityTokensPerSecond(tpotMs(record()))).toBe(20)
  })

  test('the end of the stream after the last token does not count', () => {
    expect(serviceEndToEndMs(record({ endedUs: 9_000_000 }))).toBe(700)
  })
})

describe('undefined is NaN', () => {
  test('TPOT of fewer than two tokens', () => {
    expect(tpotMs(record({ outputTokens: 1, lastTokenUs: 1_300_000 }))).toBeNaN()
    expect(tpotMs(record({ outputTokens: 0 }))).toBeNaN()
  })

  test('everything of a request without tokens', () => {
    const metrics = [serviceTtftMs, responseTtftMs, serviceEndToEndMs, responseEndToEndMs, queueMs, tpotMs]
    for (const metric of metrics) expect(metric(rejected())).toBeNaN()
  })

  test('interactivity where all tokens came at once', () => {
    expect(interactivityTokensPerSecond(0)).toBeNaN()
    expect(interactivityTokensPerSecond(Number.NaN)).toBeNaN()
  })
})
