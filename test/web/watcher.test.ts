/** What is watched of a replica is what happened on it: nothing twice, nothing lost, times in order. */
import { describe, expect, test } from 'vitest'
import type { SimulateFlags } from '../../src/cli/simulate-flags.ts'
import { setUpSimulation } from '../../src/cli/simulate-setup.ts'
import { runFleet } from '../../src/cli/simulation-run.ts'
import { routerOfSpec } from '../../src/routing/router-of-spec.ts'
import type { WatchedReplica } from '../../web/worker/protocol.ts'
import { watcher } from '../../web/worker/watcher.ts'

const flags: SimulateFlags = {
  model: 'meta-llama/Llama-3.1-8B',
  prefixCaching: true,
  rate: '60/s',
  isl: '800',
  osl: '30',
  islCv: '0.5',
  requests: '150',
}

/** Every replica of a fleet, watched in one run. */
async function watchedRun(more: Partial<SimulateFlags>) {
  const setup = await setUpSimulation([], { ...flags, ...more }, '2026-11-01')
  const watchers = setup.pools
    .flatMap(pool => Array.from({ length: pool.replicas }, () => pool))
    .map(({ role, timer }, id) => watcher(id, role, timer().idleWatts))
  const { end, result } = runFleet(
    setup,
    routerOfSpec(setup.router, setup.random),
    watchers.map(({ hear }) => hear),
    { everyEvents: 1e9, report: () => {} },
  )
  return { result, replicas: watchers.map(({ seen }) => seen(end.nowUs)) }
}

const of = (replicas: readonly WatchedReplica[], role: WatchedReplica['role']) =>
  replicas.filter(replica => replica.role === role)

const energy = ({ timeline: { watts, binSeconds, endSeconds } }: WatchedReplica) =>
  watts.reduce<number>(
    (sum, value, bin) => sum + (value ?? 0) * Math.min(binSeconds, endSeconds - bin * binSeconds),
    0,
  )

describe.each([
  ['one pool', { hardware: '3xh100-sxm', tp: '1', replicas: '3' }, ['serve']],
  [
    'two pools',
    { hardware: '3xh100-sxm', tp: '1', prefillReplicas: '1', decodeReplicas: '2' },
    ['prefill', 'decode'],
  ],
] as const)('%s', (_, more, roles) => {
  test('every request is on one replica of each pool, and its times are in order', async () => {
    const { replicas } = await watchedRun(more)
    for (const role of roles) {
      const requests = of(replicas, role).flatMap(({ requests }) => requests)
      expect(requests.map(({ id }) => id).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 150 }, (_, id) => id),
      )
      for (const { sentUs, startedUs, partedUs, endedUs } of requests) {
        const times = [sentUs, startedUs, partedUs, endedUs]
        expect(times).toEqual([...times].sort((a, b) => a - b))
        expect(times.every(Number.isFinite)).toBe(true)
      }
    }
  })

  test('steps and watts of the replicas add up to those of the run', async () => {
    const { result, replicas } = await watchedRun(more)
    const sum = (of: (replica: WatchedReplica) => number) =>
      replicas.reduce((total, replica) => total + of(replica), 0)
    expect(sum(({ steps }) => steps.reduce((total, step) => total + step.prefillTokens, 0))).toBe(
      result.pools.reduce((total, pool) => total + pool.prefillTokens, 0),
    )
    const joules = result.pools.reduce((total, pool) => total + pool.joules, 0)
    expect(sum(energy) / joules).toBeCloseTo(1, 3)
  })

  test.runIf(roles.length === 2)(
    'a prefill replica holds prompts until they have moved, and none in the end',
    async () => {
      const { replicas } = await watchedRun(more)
      for (const { steps, requests } of of(replicas, 'prefill')) {
        expect(Math.max(...steps.map(({ running }) => running))).toBeGreaterThan(1)
        for (const { endUs, running } of steps) {
          const held = requests.filter(
            ({ startedUs, endedUs }) => startedUs < endUs && endUs < endedUs,
          ).length
          expect(Math.abs(running - held)).toBeLessThanOrEqual(
            requests.filter(({ startedUs, endedUs }) => startedUs === endUs || endedUs === endUs).length,
          )
        }
      }
    },
  )
})
