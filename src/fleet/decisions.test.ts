import { expect, test } from 'vitest'
import { decisionsByReplica, decisionsOf } from './decisions.ts'
import { engineSettings, fleetSettings, pairOfPools, pool, request, Stage } from './fleet.fixture.ts'
import { createFleet } from './fleet.ts'

test('decisions name who and where, not when', () => {
  const one = request({ outputTokens: 3 })
  const run = new Stage(createFleet(fleetSettings({ pools: pairOfPools() }))).submit(0, one).finish()
  expect(decisionsOf(run.events)).toEqual([
    `0 routed ${one.id}`,
    `0 scheduled ${one.id} cached 0 host 0`,
    `0 prefilled ${one.id}`,
    `1 routed ${one.id}`,
    `1 fetched ${one.id} from 0`,
    `0 finished ${one.id} served 1`,
    expect.stringContaining(`1 scheduled ${one.id} cached`),
    `1 finished ${one.id} served 4`,
  ])
})

test('preemptions and evictions are among them', () => {
  const engine = engineSettings({ blocksPerRank: 20, cacheEvents: true, maximumContextTokens: 320 })
  const run = new Stage(createFleet(fleetSettings({ pools: [pool({ engine })] })))
  for (let index = 0; index < 4; index++) {
    const content = { tokensPerBlock: 16, blockIds: [0, 1, 2, 3, 4].map(block => index * 100 + block) }
    run.submit(index, request({ inputTokens: 80, outputTokens: 60, content }))
  }
  const decisions = decisionsOf(run.finish().events)
  expect(decisions.some(text => text.startsWith('0 preempted'))).toBe(true)
  expect(decisions.some(text => text.startsWith('0 evicted device'))).toBe(true)
})

test('taken apart by replica they keep their order; evictions are told apart and sorted', () => {
  const decisions = [
    '0 a',
    '1 a',
    '− x',
    '0 evicted host 9 30',
    '0 b',
    '0 evicted device 7',
    '0 evicted host 10',
  ]
  expect([...decisionsByReplica(decisions)]).toEqual([
    ['0', { decisions: ['0 a', '0 b'], evicted: ['device 7', 'host 10', 'host 30', 'host 9'] }],
    ['1', { decisions: ['1 a'], evicted: [] }],
    ['−', { decisions: ['− x'], evicted: [] }],
  ])
})

test('the same whether steps are skipped or not', () => {
  const decisions = [true, false].map(skipEvents => {
    const engine = engineSettings({ blocksPerRank: 24, skipEvents, maximumContextTokens: 384 })
    const run = new Stage(createFleet(fleetSettings({ pools: [pool({ engine, replicas: 2 })] })))
    for (let id = 0; id < 12; id++)
      run.submit(id * 7000, request({ id, inputTokens: 50 + id, outputTokens: 80 }))
    return decisionsOf(run.finish().events)
  })
  expect(decisions[0]!.length).toBeGreaterThan(40)
  expect(decisionsByReplica(decisions[0]!)).toEqual(decisionsByReplica(decisions[1]!))
})
