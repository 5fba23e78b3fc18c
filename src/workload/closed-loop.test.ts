/** Closed loops keep their number of users; fixed lengths lock them into waves, and each remedy breaks the waves. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { mean } from '../core/statistics.ts'
import { type ClosedLoopSpec, lockStepWarning } from './closed-loop.ts'
import { createWorkload } from './synthetic.ts'
import { dispersion, type Served, serveAlone, serveInSteps } from './toy-server.fixture.ts'

const fixed = { kind: 'closed', users: 32, requests: 3200, lengths: { input: 2000, output: 200 } } as const

const start = (spec: ClosedLoopSpec, seed: number | string = 1) =>
  createWorkload(spec, new RandomSource(seed))

function concurrencyOf(served: readonly Served[], atUs: number): number {
  return served.filter(({ request, endUs }) => request.arrivalUs <= atUs && endUs > atUs).length
}

describe('users', () => {
  it('always have one request each', () => {
    const served = serveAlone(start({ ...fixed, users: 7, requests: 700 }), request => 900 + request.id)
    expect(served.length).toBe(700)
    for (let atUs = 0; atUs < 50_000; atUs += 1234) expect(concurrencyOf(served, atUs)).toBe(7)
    expect(served.map(({ request }) => request.id).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 700 }, (_, id) => id),
    )
  })

  it('pause for their think time', () => {
    const served = serveAlone(start({ ...fixed, users: 1, requests: 4, thinkTime: 2 }), () => 1_000_000)
    expect(served.map(({ request }) => request.arrivalUs)).toEqual([0, 3e6, 6e6, 9e6])
  })

  it('are as many in flight as Little says when they think', () => {
    const spec = {
      ...fixed,
      users: 200,
      requests: 20_000,
      thinkTime: { kind: 'exponential', mean: 3 },
    } as const
    const served = serveAlone(start(spec), () => 1_000_000)
    const busy = [20, 30, 40, 50, 60, 70].map(second => concurrencyOf(served, second * 1e6))
    // 200 × 1 s ÷ (1 s + 3 s) = 50, binomial with a deviation of 6.
    expect(Math.abs(mean(busy) - 50)).toBeLessThan((4 * 6.1) / Math.sqrt(6))
  })

  it('stop by count or by duration', () => {
    const byTime = serveAlone(
      start({ kind: 'closed', users: 3, durationSeconds: 1, lengths: fixed.lengths }),
      () => 70_000,
    )
    expect(Math.max(...byTime.map(({ request }) => request.arrivalUs))).toBeLessThan(1_000_000)
    expect(byTime.length).toBe(3 * Math.ceil(1_000_000 / 70_000))
    expect(start(fixed).totalRequests).toBe(3200)
    expect(start({ ...fixed, durationSeconds: 9 }).totalRequests).toBe(null)
  })

  it('begin at once, in a ramp, or spread over a request', () => {
    const arrivals = (spec: object) =>
      serveAlone(start({ ...fixed, users: 10, requests: 10, ...spec }), () => 1e9).map(
        s => s.request.arrivalUs,
      )
    expect(arrivals({})).toEqual(new Array(10).fill(0))
    expect(arrivals({ start: { kind: 'burst' } })).toEqual(new Array(10).fill(0))
    expect(arrivals({ start: { kind: 'ramp', seconds: 5 } })).toEqual(
      Array.from({ length: 10 }, (_, user) => user * 500_000),
    )
    const staggered = arrivals({ start: { kind: 'stagger', requestSeconds: 4 } })
    expect(new Set(staggered).size).toBe(10)
    expect(staggered.every(us => us >= 0 && us < 4e6)).toBe(true)
  })

  it('go on after failures, but not at once', () => {
    for (const outcome of ['rejected', 'failed', 'cancelled'] as const) {
      const spec = { kind: 'closed', users: 2, durationSeconds: 10, lengths: fixed.lengths } as const
      const served = serveAlone(
        start(spec),
        () => 0,
        () => outcome,
      )
      expect(served.length).toBe(20)
      const patient = serveAlone(
        start({ ...spec, failurePauseSeconds: 4 }),
        () => 0,
        () => outcome,
      )
      expect(patient.map(({ request }) => request.arrivalUs)).toEqual([0, 0, 4e6, 4e6, 8e6, 8e6])
    }
  })

  it('do not ask the same as each other', () => {
    const lengths = { input: { kind: 'uniform', minimum: 1, maximum: 100_000 }, output: 5 } as const
    const served = serveAlone(start({ ...fixed, users: 50, requests: 50, lengths }), () => 1)
    expect(new Set(served.map(({ request }) => request.inputTokens)).size).toBeGreaterThan(45)
  })

  it('have requests of their own, whatever the server does to others', () => {
    const lengths = {
      input: { kind: 'lognormal', mean: 500, cv: 1 },
      output: { kind: 'gamma', mean: 90, cv: 1 },
    } as const
    const spec = {
      kind: 'closed',
      users: 2,
      requests: 60,
      lengths,
      start: { kind: 'ramp', seconds: 0.002 },
    } as const
    // The first user is the one whose first request comes first; the other is slow in one of the runs.
    const lengthsOfFirst = (slowUs: number) => {
      const users = new Map<number, number>([[0, 0]])
      const seen: number[][] = [[], []]
      const workload = start(spec)
      const running: { id: number; endUs: number }[] = []
      const requests = new Map<number, Parameters<typeof workload.accept>[1]['request']>()
      let freed = 0
      for (;;) {
        running.sort((a, b) => a.endUs - b.endUs)
        const nowUs = Math.min(workload.nextUs(), running[0]?.endUs ?? Number.POSITIVE_INFINITY)
        if (nowUs === Number.POSITIVE_INFINITY) return seen[0]!
        const out: (typeof requests extends Map<number, infer R> ? R : never)[] = []
        if (running[0]?.endUs === nowUs) {
          const { id } = running.shift()!
          freed = users.get(id)!
          workload.accept(nowUs, { request: requests.get(id)!, outcome: 'served' }, out)
        }
        if (workload.nextUs() <= nowUs) workload.wake(nowUs, out)
        for (const request of out) {
          const user = request.id < 2 ? request.id : freed
          users.set(request.id, user)
          requests.set(request.id, request)
          seen[user]!.push(request.inputTokens, request.outputTokens)
          running.push({ id: request.id, endUs: nowUs + (user === 0 ? 1001 : slowUs) })
        }
      }
    }
    const [usual, slowed] = [lengthsOfFirst(1003), lengthsOfFirst(7000)]
    expect(slowed.slice(0, 40)).toEqual(usual.slice(0, 40))
  })
})

describe('lock-step', () => {
  /** Second half of the run, so that a decaying start is not mistaken for waves. */
  const wavesOf = (extra: Partial<ClosedLoopSpec>) => {
    const { promptsPerStep, served } = serveInSteps(start({ ...fixed, ...extra }))
    const half = promptsPerStep.slice(promptsPerStep.length >> 1, -250)
    const late = served.slice(served.length >> 1)
    return {
      // Windows of ten steps: a wave is longer than a step, because the token budget cuts it.
      dispersion: dispersion(half, 10),
      ttftMs: mean(late.map(({ request, firstTokenUs }) => (firstTokenUs - request.arrivalUs) / 1e3)),
    }
  }
  const locked = wavesOf({})

  it('is what fixed lengths and a common start lead to, for the whole run', () => {
    // All 32 prompts within 8 of about 208 steps. In one window variance ÷ mean would be 32 × (1 − 10/208) = 30; cut in
    // two halves by the edge of a window it is 15.
    expect(locked.dispersion).toBeGreaterThan(14)
  })

  it.each([
    ['a staggered start', { start: { kind: 'stagger', requestSeconds: 3.8 } }, 3],
    ['a ramp over one request', { start: { kind: 'ramp', seconds: 3.8 } }, 3],
    ['initial progress', { initialProgress: true }, 3],
    ['a length jitter', { lengthJitter: 0.1 }, 2],
    [
      'ranges of lengths',
      {
        lengths: {
          input: { kind: 'range-below', nominal: 2200, ratio: 0.8 },
          output: { kind: 'range-below', nominal: 220, ratio: 0.8 },
        },
      },
      2,
    ],
    ['think times', { thinkTime: { kind: 'exponential', mean: 1 } }, 3],
  ] as const)('is broken by %s', (_name, extra, most) => {
    const free = wavesOf(extra as Partial<ClosedLoopSpec>)
    expect(free.dispersion).toBeLessThan(most)
    expect(free.ttftMs).toBeLessThan(0.8 * locked.ttftMs)
  })

  it('keeps in-flight prefill at zero or at all users on a server of fixed service times', () => {
    const prefilling = (spec: ClosedLoopSpec) => {
      const served = serveAlone(start(spec), () => 100_000)
      const counts: number[] = []
      for (let atUs = 3_000_500; atUs < 6_000_000; atUs += 1000)
        counts.push(served.filter(s => s.request.arrivalUs <= atUs && s.firstTokenUs > atUs).length)
      return counts
    }
    const short = { ...fixed, requests: 32 * 70 }
    const wave = prefilling(short)
    expect(new Set(wave)).toEqual(new Set([0, 32]))
    expect(dispersion(wave, 1)).toBeCloseTo(32 * 0.9, 0)
    const spread = prefilling({ ...short, start: { kind: 'stagger', requestSeconds: 0.1 } })
    // Binomial when users do not know of each other: 1 − 1/10; one draw of 32 phases scatters around it.
    expect(dispersion(spread, 1)).toBeLessThan(2)
  })

  it('is warned of exactly when it comes', () => {
    const warned = (extra: Partial<ClosedLoopSpec>) => lockStepWarning({ ...fixed, ...extra }) !== null
    expect(warned({})).toBe(true)
    expect(warned({ thinkTime: 2 })).toBe(true)
    expect(warned({ start: { kind: 'burst' } })).toBe(true)
    expect(warned({ users: 1 })).toBe(false)
    expect(warned({ lengthJitter: 0.1 })).toBe(false)
    expect(warned({ initialProgress: true })).toBe(false)
    expect(warned({ start: { kind: 'stagger', requestSeconds: 1 } })).toBe(false)
    expect(warned({ thinkTime: { kind: 'exponential', mean: 2 } })).toBe(false)
    expect(
      warned({ lengths: { input: 2000, output: { kind: 'uniform', minimum: 190, maximum: 210 } } }),
    ).toBe(false)
  })

  it('leaves the first requests of initial progress out of the count', () => {
    const workload = start({ ...fixed, users: 500, requests: 900, initialProgress: true })
    const served = serveAlone(workload, request => request.outputTokens * 1000)
    const first = served.filter(({ request }) => workload.isWarmup(request.id))
    expect(first.length).toBe(500)
    const lengths = first.map(({ request }) => request.outputTokens)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200)
    // Uniform over 1 … 200: mean 100.5, deviation 57.7.
    expect(Math.abs(mean(lengths) - 100.5)).toBeLessThan((4 * 57.7) / Math.sqrt(500))
    const later = served.filter(({ request }) => !workload.isWarmup(request.id))
    expect(new Set(later.map(({ request }) => request.outputTokens))).toEqual(new Set([200]))
  })
})

describe('any closed loop', () => {
  it('numbers requests without gaps, in order of arrival, and never exceeds its users', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.integer(),
        (users, requests, lengthJitter, think, seed) => {
          const spec: ClosedLoopSpec = {
            kind: 'closed',
            users,
            requests,
            lengthJitter,
            lengths: { input: 100, output: 50 },
            thinkTime: think === 0 ? 0 : { kind: 'gamma', mean: think, cv: 1 },
            start: { kind: 'stagger', requestSeconds: think },
          }
          const served = serveAlone(start(spec, seed), request => 1000 * request.outputTokens)
          const requestsMade = served.map(s => s.request).sort((a, b) => a.id - b.id)
          expect(requestsMade.map(request => request.id)).toEqual(
            Array.from({ length: requests }, (_, id) => id),
          )
          for (let i = 1; i < requestsMade.length; i++)
            expect(requestsMade[i]!.arrivalUs).toBeGreaterThanOrEqual(requestsMade[i - 1]!.arrivalUs)
          for (const { request } of served.slice(0, 20))
            expect(concurrencyOf(served, request.arrivalUs)).toBeLessThanOrEqual(users)
        },
      ),
      { numRuns: 40 },
    )
  })
})
