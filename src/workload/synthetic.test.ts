/** Descriptions become requests: repeatable, one at a time, numbered, marked, and refused when they make no sense. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import { mean } from '../core/statistics.ts'
import type { OpenLoopSpec } from './open-loop.ts'
import type { WorkloadRequest } from './request.ts'
import { createWorkload, type WorkloadSpec } from './synthetic.ts'
import { serveAlone } from './toy-server.fixture.ts'

const open: OpenLoopSpec = {
  kind: 'open',
  arrivals: { kind: 'poisson', rate: 20 },
  lengths: { input: { kind: 'lognormal', mean: 800, cv: 1 }, output: { kind: 'gamma', mean: 150, cv: 1 } },
  requests: 500,
}

/** All requests of a workload whose requests never end. */
function requestsOf(spec: WorkloadSpec, seed: number | string = 1, late = 0): WorkloadRequest[] {
  const workload = createWorkload(spec, new RandomSource(seed))
  const out: WorkloadRequest[] = []
  while (workload.nextUs() < Number.POSITIVE_INFINITY) workload.wake(workload.nextUs() + late, out)
  return out
}

const served = (spec: WorkloadSpec) =>
  serveAlone(createWorkload(spec, new RandomSource(1)), request => 1000 * request.outputTokens).map(
    s => s.request,
  )

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

describe('prefix groups', () => {
  const prefixed = (prefix: object, extra: object = {}): WorkloadRequest[] =>
    requestsOf({ ...open, requests: 4000, prefix: { groups: 8, ...prefix }, ...extra } as OpenLoopSpec)
  const groupOf = (request: WorkloadRequest) => request.content!.blockIds[0]!

  it('share the blocks of their prompt and no others', () => {
    const requests = prefixed(
      { tokens: 100 },
      { lengths: { input: { kind: 'uniform', minimum: 1, maximum: 300 }, output: 9 } },
    )
    const seen = new Map<number, Set<string>>()
    for (const request of requests) {
      const ids = [...(request.content!.blockIds as Float64Array)]
      expect(ids.length).toBe(Math.ceil(request.inputTokens / 16))
      const sharedBlocks = Math.floor(Math.min(100, request.inputTokens) / 16)
      for (const [index, id] of ids.entries()) {
        // A shared block stands in one place and always follows the same one; a block of one's own occurs once.
        const before = seen.get(id) ?? new Set()
        const place = `${index}/${index === 0 ? '' : ids[index - 1]}`
        if (index < sharedBlocks) expect(before.size === 0 || before.has(place)).toBe(true)
        else expect(before.size).toBe(0)
        seen.set(id, before.add(place))
      }
    }
    const first = requests
      .filter(r => r.inputTokens >= 100)
      .map(r => [...(r.content!.blockIds as Float64Array)].slice(0, 6).join())
    expect(new Set(first).size).toBe(8)
  })

  it('share a part of each prompt when a share is given', () => {
    const all = prefixed(
      { share: 0.5, groups: 1 },
      { lengths: { input: { kind: 'uniform', minimum: 32, maximum: 640 }, output: 9 } },
    )
    const longest = all.reduce((a, b) => (a.inputTokens > b.inputTokens ? a : b))
    for (const request of all.slice(0, 200)) {
      const common = [...(request.content!.blockIds as Float64Array)].filter(
        (id, index) => id === longest.content!.blockIds[index],
      ).length
      if (request !== longest) expect(common).toBe(Math.floor(Math.round(request.inputTokens / 2) / 16))
    }
  })

  it('are as popular as Zipf says', () => {
    const counts = (zipfExponent: number) => {
      const byGroup = new Map<number, number>()
      const requests = prefixed({ tokens: 64, zipfExponent }, { lengths: { input: 100, output: 9 } })
      for (const request of requests) byGroup.set(groupOf(request), (byGroup.get(groupOf(request)) ?? 0) + 1)
      return [...byGroup.values()].sort((a, b) => b - a)
    }
    const even = counts(0)
    expect(even.length).toBe(8)
    for (const count of even) expect(Math.abs(count - 500)).toBeLessThan(4 * Math.sqrt(500))
    const harmonic = [1, 2, 3, 4, 5, 6, 7, 8].map(rank => 1 / rank)
    const sum = harmonic.reduce((a, b) => a + b)
    for (const [rank, count] of counts(1).entries()) {
      const expected = (4000 * harmonic[rank]!) / sum
      expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected) + 20)
    }
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

describe('any workload', () => {
  it('is plain JSON and survives it', () => {
    expect(requestsOf(JSON.parse(JSON.stringify(open)) as WorkloadSpec)).toEqual(requestsOf(open))
  })

  it('keeps nothing of open requests', () => {
    const workload = createWorkload({ ...open, requests: 200_000 }, new RandomSource(1))
    const out: WorkloadRequest[] = []
    let inputTokens = 0
    let count = 0
    let most = 0
    while (workload.nextUs() < Number.POSITIVE_INFINITY) {
      workload.wake(workload.nextUs(), out)
      most = Math.max(most, out.length)
      for (const request of out) inputTokens += request.inputTokens
      count += out.length
      out.length = 0
    }
    expect(count).toBe(200_000)
    expect(most).toBeLessThan(3)
    expect(Math.abs(inputTokens / count - 800)).toBeLessThan((4 * 800) / Math.sqrt(count))
  })

  it('has the same means from every seed', () => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const lengths = requestsOf(open, seed).map(r => r.inputTokens)
        expect(Math.abs(mean(lengths) - 800)).toBeLessThan((6 * 800) / Math.sqrt(500))
      }),
      { numRuns: 20 },
    )
  })
})

describe('the documentation', () => {
  it('shows descriptions that work', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/models/workload.md'), 'utf8')
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(match => match[1]!)
    expect(examples.length).toBeGreaterThan(1)
    for (const example of examples) {
      const workload = createWorkload(JSON.parse(example) as WorkloadSpec, new RandomSource(1))
      expect(workload.nextUs()).toBeLessThan(60e6)
    }
  })
})

describe('faults', () => {
  const sessions = { kind: 'sessions', turns: 2, thinkTime: 1, firstInput: 9, output: 9 }
  const faults: readonly [unknown, RegExp, RegExp][] = [
    [null, /workload must be an object/, /^workload$/],
    [{ kind: 'opened' }, /"opened" is no kind of workload/, /^workload.kind$/],
    [{ ...open, requests: undefined }, /would never end/, /^workload$/],
    [{ ...open, requests: 0 }, /number of requests must be at least 1, got 0/, /^workload.requests$/],
    [{ ...open, requests: 2.5 }, /whole number, got 2.5/, /requests$/],
    [{ ...open, durationSeconds: -1 }, /duration in seconds must be above zero/, /durationSeconds$/],
    [{ ...open, request: 5 }, /has no field "request"/, /^workload.request$/],
    [{ ...open, arrivals: { kind: 'poisson', rate: -2 } }, /above zero, got -2/, /^workload.arrivals.rate$/],
    [{ ...open, lengths: { input: 0, output: 1 } }, /at least 1, got 0/, /^workload.lengths.input/],
    [{ ...open, warmup: 5 }, /warm-up must be an object/, /warmup$/],
    [{ ...open, warmup: { requests: -1 } }, /warm-up requests must be at least 0/, /warmup.requests$/],
    [{ ...open, tenant: 7 }, /name must be a text/, /tenant$/],
    [{ ...open, prefix: { groups: 2 } }, /either tokens or a share/, /prefix$/],
    [{ ...open, prefix: { groups: 0, tokens: 5 } }, /prefix groups must be at least 1/, /prefix.groups$/],
    [{ ...open, prefix: { groups: 2, share: 1.5 } }, /at most 1, got 1.5/, /prefix.share$/],
    [{ ...open, prefix: { groups: 2, share: 0.5, zipfExponent: -1 } }, /Zipf exponent/, /zipfExponent$/],
    [
      { kind: 'closed', users: 0, requests: 5, lengths: open.lengths },
      /number of users must be at least 1/,
      /users$/,
    ],
    [{ kind: 'closed', users: 2, lengths: open.lengths }, /would never end/, /^workload$/],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, lengthJitter: 2 },
      /length jitter/,
      /lengthJitter$/,
    ],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, thinkTime: -1 },
      /think time in seconds must be at least 0/,
      /thinkTime/,
    ],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, start: { kind: 'ramp' } },
      /seconds of the ramp must be a number/,
      /start.seconds$/,
    ],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, initialProgress: 'yes' },
      /neither true nor false/,
      /initialProgress$/,
    ],
    [{ ...sessions, requests: 9 }, /way to begin sessions must be an object/, /begin$/],
    [{ ...sessions, begin: { kind: 'closed', users: 3 } }, /would never end/, /^workload$/],
    [
      { ...sessions, requests: 9, begin: { kind: 'open', arrivals: { kind: 'poisson', rate: 0 } } },
      /above zero/,
      /begin.arrivals.rate$/,
    ],
    [{ kind: 'mix', parts: [] }, /at least one entry/, /parts$/],
    [
      {
        kind: 'mix',
        parts: [
          { name: 'a', workload: open },
          { name: 'a', workload: open },
        ],
      },
      /two parts are called "a"/,
      /parts\[1\].name$/,
    ],
    [{ kind: 'mix', parts: [{ workload: open }] }, /no name/, /parts\[0\].name$/],
    [
      {
        kind: 'phases',
        phases: [
          { name: 'a', workload: open },
          { name: 'b', workload: { ...open, requests: -1 } },
        ],
      },
      /at least 1, got -1/,
      /phases\[1\].workload.requests$/,
    ],
    [
      { kind: 'phases', phases: [{ name: 'a', workload: open, drain: 'no' }] },
      /neither true nor false/,
      /drain$/,
    ],
  ]
  it.each(faults)('%j', (spec, message, where) => {
    const create = () => createWorkload(spec as WorkloadSpec, new RandomSource(1))
    expect(create).toThrow(TokenwrightError)
    expect(create).toThrow(message)
    try {
      create()
    } catch (fault) {
      expect(fault).toMatchObject({ code: 'usage', where: expect.stringMatching(where) })
    }
  })

  it('of any kind in any field are usage errors or harmless', () => {
    const everything: WorkloadSpec = {
      kind: 'phases',
      phases: [
        {
          name: 'a',
          drain: true,
          workload: {
            kind: 'mix',
            parts: [
              {
                name: 'open',
                workload: {
                  ...open,
                  arrivals: {
                    kind: 'gamma',
                    cv: 2,
                    rate: {
                      kind: 'series',
                      steps: [
                        { seconds: 5, rate: 2 },
                        { seconds: 5, from: 2, to: 9 },
                      ],
                      after: 'hold',
                    },
                  },
                  requests: 20,
                  prefix: { groups: 3, share: 0.5, zipfExponent: 1, tokensPerBlock: 16 },
                },
              },
              {
                name: 'closed',
                workload: {
                  kind: 'closed',
                  users: 3,
                  requests: 20,
                  durationSeconds: 60,
                  lengths: {
                    pairs: [
                      [5, 6],
                      [7, 8],
                    ],
                    weights: [1, 2],
                  },
                  thinkTime: { kind: 'empirical', values: [1, 2], weights: [1, 1] },
                  start: { kind: 'stagger', requestSeconds: 2 },
                  lengthJitter: 0.1,
                  initialProgress: true,
                  warmup: { requests: 2, seconds: 1 },
                  tenant: 't',
                },
              },
            ],
          },
        },
        {
          name: 'b',
          workload: {
            kind: 'sessions',
            begin: { kind: 'closed', users: 2, pause: 1, failurePauseSeconds: 2 },
            sessions: 4,
            turns: { kind: 'geometric', mean: 2 },
            thinkTime: { kind: 'normal', mean: 2, cv: 0.5, maximum: 9, beyond: 'clamp' },
            firstInput: { kind: 'range-below', nominal: 50, ratio: 0.8 },
            nextInput: { kind: 'uniform', minimum: 3, maximum: 9 },
            output: 7,
            tokensPerBlock: 8,
            maximumContextTokens: 999,
          },
        },
      ],
    }
    expect(served(everything).length).toBeGreaterThan(44)
    const places: string[][] = []
    const walk = (value: unknown, path: string[]): void => {
      if (path.length > 0) places.push(path)
      if (typeof value === 'object' && value !== null)
        for (const [name, inner] of Object.entries(value)) walk(inner, [...path, name])
    }
    walk(everything, [])
    const junk = [
      null,
      undefined,
      -1,
      0,
      0.5,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '',
      'x',
      true,
      [],
      [null],
      {},
      { kind: 'x' },
    ]
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...junk), (path, value) => {
        const spec = structuredClone(everything) as unknown as Record<string, unknown>
        let inner = spec
        for (const name of path.slice(0, -1)) inner = inner[name] as Record<string, unknown>
        inner[path[path.length - 1]!] = value
        try {
          serveAlone(
            createWorkload(spec as unknown as WorkloadSpec, new RandomSource(1)),
            () => 1000,
            undefined,
            50,
          )
        } catch (fault) {
          expect(fault).toBeInstanceOf(TokenwrightError)
        }
      }),
      { numRuns: 600 },
    )
  })

  it('of the driver stop the run: an end that was never a request', () => {
    const workload = createWorkload(
      { kind: 'closed', users: 1, requests: 2, lengths: open.lengths },
      new RandomSource(1),
    )
    const out: WorkloadRequest[] = []
    workload.wake(0, out)
    workload.accept(5, { request: out[0]!, outcome: 'served' }, out)
    expect(() => workload.accept(6, { request: out[0]!, outcome: 'served' }, out)).toThrow(/ends once/)
  })
})
