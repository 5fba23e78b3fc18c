import { describe, expect, it } from 'vitest'
import { RandomSource, type RandomStream } from '../core/random.ts'
import { Distribution } from '../metrics/distribution.ts'
import { createEvidenceCollector, type EvidenceCollector } from './evidence-collector.ts'
import { observation, usage } from './observation.fixture.ts'
import type { RequestObservation } from './observation.ts'
import { percentileInterval } from './percentile-interval.ts'
import { outsideEvidence } from './verdict.fixture.ts'

const source = new RandomSource('collector')

function seen(id: number, sentUs: number, ttftMs: number, outputMs = 200): RequestObservation {
  const firstUs = sentUs + ttftMs * 1000
  return observation({
    id,
    requestedOutputTokens: 11,
    reported: usage(100, 11),
    times: {
      scheduledUs: sentUs,
      dispatchedUs: sentUs,
      sentUs,
      firstContentUs: firstUs,
      lastContentUs: firstUs + outputMs * 1000,
      endedUs: firstUs + outputMs * 1000,
    },
  })
}

/** Poisson arrivals, 20 a second, with a TTFT that may depend on time and chance. */
function feed(
  collector: EvidenceCollector,
  count: number,
  ttftMs: (stream: RandomStream, share: number) => number,
  stream: RandomStream,
): void {
  let sentUs = 0
  for (let id = 0; id < count; id++) {
    sentUs += Math.round(50_000 * stream.exponential())
    collector.add(seen(id, sentUs, ttftMs(stream, id / count)))
  }
}

const collected = (collector: EvidenceCollector) => collector.evidence(outsideEvidence())

describe('first wave', () => {
  it('is told by numbers, in whatever order they end', () => {
    const collector = createEvidenceCollector({ users: 8 })
    const ids = Array.from({ length: 100 }, (_, id) => (id * 37) % 100)
    for (const id of ids) collector.add(seen(id, id * 10_000, id < 8 ? 900 : 100))
    expect(collected(collector).firstWave).toEqual({
      requests: 8,
      medianMs: 900,
      laterRequests: 92,
      laterMedianMs: 100,
      laterP95Ms: 100,
    })
  })

  it('needs later requests to stand against', () => {
    const collector = createEvidenceCollector({ users: 64 })
    for (let id = 0; id < 100; id++) collector.add(seen(id, id * 1000, 100))
    expect(collected(collector).firstWave).toBeNull()
  })
})

describe('lengths', () => {
  it('are those of served measured requests that somebody counted', () => {
    const collector = createEvidenceCollector({ users: null })
    collector.add(observation({ id: 0, requestedOutputTokens: 10, reported: usage(120, 7) }))
    const { counted } = observation({})
    collector.add(observation({ id: 1, reported: null, counted: { ...counted, tokens: 5 } }))
    collector.add(observation({ id: 2, reported: null }))
    collector.add(observation({ id: 3, phase: 'warm-up' }))
    collector.add(observation({ id: 4, outcome: 'failed' }))
    expect(collected(collector).lengths).toEqual({
      outputRequests: 2,
      askedOutputTokens: 13,
      obtainedOutputTokens: 12,
      inputRequests: 1,
      askedInputTokens: 100,
      obtainedInputTokens: 120,
    })
  })
})

describe('drift', () => {
  it('of a server that keeps up is not significant', () => {
    const stream = source.stream('steady')
    let significant = 0
    for (let trial = 0; trial < 60; trial++) {
      const collector = createEvidenceCollector({ users: null })
      feed(collector, 400, s => 50 + 100 * s.exponential(), stream)
      for (const { pValue } of collected(collector).trends) if (pValue < 0.01) significant++
    }
    // 180 tests at 1 %; of in-flight levels neighbouring stretches share requests.
    expect(significant).toBeLessThanOrEqual(9)
  })

  it('of a growing queue is seen in TTFT and in flight', () => {
    const collector = createEvidenceCollector({ users: null })
    feed(collector, 600, (s, share) => 50 + 8_000 * share + 20 * s.exponential(), source.stream('grows'))
    const { trends } = collected(collector)
    expect(trends.map(({ name }) => name)).toEqual(['TTFT', 'TPOT', 'requests in flight'])
    const [ttft, tpot, inFlight] = trends
    expect(ttft!.change).toBeGreaterThan(1)
    expect(ttft!.pValue).toBeLessThan(1e-4)
    expect(inFlight!.change).toBeGreaterThan(1)
    expect(tpot!.change).toBeCloseTo(0, 6)
  })

  it('is not asked of few requests', () => {
    const collector = createEvidenceCollector({ users: null })
    feed(collector, 79, () => 100, source.stream('few'))
    expect(collected(collector).trends).toEqual([])
    expect(collected(createEvidenceCollector({ users: 4 }))).toMatchObject({
      trends: [],
      waves: null,
      firstWave: null,
      ttftMedianMs: null,
    })
  })
})

describe('waves', () => {
  const loop = (jitter: number) => {
    const collector = createEvidenceCollector({ users: 32 })
    const stream = source.stream('loop', jitter)
    const ends = new Array<number>(32).fill(0)
    for (let id = 0; id < 640; id++) {
      const user = ends.indexOf(Math.min(...ends))
      const outputMs = 2_000 * (1 + jitter * (stream.uniform() - 0.5))
      const observed = seen(id, ends[user]!, 100, outputMs)
      ends[user] = Math.round(observed.times.endedUs)
      collector.add(observed)
    }
    return collected(collector).waves!
  }

  it('are locked when answers are equal, and not when they vary', () => {
    expect(loop(0.002)).toMatchObject({ users: 32, cycles: 10 })
    expect(loop(0.002).clumping).toBeGreaterThan(0.7)
    expect(loop(0.4).clumping).toBeLessThan(0.15)
  })

  it('are no question of open loops', () => {
    const collector = createEvidenceCollector({ users: null })
    feed(collector, 400, () => 100, source.stream('open'))
    expect(collected(collector).waves).toBeNull()
  })
})

describe('effective shares', () => {
  it('are 1 for independent requests, but for 1 in 20', () => {
    const stream = source.stream('independent')
    let below = 0
    for (let trial = 0; trial < 60; trial++) {
      const collector = createEvidenceCollector({ users: null })
      feed(collector, 500, s => 100 * s.exponential(), stream)
      if (collector.effectiveShares().ttft < 1) below++
    }
    expect(below).toBeLessThanOrEqual(9)
  })

  it('mend the coverage of intervals near saturation', () => {
    // A queue at load 0.9, by Lindley's recursion; the true p90 of its waiting times: ln(0.9 ÷ 0.1) ÷ (1 − 0.9) services.
    const stream = source.stream('queue')
    const serviceMs = 45
    const truth = (serviceMs * Math.log(0.9 / 0.1)) / 0.1
    const trials = 60
    let naive = 0
    let mended = 0
    for (let trial = 0; trial < trials; trial++) {
      const collector = createEvidenceCollector({ users: null })
      const values = new Distribution()
      // Starts in the steady state: 10 % find the server free, the others wait exponentially.
      let waitMs = stream.uniform() < 0.1 ? 0 : (serviceMs / 0.1) * stream.exponential()
      let sentUs = 0
      for (let id = 0; id < 3_000; id++) {
        const gapMs = 50 * stream.exponential()
        waitMs = Math.max(0, waitMs + serviceMs * stream.exponential() - gapMs)
        sentUs += Math.round(gapMs * 1000)
        values.add(waitMs)
        collector.add(seen(id, sentUs, waitMs))
      }
      const covers = (share: number) => {
        const { lowMs, highMs } = percentileInterval(values, 0.9, 0, 0.95, share)
        return (lowMs ?? 0) <= truth && truth <= (highMs ?? Number.POSITIVE_INFINITY)
      }
      if (covers(1)) naive++
      if (covers(collector.effectiveShares().ttft)) mended++
    }
    expect(naive / trials).toBeLessThan(0.4)
    expect(mended / trials).toBeGreaterThan(0.75)
  })
})
