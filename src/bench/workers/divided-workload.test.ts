/** Over all agents together, a load is what one agent would send. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RandomSource } from '../../core/random.ts'
import type { Workload, WorkloadRequest } from '../../workload/request.ts'
import { createWorkload, type WorkloadSpec } from '../../workload/synthetic.ts'
import { divisionOf } from './divided-spec.ts'
import { createDividedWorkload } from './divided-workload.ts'

const lengths = { input: { kind: 'uniform', minimum: 5, maximum: 500 }, output: 20 } as const

/** Sends a workload to a server that answers every request after so many µs. */
function served(workload: Workload | null, serviceUs: number): WorkloadRequest[] {
  if (workload === null) return []
  const all: WorkloadRequest[] = []
  const under: { readonly endUs: number; readonly request: WorkloadRequest }[] = []
  for (;;) {
    const dueUs = workload.nextUs()
    const endUs = under[0]?.endUs ?? Number.POSITIVE_INFINITY
    if (dueUs === Number.POSITIVE_INFINITY && endUs === Number.POSITIVE_INFINITY) return all
    if (endUs <= dueUs) {
      workload.accept(endUs, { request: under.shift()!.request, outcome: 'served' }, [])
      continue
    }
    const made: WorkloadRequest[] = []
    workload.wake(dueUs, made)
    for (const request of made) under.push({ endUs: dueUs + serviceUs, request })
    all.push(...made)
  }
}

function byAgents(spec: WorkloadSpec, agents: number, serviceUs = 50_000): WorkloadRequest[][] {
  return Array.from({ length: agents }, (_, index) =>
    served(createDividedWorkload(spec, 'seed', { index, of: agents }), serviceUs),
  )
}

const alone = (spec: WorkloadSpec, serviceUs = 50_000) =>
  served(createWorkload(spec, new RandomSource('seed')), serviceUs)

const byNumber = (requests: readonly WorkloadRequest[]) =>
  requests
    .toSorted((a, b) => a.id - b.id)
    .map(({ content, ...rest }) => ({
      ...rest,
      blocks: content === null ? null : [...toArray(content.blockIds)],
    }))

const toArray = (ids: ArrayLike<number>) => Array.from(ids)

const open = (changes: object = {}): WorkloadSpec => ({
  kind: 'open',
  arrivals: { kind: 'poisson', rate: 30 },
  lengths,
  requests: 60,
  ...changes,
})

const arbitraryOpen: fc.Arbitrary<WorkloadSpec> = fc
  .record({
    arrivals: fc.constantFrom(
      { kind: 'poisson', rate: 40 } as const,
      { kind: 'constant', rate: 25 } as const,
      { kind: 'burst', requests: 50 } as const,
    ),
    requests: fc.integer({ min: 1, max: 80 }),
    prefix: fc.constantFrom(null, { groups: 3, tokens: 64 } as const),
    warmup: fc.integer({ min: 0, max: 10 }),
  })
  .map(({ arrivals, requests, prefix, warmup }) => ({
    ...open({ arrivals, requests, warmup: { requests: warmup } }),
    ...(prefix === null ? {} : { prefix }),
  }))

describe('open workloads', () => {
  test('the parts of all agents are exactly what one would send', () => {
    fc.assert(
      fc.property(arbitraryOpen, fc.integer({ min: 1, max: 7 }), (spec, agents) => {
        expect(byNumber(byAgents(spec, agents).flat())).toEqual(byNumber(alone(spec)))
      }),
      { numRuns: 40 },
    )
  })

  test('warm-up requests are the same ones', () => {
    const spec = open({ warmup: { requests: 7 } })
    const whole = createWorkload(spec, new RandomSource('seed'))
    const marked = alone(spec).length // Marks are made as requests are.
    served(whole, 1)
    for (const index of [0, 1, 2]) {
      const part = createDividedWorkload(spec, 'seed', { index, of: 3 })!
      for (const { id } of served(part, 1)) expect(part.isWarmup(id)).toBe(whole.isWarmup(id))
    }
    expect(marked).toBe(60)
  })

  test('so are mixes and phases of them', () => {
    const mix: WorkloadSpec = {
      kind: 'mix',
      parts: [
        { name: 'a', workload: open() },
        { name: 'b', workload: open({ arrivals: { kind: 'constant', rate: 10 }, requests: 15 }) },
      ],
    }
    const phases: WorkloadSpec = {
      kind: 'phases',
      phases: [
        { name: 'slow', workload: open({ durationSeconds: 1 }) },
        { name: 'quick', workload: mix },
      ],
    }
    for (const spec of [mix, phases])
      for (const agents of [1, 2, 5])
        expect(byNumber(byAgents(spec, agents).flat())).toEqual(byNumber(alone(spec)))
  })
})

/** What a user asks does not depend on numbers of requests, sessions and blocks. */
const asked = (requests: readonly WorkloadRequest[]) =>
  requests
    .map(({ arrivalUs, inputTokens, outputTokens, turn }) => ({ arrivalUs, inputTokens, outputTokens, turn }))
    .sort(
      (a, b) => a.arrivalUs - b.arrivalUs || a.inputTokens - b.inputTokens || a.outputTokens - b.outputTokens,
    )

describe('closed loops', () => {
  const arbitrary = fc.record({
    users: fc.integer({ min: 1, max: 12 }),
    agents: fc.integer({ min: 1, max: 6 }),
    requests: fc.integer({ min: 1, max: 60 }),
  })

  test('users and requests add up, and numbers are unique', () => {
    fc.assert(
      fc.property(arbitrary, ({ users, agents, requests }) => {
        const all = byAgents({ kind: 'closed', users, lengths, requests }, agents).flat()
        expect(all).toHaveLength(requests)
        expect(new Set(all.map(({ id }) => id)).size).toBe(requests)
        expect(all.filter(({ arrivalUs }) => arrivalUs === 0).length).toBeLessThanOrEqual(users)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    { kind: 'burst' } as const,
    { kind: 'ramp', seconds: 0.7 } as const,
    { kind: 'stagger', requestSeconds: 0.2 } as const,
  ])('every user begins when it would and asks what it would: $kind', start => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }), (users, agents) => {
        const spec: WorkloadSpec = {
          kind: 'closed',
          users,
          lengths,
          start,
          initialProgress: true,
          thinkTime: { kind: 'exponential', mean: 0.05 },
          durationSeconds: 1,
        }
        const together = asked(byAgents(spec, agents).flat())
        const expected = asked(alone(spec))
        expect(together).toHaveLength(expected.length)
        // Two roundings to whole µs for every request of a user.
        for (const [index, request] of expected.entries())
          expect(Math.abs(together[index]!.arrivalUs - request.arrivalUs)).toBeLessThanOrEqual(2)
        const tokens = (list: typeof expected) =>
          list.map(({ inputTokens }) => inputTokens).sort((a, b) => a - b)
        expect(tokens(together)).toEqual(tokens(expected))
      }),
      { numRuns: 20 },
    )
  })

  test('marks follow the numbers', () => {
    const spec: WorkloadSpec = { kind: 'closed', users: 5, lengths, requests: 20, initialProgress: true }
    let marked = 0
    for (const index of [0, 1]) {
      const part = createDividedWorkload(spec, 'seed', { index, of: 2 })!
      marked += served(part, 1_000).filter(({ id }) => part.isWarmup(id)).length
    }
    expect(marked).toBe(5)
  })

  test('prompts share the prefix over all agents, and nothing else', () => {
    const prefix = { groups: 1, tokens: 48 } as const
    const all = byAgents({ kind: 'closed', users: 6, lengths, prefix, requests: 30 }, 3).flat()
    const owners = new Map<number, Set<number>>()
    for (const { id, content } of all)
      for (const block of toArray(content!.blockIds))
        owners.set(block, (owners.get(block) ?? new Set()).add(id))
    const shared = [...owners].filter(([, requests]) => requests.size > 1).map(([block]) => block)
    expect(shared.sort((a, b) => a - b)).toEqual([0, 1, 2])
    for (const { content, inputTokens } of all) {
      const count = Math.min(3, Math.floor(inputTokens / 16))
      expect(toArray(content!.blockIds).slice(0, count)).toEqual([0, 1, 2].slice(0, count))
    }
  })
})

describe('sessions', () => {
  const fields = {
    kind: 'sessions',
    turns: { kind: 'uniform', minimum: 1, maximum: 5 },
    thinkTime: 0.1,
    firstInput: { kind: 'uniform', minimum: 20, maximum: 90 },
    nextInput: 10,
    output: 15,
  } as const

  test('of users: as many as asked for, each kept by one agent', () => {
    const spec: WorkloadSpec = { ...fields, begin: { kind: 'closed', users: 5 }, sessions: 17 }
    const parts = byAgents(spec, 3)
    const sessions = parts.map(part => new Set(part.map(({ session }) => session)))
    expect(sessions.reduce((sum, { size }) => sum + size, 0)).toBe(17)
    expect(new Set(sessions.flatMap(set => [...set])).size).toBe(17)
    expect(new Set(parts.flat().map(({ id }) => id)).size).toBe(parts.flat().length)
  })

  test('of users with a clock of their own begin evenly', () => {
    const begin = { kind: 'closed', users: 8, start: { kind: 'ramp', seconds: 4 } } as const
    const spec: WorkloadSpec = { ...fields, turns: 5, begin, turnSeconds: 4, durationSeconds: 4 }
    const starts = byAgents(spec, 3)
      .flat()
      .map(({ arrivalUs }) => arrivalUs)
      .sort((a, b) => a - b)
    expect(starts).toHaveLength(8)
    for (const [user, us] of starts.entries()) expect(Math.abs(us - user * 500_000)).toBeLessThanOrEqual(2)
  })

  test('that begin at a rate: the same ones, with the same turns at the same times', () => {
    const begin = { kind: 'open', arrivals: { kind: 'poisson', rate: 5 } } as const
    const spec: WorkloadSpec = { ...fields, begin, prefix: { groups: 1, tokens: 32 }, sessions: 30 }
    const parts = byAgents(spec, 4)
    expect(asked(parts.flat())).toEqual(asked(alone(spec)))
    expect(new Set(parts.flat().map(({ id }) => id)).size).toBe(parts.flat().length)
    // Every later turn begins with the blocks of the one before.
    const last = new Map<number, number[]>()
    for (const { session, content } of parts.flat()) {
      const blocks = toArray(content!.blockIds)
      const before = last.get(session) ?? []
      expect(blocks.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1))
      last.set(session, blocks)
    }
    const own = [...last.values()].flatMap(blocks => blocks.slice(2))
    expect(new Set(own).size).toBe(own.length)
  })
})

test.each([
  [
    'closed parts of a mix',
    { kind: 'mix', parts: [{ name: 'a', workload: { kind: 'closed', users: 2, lengths, requests: 4 } }] },
  ],
  ['phases that wait', { kind: 'phases', phases: [{ name: 'a', workload: open(), drain: true }] }],
  [
    'several prefixes in a loop',
    { kind: 'closed', users: 2, lengths, requests: 4, prefix: { groups: 2, tokens: 9 } },
  ],
] as const)('%s are not divided, and why is said', (_, spec) => {
  const division = divisionOf(spec as WorkloadSpec)
  expect(division.kind).toBe('none')
  if (division.kind === 'none') expect(division.fix).toContain('--workers 1')
})
