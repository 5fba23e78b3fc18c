/** Replay of traces at recorded times, and what becomes of lengths and contents. */
import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { type Served, serve, tableOf } from './trace.fixture.ts'
import type { TraceReplayOptions } from './trace-replay-options.ts'
import type { TraceTable } from './trace-table.ts'
import { traceWorkload } from './trace-workload.ts'

const replay = (table: TraceTable, options: TraceReplayOptions = {}, seed = 1) =>
  traceWorkload(table, options, new RandomSource(seed))

const arrivals = (served: readonly Served[]) => served.map(({ request }) => request.arrivalUs / 1e6)

const csv = (...rows: readonly string[]) => tableOf(['time,input_tokens,output_tokens', ...rows].join('\n'))

describe('recorded arrivals', () => {
  const table = csv('7,100,10', '5,50,5', '9,200,20')

  it('start at 0 in order of time, whatever becomes of requests', () => {
    const { workload, mode } = replay(table)
    expect(mode).toBe('arrivals')
    expect(workload.totalRequests).toBe(3)
    const served = serve(workload, () => 60e6)
    expect(arrivals(served)).toEqual([0, 2, 4])
    expect(served.map(({ request }) => [request.id, request.inputTokens, request.outputTokens])).toEqual([
      [0, 50, 5],
      [1, 100, 10],
      [2, 200, 20],
    ])
    expect(workload.nextUs()).toBe(Number.POSITIVE_INFINITY)
  })

  it('can be sped up, brought to a rate, limited, cut to a window and repeated', () => {
    expect(arrivals(serve(replay(table, { speedup: 4 }).workload))).toEqual([0, 0.5, 1])
    expect(arrivals(serve(replay(table, { requestsPerSecond: 2 }).workload))).toEqual([0, 0.5, 1])
    expect(arrivals(serve(replay(table, { maximumRequests: 2 }).workload))).toEqual([0, 2])
    expect(arrivals(serve(replay(table, { fromSeconds: 2, untilSeconds: 4 }).workload))).toEqual([0])
    const { workload } = replay(table, { repeat: 2 })
    expect(workload.totalRequests).toBe(6)
    expect(arrivals(serve(workload))).toEqual([0, 2, 4, 6, 8, 10])
    const endless = replay(table, { repeat: Number.POSITIVE_INFINITY })
    expect(endless.workload.totalRequests).toBeNull()
    expect(serve(endless.workload, undefined, undefined, 50)).toHaveLength(50)
  })

  it('scale lengths, and leave out what exceeds the context', () => {
    const { workload, notes } = replay(table, {
      inputFactor: 0.5,
      outputFactor: 0.01,
      maximumContextTokens: 60,
    })
    expect(serve(workload).map(({ request }) => [request.inputTokens, request.outputTokens])).toEqual([
      [25, 1],
      [50, 1],
    ])
    expect(notes.join()).toMatch(/1 requests exceed 60 tokens/)
  })

  it('that are rounded are spread over their tick, in the order of the file', () => {
    const ticks = [0, 3, 6, 9].flatMap(tick =>
      Array.from({ length: 10 }, (_, index) => `${tick},${index + 1},1`),
    )
    const { workload, notes } = replay(csv(...ticks))
    const served = serve(workload)
    expect(notes.join()).toMatch(/rounded to 3 s/)
    expect(served.map(({ request }) => request.inputTokens)).toEqual(
      ticks.map((_, index) => (index % 10) + 1),
    )
    // Times start at 0 with the first request, so each lies less than a tick after its own tick.
    const times = arrivals(served)
    expect(new Set(times).size).toBe(40)
    for (const [index, time] of times.entries()) {
      expect(time).toBeGreaterThan(Math.floor(index / 10) * 3 - 3)
      expect(time).toBeLessThan(Math.floor(index / 10) * 3 + 3)
    }
    expect(new Set(arrivals(serve(replay(csv(...ticks), { spreadTicks: false }).workload))).size).toBe(4)
  })

  it('are needed: without them one must say how requests start', () => {
    const lengths = tableOf('num_prefill_tokens,num_decode_tokens\n10,2\n20,2\n30,2\n40,2')
    expect(() => replay(lengths)).toThrow(/no arrival times/)
    const two = serve(replay(lengths, { starts: { kind: 'concurrent', count: 2, rampSeconds: 1 } }).workload)
    expect(arrivals(two)).toEqual([0, 0.5, 1, 1.5])
    const poisson = replay(lengths, { starts: { kind: 'rate', perSecond: 2 }, repeat: 2000 })
    const last = arrivals(serve(poisson.workload)).at(-1)!
    expect(last / (8000 / 2)).toBeGreaterThan(0.95)
    expect(last / (8000 / 2)).toBeLessThan(1.05)
  })

  const refused: readonly [TraceReplayOptions, RegExp][] = [
    [{ speedup: 2, requestsPerSecond: 2 }, /two things/],
    [{ speedup: 2, starts: { kind: 'rate', perSecond: 1 } }, /recorded times are not used/],
    [{ fromSeconds: 2, starts: { kind: 'rate', perSecond: 1 } }, /window of time/],
    [{ prefix: { share: 1.5 } }, /share of reuse is 1.5/],
    [{ speedup: 0 }, /speedup is 0/],
    [{ inputFactor: Number.NaN }, /input factor is NaN/],
    [{ starts: { kind: 'concurrent', count: 0 } }, /concurrent sessions is 0/],
  ]
  it.each(refused)('refuses %j', (options, message) => {
    expect(() => replay(table, options)).toThrow(message)
  })
})

describe('contents', () => {
  const table = tableOf(
    [
      { timestamp: 0, input_length: 1024, output_length: 1, hash_ids: [10, 11] },
      { timestamp: 1000, input_length: 1536, output_length: 1, hash_ids: [10, 11, 12] },
      { timestamp: 2000, input_length: 1500, output_length: 1, hash_ids: [10, 11, 12] },
      { timestamp: 3000, input_length: 100, output_length: 1, hash_ids: [13] },
    ]
      .map(row => JSON.stringify(row))
      .join('\n'),
  )
  const contents = (options: TraceReplayOptions) =>
    serve(replay(table, options).workload).map(({ request: { content, inputTokens } }) => ({
      inputTokens,
      tokensPerBlock: content?.tokensPerBlock,
      ids: content === null ? null : Array.from(content.blockIds),
    }))

  it('are whole numbers of the run, and those of a second pass are its own', () => {
    expect(contents({ repeat: 2 }).map(({ ids }) => ids)).toEqual([
      [0, 1],
      [0, 1, 2],
      [0, 1, 2],
      [3],
      [4, 5],
      [4, 5, 6],
      [4, 5, 6],
      [7],
    ])
  })

  it('grow and shrink with their prompts, so that the share reused stays', () => {
    expect(contents({ inputFactor: 0.5 })[2]).toEqual({
      inputTokens: 750,
      tokensPerBlock: 256,
      ids: [0, 1, 2],
    })
    const { notes } = replay(table, { inputFactor: 0.001 })
    expect(notes.join()).toMatch(/blocks of 512 tokens become blocks of 1/)
  })

  it('can share nothing, or a part of what they did', () => {
    expect(contents({ prefix: 'drop' }).map(({ ids }) => ids)).toEqual([null, null, null, null])
    // Recorded hits: 0, 2, 3 and 0 blocks. Two leading blocks keep 4 of 5, one keeps 2.
    expect(contents({ prefix: { share: 0.8 } }).map(({ ids }) => ids)).toEqual([[0, 1], [0, 1], [0, 1], [3]])
    expect(contents({ prefix: { share: 0.4 } }).map(({ ids }) => ids)).toEqual([[0], [0], [0], [3]])
    expect(contents({ prefix: { share: 0 } }).map(({ ids }) => ids)).toEqual([null, null, null, null])
    expect(replay(table, { prefix: { share: 0.5 } }).notes.join()).toMatch(
      /first 1024 tokens at most.*80.0 %/,
    )
  })
})
