import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import type { WorkloadRequest } from './request.ts'
import { open, requestsOf, served } from './synthetic.fixture.ts'
import { createWorkload, type WorkloadSpec } from './synthetic.ts'
import { serveAlone } from './toy-server.fixture.ts'

describe('a mix', () => {
  const mix: WorkloadSpec = {
    kind: 'mix',
    parts: [
      { name: 'chat', workload: { ...open, tenant: 'chat', prefix: { groups: 2, tokens: 64 } } },
      {
        name: 'batch',
        workload: { kind: 'closed', users: 4, requests: 300, lengths: open.lengths, tenant: 'batch' },
      },
    ],
  }

  it('brings all parts in order of time, numbered and with blocks of their own', () => {
    const requests = served(mix).sort((a, b) => a.id - b.id)
    expect(requests.length).toBe(800)
    expect(requests.map(r => r.id)).toEqual(requests.map((_, id) => id))
    for (let i = 1; i < requests.length; i++)
      expect(requests[i]!.arrivalUs).toBeGreaterThanOrEqual(requests[i - 1]!.arrivalUs)
    expect(requests.filter(r => r.tenant === 'batch').length).toBe(300)
    expect(createWorkload(mix, new RandomSource(1)).totalRequests).toBe(800)
  })

  it('is the same when the driver is late', () => {
    const parts: WorkloadSpec = {
      kind: 'mix',
      parts: [
        { name: 'a', workload: open },
        { name: 'b', workload: { ...open, tenant: 'b' } },
      ],
    }
    expect(requestsOf(parts, 1, 3_000_000)).toEqual(requestsOf(parts))
  })

  it('does not change a part when another one is added before it', () => {
    const extra: WorkloadSpec = {
      kind: 'mix',
      parts: [{ name: 'new', workload: { ...open, tenant: 'new' } }, ...mix.parts],
    }
    const chat = (spec: WorkloadSpec) =>
      served(spec)
        .filter(r => r.tenant === 'chat')
        .map(r => [r.arrivalUs, r.inputTokens, r.outputTokens])
    expect(chat(extra)).toEqual(chat(mix))
  })
})

describe('phases', () => {
  const arrivals = { kind: 'constant', rate: 10 } as const
  const lengths = { input: 10, output: 5 }
  const steady = (durationSeconds: number): WorkloadSpec => ({
    kind: 'open',
    arrivals,
    lengths,
    durationSeconds,
  })

  it('follow each other at the end of their duration, and warm-up phases do not count', () => {
    const workload = createWorkload(
      {
        kind: 'phases',
        phases: [
          { name: 'warm', workload: steady(1.95), warmup: true },
          { name: 'measure', workload: { ...steady(1), warmup: { requests: 2 } } as WorkloadSpec },
        ],
      },
      new RandomSource(1),
    )
    const requests = serveAlone(workload, () => 1000).map(s => s.request)
    expect(requests.map(r => r.arrivalUs)).toEqual([
      ...Array.from({ length: 20 }, (_, i) => i * 100_000),
      ...Array.from({ length: 10 }, (_, i) => 1_950_000 + i * 100_000),
    ])
    expect(requests.filter(r => workload.isWarmup(r.id)).length).toBe(22)
  })

  it('of closed loops hand over with their last request, or drained', () => {
    const level = (users: number): WorkloadSpec => ({ kind: 'closed', users, requests: 2 * users, lengths })
    const firstOfSecond = (drain: boolean) => {
      const spec: WorkloadSpec = {
        kind: 'phases',
        phases: [
          { name: 'a', workload: level(3), drain },
          { name: 'b', workload: level(5) },
        ],
      }
      const requests = serveAlone(createWorkload(spec, new RandomSource(1)), () => 1000).map(s => s.request)
      expect(requests.length).toBe(16)
      return requests.find(r => r.id === 6)!.arrivalUs
    }
    expect(firstOfSecond(false)).toBe(1000)
    expect(firstOfSecond(true)).toBe(2000)
  })

  it('drain after their duration, and hand over at it when the driver is late', () => {
    const closed: WorkloadSpec = { kind: 'closed', users: 2, durationSeconds: 1, lengths }
    const spec = (drain: boolean): WorkloadSpec => ({
      kind: 'phases',
      phases: [
        { name: 'a', workload: closed, drain },
        { name: 'b', workload: { kind: 'open', arrivals, lengths, requests: 1, tenant: 'b' } },
      ],
    })
    const start = (drain: boolean) =>
      serveAlone(createWorkload(spec(drain), new RandomSource(1)), () => 700_000).find(
        s => s.request.tenant === 'b',
      )!.request.arrivalUs
    expect(start(false)).toBe(1_000_000)
    expect(start(true)).toBe(1_400_000)
    const late: WorkloadSpec = {
      kind: 'phases',
      phases: [
        { name: 'a', workload: steady(1) },
        { name: 'b', workload: steady(1) },
      ],
    }
    expect(requestsOf(late, 1, 10_000_000)).toEqual(requestsOf(late))
  })

  it('hand over at the end of a duration that the driver noticed by a later end only', () => {
    const spec: WorkloadSpec = {
      kind: 'phases',
      phases: [
        { name: 'a', workload: { kind: 'closed', users: 1, durationSeconds: 1, lengths } },
        { name: 'b', workload: steady(1) },
      ],
    }
    const workload = createWorkload(spec, new RandomSource(1))
    const out: WorkloadRequest[] = []
    workload.wake(0, out)
    workload.accept(1_700_000, { request: out[0]!, outcome: 'served' }, out)
    expect(workload.nextUs()).toBe(1_000_000)
  })

  it('may be nested, and mixed', () => {
    const inner: WorkloadSpec = {
      kind: 'phases',
      phases: [
        { name: 'a', workload: steady(1) },
        { name: 'b', workload: { ...open, requests: 50 } },
      ],
    }
    const spec: WorkloadSpec = {
      kind: 'phases',
      phases: [
        {
          name: 'x',
          workload: {
            kind: 'mix',
            parts: [
              { name: 'p', workload: inner },
              { name: 'q', workload: steady(3) },
            ],
          },
        },
        { name: 'y', workload: { ...open, requests: 10 } },
      ],
    }
    const requests = served(spec).sort((a, b) => a.id - b.id)
    expect(requests.length).toBe(10 + 50 + 30 + 10)
    for (let i = 1; i < requests.length; i++)
      expect(requests[i]!.arrivalUs).toBeGreaterThanOrEqual(requests[i - 1]!.arrivalUs)
  })
})
