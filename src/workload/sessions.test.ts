/** Conversations: every prompt is exactly what was said before plus new tokens, in lengths and in content. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { mean } from '../core/statistics.ts'
import type { WorkloadRequest } from './request.ts'
import type { SessionsSpec } from './sessions.ts'
import { createWorkload } from './synthetic.ts'
import { type Served, serveAlone } from './toy-server.fixture.ts'

const open: SessionsSpec = {
  kind: 'sessions',
  begin: { kind: 'open', arrivals: { kind: 'poisson', rate: 2 } },
  sessions: 200,
  turns: { kind: 'geometric', mean: 4 },
  thinkTime: { kind: 'exponential', mean: 5 },
  firstInput: { kind: 'lognormal', mean: 900, cv: 0.7 },
  nextInput: { kind: 'lognormal', mean: 60, cv: 1 },
  output: { kind: 'gamma', mean: 250, cv: 0.8 },
}

const closed: SessionsSpec = {
  ...open,
  begin: { kind: 'closed', users: 9, pause: { kind: 'exponential', mean: 2 } },
}

const serve = (spec: SessionsSpec, seed: number | string = 1) =>
  serveAlone(createWorkload(spec, new RandomSource(seed)), request => 2000 * request.outputTokens)

function bySession(served: readonly Served[]): Served[][] {
  const sessions = new Map<number, Served[]>()
  for (const entry of served) {
    const turns = sessions.get(entry.request.session) ?? []
    sessions.set(entry.request.session, turns)
    turns.push(entry)
  }
  return [...sessions.values()]
}

const ids = (request: WorkloadRequest) => [...(request.content!.blockIds as Float64Array)]

describe('turns by the clock', () => {
  const clocked: SessionsSpec = {
    ...closed,
    turns: 6,
    thinkTime: 0,
    output: 100,
    turnSeconds: 5,
    sessions: 40,
  }

  it('come so many seconds apart while answers are in time, and at once after a late one', () => {
    for (const [secondsPerAnswer, gap] of [
      [0.2, 5],
      [7, 7],
    ] as const) {
      const served = serveAlone(createWorkload(clocked, new RandomSource(1)), () => secondsPerAnswer * 1e6)
      for (const turns of bySession(served)) {
        const dues = turns.map(({ request }) => request.arrivalUs)
        for (let turn = 1; turn < dues.length; turn++) expect(dues[turn]! - dues[turn - 1]!).toBe(gap * 1e6)
      }
    }
  })
})

describe('a conversation', () => {
  it.each([
    ['open', open],
    ['closed', closed],
    ['with system prompts', { ...open, prefix: { groups: 3, tokens: 400, tokensPerBlock: 32 } }],
  ] as const)('repeats prompt and answer exactly: %s', (_name, spec) => {
    const sessions = bySession(serve(spec))
    expect(sessions.length).toBe(200)
    const tokensPerBlock = 'prefix' in spec ? 32 : 16
    for (const turns of sessions) {
      for (const [index, { request, endUs }] of turns.entries()) {
        const total = request.inputTokens + request.outputTokens
        expect(request.turn).toBe(index)
        expect(request.content!.tokensPerBlock).toBe(tokensPerBlock)
        expect(request.content!.blockIds.length).toBe(Math.ceil(total / tokensPerBlock))
        const next = turns[index + 1]?.request
        if (next === undefined) continue
        expect(next.inputTokens).toBeGreaterThan(total)
        expect(next.arrivalUs).toBeGreaterThanOrEqual(endUs)
        expect(ids(next).slice(0, request.content!.blockIds.length).join()).toBe(ids(request).join())
      }
    }
  })

  it('shares no block with another one, unless both have the same system prompt', () => {
    const owners = new Map<number, number>()
    let strangers = 0
    for (const { request } of serve(open)) {
      for (const id of ids(request)) {
        if ((owners.get(id) ?? request.session) !== request.session) strangers++
        owners.set(id, request.session)
      }
    }
    expect(owners.size).toBeGreaterThan(10_000)
    expect(strangers).toBe(0)
    const prompts = new Set<string>()
    const starts = bySession(serve({ ...open, prefix: { groups: 3, tokens: 400 } })).map(
      turns => turns[0]!.request,
    )
    for (const request of starts.filter(({ inputTokens }) => inputTokens >= 400))
      prompts.add(
        ids(request)
          .slice(0, 400 / 16)
          .join(),
      )
    expect(prompts.size).toBe(3)
  })

  it('has the stated means of turns, tokens and think times', () => {
    const sessions = bySession(serve({ ...open, sessions: 3000 }))
    const turns = sessions.map(session => session.length)
    expect(Math.abs(mean(turns) - 4)).toBeLessThan((4 * Math.sqrt(12)) / Math.sqrt(3000))
    const firsts = sessions.map(session => session[0]!.request.inputTokens)
    expect(Math.abs(mean(firsts) - 900)).toBeLessThan((4 * 630) / Math.sqrt(3000))
    const added: number[] = []
    const pauses: number[] = []
    for (const session of sessions) {
      for (let turn = 1; turn < session.length; turn++) {
        const [before, now] = [session[turn - 1]!, session[turn]!]
        added.push(now.request.inputTokens - before.request.inputTokens - before.request.outputTokens)
        pauses.push((now.request.arrivalUs - before.endUs) / 1e6)
      }
    }
    expect(Math.abs(mean(added) - 60)).toBeLessThan((4 * 60) / Math.sqrt(added.length))
    expect(Math.abs(mean(pauses) - 5)).toBeLessThan((4 * 5) / Math.sqrt(pauses.length))
  })

  it('ends before its context is full', () => {
    const sessions = bySession(serve({ ...open, turns: 50, maximumContextTokens: 4000 }))
    expect(mean(sessions.map(session => session.length))).toBeGreaterThan(3)
    for (const session of sessions) {
      expect(session.length).toBeLessThan(50)
      for (const { request } of session.slice(1))
        expect(request.inputTokens + request.outputTokens).toBeLessThanOrEqual(4000)
    }
  })

  it('is the same whatever the server does with others', () => {
    const lengths = (serviceUs: number) => {
      const workload = createWorkload({ ...open, turns: 3 }, new RandomSource(1))
      const sessions = bySession(
        serveAlone(workload, ({ session }) => (session % 2 === 0 ? 1000 : serviceUs)),
      )
      return sessions
        .sort((a, b) => a[0]!.request.session - b[0]!.request.session)
        .map(session => session.map(({ request }) => [request.inputTokens, request.outputTokens]))
    }
    expect(lengths(70_000_000)).toEqual(lengths(2000))
  })
})

describe('sessions', () => {
  it('are kept at the number of users in a closed loop', () => {
    const served = serve({ ...closed, begin: { kind: 'closed', users: 9 }, turns: 3, thinkTime: 1 })
    const sessions = bySession(served)
    for (let second = 1; second < 60; second++) {
      const atUs = second * 1e6 + 123
      const alive = sessions.filter(s => s[0]!.request.arrivalUs <= atUs && s[s.length - 1]!.endUs > atUs)
      expect(alive.length).toBe(9)
    }
  })

  it('are given up after a failure', () => {
    const spec: SessionsSpec = { ...closed, sessions: 40, turns: 5, begin: { kind: 'closed', users: 4 } }
    const workload = createWorkload(spec, new RandomSource(1))
    const served = serveAlone(
      workload,
      () => 1000,
      ({ turn }) => (turn === 2 ? 'failed' : 'served'),
    )
    const sessions = bySession(served)
    expect(sessions.length).toBe(40)
    expect(sessions.every(session => session.length === 3)).toBe(true)
    expect(workload.nextUs()).toBe(Number.POSITIVE_INFINITY)
  })

  it('do not stop the clock when every request is rejected at once', () => {
    const spec: SessionsSpec = { ...closed, durationSeconds: 10, begin: { kind: 'closed', users: 4 } }
    const { sessions: _limit, ...endless } = spec
    const served = serveAlone(
      createWorkload(endless, new RandomSource(1)),
      () => 0,
      () => 'rejected',
    )
    expect(served.length).toBe(4 * 10)
  })

  it('stop by requests and by duration', () => {
    expect(serve({ ...open, requests: 77 }).length).toBe(77)
    const cut = serve({ ...closed, durationSeconds: 20 })
    expect(Math.max(...cut.map(({ request }) => request.arrivalUs))).toBeLessThan(20e6)
  })

  it('are made of requests without gaps in their numbers, in order of arrival', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(open, closed),
        fc.integer(),
        fc.integer({ min: 1, max: 30 }),
        (spec, seed, sessions) => {
          const requests = serve({ ...spec, sessions }, seed)
            .map(({ request }) => request)
            .sort((a, b) => a.id - b.id)
          expect(requests.map(({ id }) => id)).toEqual(requests.map((_, index) => index))
          for (let i = 1; i < requests.length; i++)
            expect(requests[i]!.arrivalUs).toBeGreaterThanOrEqual(requests[i - 1]!.arrivalUs)
        },
      ),
      { numRuns: 40 },
    )
  })
})
