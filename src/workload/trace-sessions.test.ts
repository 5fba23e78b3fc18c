/** How each form of session is read: who waits for whom, how long, and what is shared. */
import { describe, expect, it } from 'vitest'
import { tableOf } from './trace.fixture.ts'
import { traceSummary } from './trace-statistics.ts'
import type { TraceTable } from './trace-table.ts'

/** Per row: what it waits for, and its gap. */
function places({ sessions, requests }: TraceTable) {
  return Array.from({ length: requests }, (_, row) => ({
    session: sessions!.session.at(row),
    turn: sessions!.turn.at(row),
    after: [sessions!.previous.at(row), ...(sessions!.alsoAfter.get(row) ?? [])].filter(other => other >= 0),
    gap: sessions!.gapSeconds.at(row),
    from: sessions!.gapFromStart.at(row) === 1 ? 'start' : 'end',
  }))
}

const lines = (...rows: readonly object[]) => rows.map(row => JSON.stringify(row)).join('\n')

describe('Qwen-Bailian', () => {
  const table = tableOf(
    lines(
      {
        chat_id: 1,
        parent_chat_id: -1,
        timestamp: 0,
        input_length: 32,
        output_length: 5,
        turn: 1,
        hash_ids: [1, 2],
      },
      {
        chat_id: 2,
        parent_chat_id: -1,
        timestamp: 1,
        input_length: 16,
        output_length: 5,
        turn: 1,
        hash_ids: [2],
      },
      {
        chat_id: 3,
        parent_chat_id: 1,
        timestamp: 9.5,
        input_length: 48,
        output_length: 5,
        turn: 2,
        hash_ids: [1, 2, 3],
      },
      {
        chat_id: 4,
        parent_chat_id: 1,
        timestamp: 12,
        input_length: 48,
        output_length: 5,
        turn: 2,
        hash_ids: [1, 2, 4],
      },
      {
        chat_id: 5,
        parent_chat_id: 77,
        timestamp: 13,
        input_length: 16,
        output_length: 5,
        turn: 2,
        hash_ids: [1],
      },
    ),
  )

  it('links turns by parent, and keeps the time between starts', () => {
    expect(places(table)).toEqual([
      { session: 0, turn: 0, after: [], gap: 0, from: 'end' },
      { session: 1, turn: 0, after: [], gap: 0, from: 'end' },
      { session: 0, turn: 1, after: [0], gap: 9.5, from: 'start' },
      { session: 0, turn: 2, after: [0], gap: 12, from: 'start' },
      { session: 2, turn: 0, after: [], gap: 0, from: 'end' },
    ])
    expect(table.notes.join()).toMatch(/parent_chat_id stands nowhere/)
  })

  it('takes a block id only after the same prefix: ids are hashes of single blocks', () => {
    const { reuse } = traceSummary(table)
    // Row 1 begins with block 2, which so far stood after block 1 only.
    expect(reuse!.cachedTokens).toBe(32 + 32 + 16)
    expect(reuse!.withinSessionShare).toBeCloseTo(64 / 160, 9)
  })
})

describe('sessions by name', () => {
  it('takes the time from the recorded end where a service time is stated (BurstGPT, 8 columns)', () => {
    const table = tableOf(
      'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n' +
        '5,s1,2,ChatGPT,10,4,14,Conversation log\n6,s2,1,GPT-4,10,4,14,API log\n' +
        '11,s1,1,ChatGPT,20,4,24,Conversation log\n11.5,s1,1,ChatGPT,20,4,24,Conversation log\n12,s2,1,GPT-4,10,0,10,API log',
    )
    expect(table.format).toBe('burstgpt')
    expect(places(table)).toMatchObject([
      { session: 0, after: [] },
      { session: 1, after: [] },
      { session: 0, after: [0], gap: 4, from: 'end' },
      { session: 0, after: [2], gap: 0, from: 'end' },
    ])
    expect(traceSummary(table)).toMatchObject({
      leftOut: 1,
      models: [
        { name: 'ChatGPT', requests: 3 },
        { name: 'GPT-4', requests: 1 },
      ],
    })
  })

  it('never lets a turn start before the one it follows', () => {
    const table = tableOf('time,session_id,input_tokens,output_tokens\n5,a,1,1\n3,a,1,1')
    expect(places(table)[1]).toMatchObject({ after: [0], gap: 0 })
    expect(table.backward).toBe(1)
  })
})

describe('AIPerf', () => {
  it('puts the history before turns that state their own tokens', () => {
    const table = tableOf(
      lines(
        { session_id: 'a', timestamp: 0, input_length: 300, output_length: 40 },
        { session_id: 'a', delay: 2000, input_length: 150, output_length: 20 },
      ),
    )
    expect(table.format).toBe('aiperf-mooncake-sessions')
    expect(table.inputTokens.at(1)).toBe(300 + 40 + 150)
    expect(places(table)[1]).toMatchObject({ after: [0], gap: 2, from: 'end' })
    expect(table.arrivals).toBe('session-starts')
    expect(traceSummary(table).reuse!.withinSessionShare).toBeCloseTo((18 * 16) / 790, 9)
  })

  it('takes rows that state whole prompts as they are', () => {
    const whole = { session_id: 'a', context_mode: 'message_array_with_responses', output_length: 4 }
    const table = tableOf(lines({ ...whole, input_length: 30 }, { ...whole, input_length: 60 }))
    expect(table.inputTokens.at(1)).toBe(60)
    expect(places(table)[1]!.gap).toBeNaN()
    expect(traceSummary(table).sessions!.thinkSeconds).toBeNull()
  })

  it('reads multi_turn', () => {
    const table = tableOf(
      lines({
        session_id: 'a',
        turns: [
          { text: 'x'.repeat(40), output_length: 6 },
          { texts: [{ contents: ['y'.repeat(20)] }], delay: 500, output_length: 7 },
        ],
      }),
    )
    expect(table.format).toBe('aiperf-multi-turn')
    expect([table.inputTokens.at(0), table.inputTokens.at(1)]).toEqual([10, 10 + 6 + 5])
    expect(places(table)[1]).toMatchObject({ after: [0], gap: 0.5 })
  })
})

describe('agent sessions', () => {
  const turn = (t: number, input: number, ids: readonly number[], more: object = {}) => ({
    t,
    type: 'n',
    model: 'large',
    in: input,
    out: 10,
    hash_ids: ids,
    ...more,
  })
  const agent = (
    t: number,
    durationMs: number | null,
    requests: readonly object[],
    status = 'completed',
  ) => ({
    t,
    type: 'subagent',
    agent_id: 'agent_001',
    duration_ms: durationMs,
    status,
    requests,
  })
  const session = (id: string, requests: readonly object[]) =>
    JSON.stringify({ id, block_size: 64, hash_id_scope: 'local', requests })

  const main = session('one', [
    turn(0, 128, [1, 2], { api_time: 2, think_time: 0 }),
    agent(12.5, 10_000, [
      turn(0, 64, [9], { api_time: 3 }),
      turn(5, 128, [9, 10], { think_time: 2, api_time: 5 }),
    ]),
    agent(8.5, 6000, [turn(0, 64, [9], { api_time: 5 })]),
    turn(15, 192, [1, 2, 3], { think_time: 13, api_time: 1 }),
    agent(17, null, [turn(0, 64, [9], { api_time: 90 })], 'async_launched'),
    turn(20, 256, [1, 2, 3, 4], { think_time: 4 }),
    turn(31, 256, [1, 2, 3, 4]),
    { ...turn(40, 256, [1, 2, 3, 4]), out: 0 },
    turn(41, 256, [1, 2, 3, 4], { think_time: 1 }),
  ])

  it('runs sub-agents beside each other and makes the next turn wait for them', () => {
    expect(places(tableOf(main))).toEqual([
      { session: 0, turn: 0, after: [], gap: 0, from: 'end' },
      // Both start 0.5 s after the turn that called them: their markers state when the result came.
      { session: 0, turn: 1, after: [0], gap: 0.5, from: 'end' },
      { session: 0, turn: 2, after: [1], gap: 2, from: 'end' },
      { session: 0, turn: 3, after: [0], gap: 0.5, from: 'end' },
      { session: 0, turn: 4, after: [0, 2, 3], gap: 2.5, from: 'end' },
      { session: 0, turn: 5, after: [4], gap: 1, from: 'end' },
      // Launched and left alone: nobody waits for it.
      { session: 0, turn: 6, after: [4], gap: 4, from: 'end' },
      { session: 0, turn: 7, after: [6], gap: 11, from: 'start' },
      { session: 0, turn: 8, after: [7], gap: 1, from: 'end' },
    ])
  })

  it('takes a marker that cannot be an end as the start', () => {
    const table = tableOf(
      session('x', [turn(0, 64, [1], { api_time: 2 }), agent(2.5, 10_000, [turn(0, 64, [2])])]),
    )
    expect(places(table)[1]).toMatchObject({ after: [0], gap: 0.5 })
  })

  it('keeps ids of different sessions apart, and counts copies', () => {
    const table = tableOf(`${main}\n${main.replace('one', 'two')}`)
    const alone = traceSummary(tableOf(main))
    const both = traceSummary(table)
    expect(both.reuse!.share).toBeCloseTo(alone.reuse!.share, 12)
    expect(both.reuse!.distinctTokens).toBe(2 * alone.reuse!.distinctTokens)
    expect(both.sessions!.sessions).toBe(2)
    expect(both.notes.join()).toMatch(/1 sessions are exact copies/)
  })

  it('reads one document over many lines', () => {
    const document = JSON.stringify(JSON.parse(main), null, 2)
    expect(places(tableOf(document))).toEqual(places(tableOf(main)))
  })

  const faults: readonly [string, RegExp][] = [
    ['{"block_size": 64, "requests": 7}', /^line 1: no list of requests/],
    ['{"requests": []}', /^line 1: block_size is «nothing»/],
    ['{"block_size": 0, "requests": []}', /^line 1: block_size is 0/],
    ['{"block_size": 64, "requests": [null]}', /^line 1: requests\[0\] is not an object/],
    [session('x', [{ ...turn(0, 64, []), in: -5 }]), /^line 1: requests\[0\]\.in is «-5»/],
    [session('x', [{ ...turn(0, 64, []), t: undefined }]), /^line 1: requests\[0\]\.t is missing/],
    [
      session('x', [{ ...turn(0, 64, []), hash_ids: 'abc' }]),
      /^line 1: requests\[0\]\.hash_ids is not a list/,
    ],
    [session('x', [agent(1, 1, [{ t: 0, in: 4 }])]), /^line 1: requests\[0\]\.requests\[0\]\.out/],
    [session('x', [{ type: 'subagent', t: 1 }]), /^line 1: requests\[0\]\.requests is «nothing»/],
    [session('x', [turn(0, 64, [], { think_time: -1 })]), /think_time is «-1»/],
    [`${main}\n${main.slice(0, 200)}`, /^line 2: not valid JSON/],
  ]
  it.each(faults)('refuses %s', (text, message) => {
    expect(() => tableOf(text)).toThrow(message)
  })
})
