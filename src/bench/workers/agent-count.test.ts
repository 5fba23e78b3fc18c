import { describe, expect, test } from 'vitest'
import { knownLoad } from '../self-test.ts'
import { agentCount } from './agent-count.ts'

const cores = 8

describe('how many agents send', () => {
  test('one for every 2,000 streams, at most one a processor', () => {
    const agents = (streams: number) => agentCount(knownLoad(streams, 1, 0.02), null, cores).agents
    expect([1, 2_000, 2_001, 10_000, 100_000].map(agents)).toEqual([1, 1, 2, 5, 8])
  })

  test('as many as asked for, but each with a user of its own', () => {
    expect(agentCount(knownLoad(8, 1, 0.02), 12, cores).agents).toBe(8)
    expect(agentCount(knownLoad(8, 1, 0.02), 3, 1).agents).toBe(3)
    expect(agentCount({ ...knownLoad(8, 1, 0.02), maximumPrefills: 2 }, 3, cores)).toEqual({
      agents: 2,
      notes: ['caps on requests are divided over 2 workers: one may wait while another has room'],
    })
  })

  test('what cannot be divided is refused when workers were asked for, and sent by one otherwise', () => {
    const load = knownLoad(5_000, 1, 0.02)
    const requests = {
      kind: 'spec',
      spec: { kind: 'mix', parts: [{ name: 'a', workload: specOf(load) }] },
    } as const
    const mixed = { ...load, requests }
    expect(() => agentCount(mixed, 2, cores)).toThrow('a mix of requests that wait for answers')
    const { agents, notes } = agentCount(mixed, null, cores)
    expect(agents).toBe(1)
    expect(notes[0]).toContain('one thread sends 5000 streams')
  })
})

function specOf({ requests }: ReturnType<typeof knownLoad>) {
  if (requests.kind !== 'spec') throw new Error('the known load is described')
  return requests.spec
}
