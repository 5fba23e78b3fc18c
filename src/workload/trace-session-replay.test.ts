/** Replay of traces by sessions: turns wait for answers and think. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { type Served, serve, tableOf } from './trace.fixture.ts'
import type { TraceReplayOptions } from './trace-replay-options.ts'
import type { TraceTable } from './trace-table.ts'
import { traceWorkload } from './trace-workload.ts'

const replay = (table: TraceTable, options: TraceReplayOptions = {}, seed = 1) =>
  traceWorkload(table, options, new RandomSource(seed))

const arrivals = (served: readonly Served[]) => served.map(({ request }) => request.arrivalUs / 1e6)

describe('sessions', () => {
  const turn = (t: number, input: number, blocks: number, more: object = {}) => ({
    t,
    type: 'n',
    model: 'm',
    in: input,
    out: 64,
    hash_ids: Array.from({ length: blocks }, (_, index) => index + 1),
    ...more,
  })
  const session = (requests: readonly object[]) => JSON.stringify({ id: 's', block_size: 64, requests })
  const chat = session([
    turn(0, 128, 2, { api_time: 1 }),
    turn(100, 256, 4, { think_time: 5, api_time: 1 }),
    turn(200, 192, 3, { think_time: 7 }),
  ])
  const agents = session([
    turn(0, 128, 2, { api_time: 2 }),
    { t: 12, type: 'subagent', duration_ms: 10_000, status: 'completed', requests: [turn(0, 64, 0)] },
    { t: 7, type: 'subagent', duration_ms: 5000, status: 'completed', requests: [turn(0, 64, 0)] },
    turn(15, 256, 4, { think_time: 13 }),
  ])
  const one: TraceReplayOptions = { starts: { kind: 'concurrent', count: 1 } }

  it('need a way to start', () => {
    expect(() => replay(tableOf(chat))).toThrow(/does not say when its sessions start/)
  })

  it('wait for the answer, then think: recorded times do not matter', () => {
    const { workload, mode } = replay(tableOf(chat), one)
    expect(mode).toBe('sessions')
    expect(workload.totalRequests).toBe(3)
    // Answers take 1 s here.
    expect(arrivals(serve(workload))).toEqual([0, 6, 14])
    expect(arrivals(serve(replay(tableOf(chat), one).workload, () => 30e6))).toEqual([0, 35, 72])
    expect(
      arrivals(serve(replay(tableOf(chat), { ...one, thinkFactor: 2, maximumThinkSeconds: 12 }).workload)),
    ).toEqual([0, 11, 24])
  })

  it('run sub-agents together; the next turn waits for the slowest', () => {
    const slow = (request: { readonly id: number }) => (request.id === 2 ? 20e6 : 1e6)
    const served = serve(replay(tableOf(agents), one).workload, slow)
    expect(arrivals(served)).toEqual([0, 1, 1, 21 + 3])
    expect(served.map(({ request }) => request.turn)).toEqual([0, 1, 2, 3])
  })

  it('follow each other when concurrent, and start at a rate or at recorded times', () => {
    const table = tableOf([chat, chat.replace('"s"', '"t"'), chat.replace('"s"', '"u"')].join('\n'))
    const served = serve(replay(table, { starts: { kind: 'concurrent', count: 2, rampSeconds: 4 } }).workload)
    expect(served.map(({ request }) => [request.session, request.arrivalUs / 1e6])).toEqual([
      [0, 0],
      [1, 2],
      [0, 6],
      [1, 8],
      [0, 14],
      [2, 15],
      [1, 16],
      [2, 21],
      [2, 29],
    ])
    const looped = serve(replay(table, { ...one, repeat: 2 }).workload)
    expect(looped).toHaveLength(18)
    expect(new Set(looped.map(({ request }) => request.session)).size).toBe(6)
    const recorded = tableOf(
      ['a,0', 'b,10', 'a,3', 'b,12']
        .map(row => `${row},5,5`)
        .join('\n')
        .replace(/^/, 'session_id,time,input_tokens,output_tokens\n'),
    )
    expect(arrivals(serve(replay(recorded).workload))).toEqual([0, 3, 10, 12])
    // Slow answers push later turns back; the other session starts when it did.
    expect(arrivals(serve(replay(recorded).workload, () => 6e6))).toEqual([0, 6, 10, 16])
    expect(arrivals(serve(replay(recorded, { speedup: 2 }).workload))).toEqual([0, 3, 5, 7])
    expect(arrivals(serve(replay(recorded, { mode: 'arrivals' }).workload, () => 6e6))).toEqual([
      0, 3, 10, 12,
    ])
  })

  it('go on after a failure, or are given up', () => {
    const fails = () => 'rejected' as const
    expect(serve(replay(tableOf(chat), one).workload, undefined, fails)).toHaveLength(3)
    const { workload } = replay(tableOf([chat, agents].join('\n')), { ...one, afterFailure: 'abandon' })
    expect(workload.totalRequests).toBeNull()
    const served = serve(workload, undefined, fails)
    expect(served.map(({ request }) => request.session)).toEqual([0, 1])
  })

  it('end at the first turn that exceeds the context', () => {
    const { workload, notes } = replay(tableOf(chat), { ...one, maximumContextTokens: 300 })
    expect(serve(workload)).toHaveLength(1)
    expect(notes.join()).toMatch(/2 requests and turns after them/)
  })

  it('know the content of an answer that the next turn repeats', () => {
    const contents = serve(replay(tableOf(chat), one).workload).map(({ request }) =>
      Array.from(request.content!.blockIds),
    )
    // 128 tokens and an answer of 64: three blocks, the third from the next prompt. The last turn forgets some.
    expect(contents).toEqual([
      [0, 1, 2],
      [0, 1, 2, 3],
      [0, 1, 2],
    ])
  })

  it('name models only when asked', () => {
    const models = (keepModels: boolean) =>
      serve(replay(tableOf(chat), { ...one, keepModels, tenant: 'x' }).workload).map(
        ({ request }) => request.model,
      )
    expect([models(false)[0], models(true)[0]]).toEqual(['', 'm'])
  })
})

describe('any trace of sessions', () => {
  const step = fc.record({ session: fc.integer({ min: 0, max: 4 }), gap: fc.integer({ min: 0, max: 20 }) })

  it('is sent once, in order, no turn before its predecessor ended, and the same again for the same seed', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom<TraceReplayOptions['starts']>(
          { kind: 'recorded' },
          { kind: 'concurrent', count: 2 },
          { kind: 'rate', perSecond: 0.5 },
        ),
        fc.integer(),
        (steps, repeat, starts, seed) => {
          let time = 0
          const rows = steps.map(({ session, gap }, index) => {
            time += gap
            return `${session},${time},${index + 1},${1 + (index % 7)}`
          })
          const table = tableOf(['session_id,time,input_tokens,output_tokens', ...rows].join('\n'))
          const options: TraceReplayOptions = {
            mode: 'sessions',
            repeat,
            starts: starts!,
            shuffle: seed % 2 === 0,
          }
          const run = () =>
            serve(replay(table, options, seed).workload, request => request.outputTokens * 2e6)
          const served = run()
          expect(served.map(({ request }) => request.id)).toEqual([...served.keys()])
          const inputs = served.map(({ request }) => request.inputTokens).sort((a, b) => a - b)
          const wanted = Array.from({ length: repeat }, () => steps.map((_, index) => index + 1)).flat()
          expect(inputs).toEqual(wanted.sort((a, b) => a - b))
          const ends = new Map<string, number>()
          let lastUs = 0
          for (const { request, endUs } of served) {
            expect(request.arrivalUs).toBeGreaterThanOrEqual(lastUs)
            expect(Number.isInteger(request.arrivalUs)).toBe(true)
            lastUs = request.arrivalUs
            const before = ends.get(`${request.session}/${request.turn - 1}`)
            if (request.turn > 0) expect(before).toBeLessThanOrEqual(request.arrivalUs)
            ends.set(`${request.session}/${request.turn}`, endUs)
          }
          expect(run()).toEqual(served)
        },
      ),
      { numRuns: 60 },
    )
  })
})
