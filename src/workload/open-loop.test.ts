import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import type { OpenLoopSpec } from './open-loop.ts'
import type { WorkloadRequest } from './request.ts'
import { open, requestsOf } from './synthetic.fixture.ts'
import { createWorkload, type WorkloadSpec } from './synthetic.ts'

describe('an open loop', () => {
  it('makes the same requests for the same seed, others for another, on time or late', () => {
    expect(requestsOf(open)).toEqual(requestsOf(open))
    expect(requestsOf(open, 1, 5_000_000)).toEqual(requestsOf(open))
    expect(requestsOf(open, 2)).not.toEqual(requestsOf(open))
  })

  it('changes nothing but what was changed', () => {
    const usual = requestsOf(open)
    const shorter = requestsOf({
      ...open,
      lengths: { ...open.lengths, output: 7 } as OpenLoopSpec['lengths'],
    })
    expect(shorter.map(r => [r.arrivalUs, r.inputTokens])).toEqual(
      usual.map(r => [r.arrivalUs, r.inputTokens]),
    )
    const faster = requestsOf({ ...open, arrivals: { kind: 'constant', rate: 90 } })
    expect(faster.map(r => [r.inputTokens, r.outputTokens])).toEqual(
      usual.map(r => [r.inputTokens, r.outputTokens]),
    )
    const shared = requestsOf({ ...open, prefix: { groups: 3, share: 0.5 } })
    expect(shared.map(({ content: _content, ...rest }) => rest)).toEqual(
      usual.map(({ content: _content, ...rest }) => rest),
    )
  })

  it('numbers requests in order of arrival and says whose they are', () => {
    const requests = requestsOf({ ...open, tenant: 'acme', model: 'm', priority: 3 })
    expect(requests.map(r => r.id)).toEqual(Array.from({ length: 500 }, (_, id) => id))
    for (let i = 1; i < 500; i++)
      expect(requests[i]!.arrivalUs).toBeGreaterThanOrEqual(requests[i - 1]!.arrivalUs)
    expect(requests.every(r => Number.isInteger(r.arrivalUs))).toBe(true)
    expect(requests[7]).toMatchObject({
      tenant: 'acme',
      model: 'm',
      priority: 3,
      session: -1,
      turn: 0,
      content: null,
    })
    expect(requestsOf(open)[0]).toMatchObject({ tenant: '', model: '', priority: 0 })
  })

  it('ends by count, by duration, or with its arrivals, and knows its total where it can', () => {
    const total = (spec: WorkloadSpec) => createWorkload(spec, new RandomSource(1)).totalRequests
    const burst: WorkloadSpec = {
      kind: 'open',
      arrivals: { kind: 'burst', requests: 40 },
      lengths: open.lengths,
    }
    const series = { kind: 'series', steps: [{ seconds: 10, rate: 5 }] } as const
    expect(total(open)).toBe(500)
    expect(total(burst)).toBe(40)
    expect(total({ ...burst, requests: 9 })).toBe(9)
    expect(requestsOf({ ...burst, requests: 9 }).length).toBe(9)
    expect(total({ ...open, durationSeconds: 3 })).toBe(null)
    expect(Math.max(...requestsOf({ ...open, durationSeconds: 3 }).map(r => r.arrivalUs))).toBeLessThan(3e6)
    expect(total({ ...open, arrivals: { kind: 'poisson', rate: series } })).toBe(null)
    expect(requestsOf({ ...burst, arrivals: { kind: 'constant', rate: series } }).length).toBe(50)
  })
})

describe('warm-up', () => {
  it('is marked by number and by time', () => {
    const mark = (warmup: { requests?: number; seconds?: number }) => {
      const workload = createWorkload({ ...open, warmup }, new RandomSource(1))
      const out: WorkloadRequest[] = []
      while (workload.nextUs() < Number.POSITIVE_INFINITY) workload.wake(workload.nextUs(), out)
      return out.filter(request => workload.isWarmup(request.id))
    }
    expect(mark({ requests: 100 }).map(r => r.id)).toEqual(Array.from({ length: 100 }, (_, id) => id))
    const early = mark({ seconds: 5 })
    expect(early.length).toBeGreaterThan(50)
    expect(early.every(r => r.arrivalUs < 5e6)).toBe(true)
    expect(mark({}).length).toBe(0)
  })
})
