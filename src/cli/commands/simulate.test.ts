/** `simulate` as a user meets it: what it prints and writes; as a process where that matters. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { type Answer, answerOf, exampleTrace, llama, planInto } from './simulate.fixture.ts'
import { simulateCommand } from './simulate.ts'

const main = resolve(import.meta.dirname, '../main.ts')
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-simulate-'))

/** In a process of its own. */
function spawned(...flags: readonly string[]): SpawnSyncReturns<string> {
  const argv = [main, 'simulate', ...flags]
  return spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
}

const simulate = (...flags: readonly string[]): Promise<Answer> => answerOf(simulateCommand(), flags)

async function simulated(...flags: readonly string[]) {
  const { status, stdout, stderr } = await simulate(...flags, '--json')
  expect([status, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

const small = [...llama, '--rate', '2/s', '--isl', '1000', '--osl', '60', '--requests', '120']

/** One planned pool, that of another device, and prefill and decode pools. */
const planned = { one: join(folder, 'one'), other: join(folder, 'other'), pools: join(folder, 'pools') }

beforeAll(async () => {
  await planInto(planned.one, '--hardware', 'h200', '--no-disaggregated')
  await planInto(planned.other, '--hardware', 'mi355x', '--no-disaggregated')
  await planInto(planned.pools, '--hardware', 'mi355x')
}, 60_000)

describe('deployment files', () => {
  test('a planned deployment is simulated as it is, beside its prediction', async () => {
    const run = await simulated(planned.one)
    expect(run).toMatchObject({
      schemaVersion: 1,
      seed: '1',
      deploymentFile: join(planned.one, 'deployment.yaml'),
      deployments: [{ file: join(planned.one, 'deployment.yaml'), pools: ['serve'] }],
      workload: { kind: 'closed' },
      comparison: { source: 'file' },
    })
    const { summary } = run
    expect(summary.requests.served).toBe(summary.requests.measured)
    expect(summary.objectives).toHaveLength(2)
    // Far outside would mean that units or devices were mixed up.
    for (const { predicted, simulated } of run.comparison.rows) {
      expect(simulated / predicted).toBeGreaterThan(0.5)
      expect(simulated / predicted).toBeLessThan(2)
    }
  })

  test('pools of prefill and decode are simulated as they are, or resized', async () => {
    const yaml = readFileSync(join(planned.pools, 'deployment.yaml'), 'utf8')
    expect(yaml).toContain('mode: disaggregated')
    const run = await simulated(planned.pools, '--decode-replicas', '2', '--requests', '700')
    expect(run.pools.map(({ role }: { role: string }) => role)).toEqual(['prefill', 'decode'])
    expect(run.pools[1].meanReplicas).toBeCloseTo(2, 9)
    expect(run.comparison.source).toBe('computed')
    expect(run.notes.join()).toContain('replicas is not that of the file')
  })

  test('flags describe two pools that are alike; what is left out is one replica', async () => {
    const flags = [
      '--model',
      'meta-llama/Llama-3.1-8B',
      '--rate',
      '4/s',
      '--isl',
      '500',
      '--osl',
      '40',
      '--requests',
      '60',
    ]
    const run = await simulated(...flags, '--hardware', '6xh100-sxm', '--decode-replicas', '2')
    expect(
      run.pools.map(({ role, devicesPerReplica }: { role: string; devicesPerReplica: number }) => [
        role,
        devicesPerReplica,
      ]),
    ).toEqual([
      ['prefill', 2],
      ['decode', 2],
    ])
    expect(run.pools.map(({ meanReplicas }: { meanReplicas: number }) => meanReplicas)).toEqual([
      expect.closeTo(1, 9),
      expect.closeTo(2, 9),
    ])
    const both = await simulate(
      ...flags,
      '--hardware',
      'h100-sxm',
      '--replicas',
      '1',
      '--prefill-replicas',
      '1',
    )
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('contradict each other')])
    const few = await simulate(...flags, '--hardware', '2xh100-sxm', '--tp', '1', '--prefill-replicas', '2')
    expect(few.stderr).toContain('3 replicas of 1 devices need 3 × h100-sxm; there are 2')
  })

  test('a price that only the plan was told is found in its bill', async () => {
    const own = join(folder, 'own')
    await planInto(own, '--hardware', 'h200', '--price', 'h200=1.25/h')
    const run = await simulated(own, '--requests', '100')
    expect(run.prices[0].price.usdPerDeviceHour).toBeCloseTo(1.25, 6)
    expect(run.notes.join()).toContain('the catalog does not have the price')
    const dearer = await simulated(own, '--requests', '100', '--price', 'h200=2.50/h')
    expect(dearer.bill.usd).toBeCloseTo(2 * run.bill.usd, 6)
    // A cost predicted at other prices is no comparison.
    const compared = ({ comparison }: typeof run) =>
      comparison.rows.map(({ quantity }: { quantity: string }) => quantity)
    expect(compared(run)).toContain('usdPerMillionTokens')
    expect(compared(dearer)).not.toContain('usdPerMillionTokens')
  })

  test('a trace goes through it', async () => {
    const { status, stdout } = await simulate(
      ...[planned.one, '--trace', exampleTrace, '--router', 'prefix-aware'],
    )
    expect(status).toBe(0)
    expect(stdout).toContain('example-trace.jsonl')
    expect(stdout).toMatch(/% from cache/)
    expect(stdout).toContain('seed 1')
    expect(stdout).not.toContain('\u001b')
  })

  test('--check: a missed objective is exit code 3 after the whole report', async () => {
    const flags = [planned.one, '--requests', '120', '--check']
    const missed = spawned(...flags, '--slo', 'ttft p95 < 1ms, tpot mean < 10s')
    expect(missed.status).toBe(3)
    expect(missed.stdout).toContain('Missed: TTFT p95 < 1 ms')
    expect(missed.stderr).toContain('error [objective]: 1 of 2 objectives missed')
    expect((await simulate(...flags, '--slo', 'tpot mean < 10s')).status).toBe(0)
  })
})

describe('several deployments behind one router', () => {
  const both = [planned.one, planned.other, '--rate', '2/s', '--requests', '200']
  type Named = { readonly name: string; readonly meanReplicas: number }

  test('each is a pool named after its accelerator, on one bill', async () => {
    const run = await simulated(...both, '--replicas', '2,1')
    expect(run.pools.map(({ name, meanReplicas }: Named) => [name, meanReplicas])).toEqual([
      ['h200-sxm', 2],
      ['mi355x', 1],
    ])
    expect(run.deployments.map(({ pools }: { pools: string[] }) => pools)).toEqual([['h200-sxm'], ['mi355x']])
    expect(run.prices.map(({ acceleratorId }: { acceleratorId: string }) => acceleratorId)).toEqual([
      'h200-sxm',
      'mi355x',
    ])
    const lines: readonly { readonly pool: string; readonly nanoUsd: string }[] = run.bill.lines
    expect(lines.map(({ pool }) => pool)).toEqual(['h200-sxm', 'mi355x'])
    expect(lines.reduce((sum, { nanoUsd }) => sum + BigInt(nanoUsd), 0n)).toBe(
      BigInt(run.bill.allocation.billNanoUsd),
    )
    expect(run.pools.every(({ outputTokens }: { outputTokens: number }) => outputTokens > 0)).toBe(true)
    expect(run.comparison).toBeNull()
    expect(run.headline).toMatch(/h200-sxm.* \+ .*mi355x/)
  })

  test('the same hardware twice has two names; pools are scaled by name; the page is written', async () => {
    const page = join(folder, 'mixed.html')
    const { status, stdout } = await simulate(
      ...[planned.one, planned.one, '--rate', '2/s', '--requests', '100', '--html', page],
      ...['--scale-at', '10s=2,pool=h200-sxm-2', '--startup', '5s'],
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(/h200-sxm replicas[\s\S]*h200-sxm-2 replicas[\s\S]*total/)
    expect(stdout).toMatch(/autoscaling +h200-sxm-2: 2 at 10/)
    expect(readFileSync(page, 'utf8')).toContain('h200-sxm-2 engine')
  })

  test('cost fills what is cheaper within the objectives; least-loaded does not ask', async () => {
    const dear = ['--price', 'mi355x=30/h', '--slo', 'ttft p95 < 3s, tpot mean < 60ms']
    const byCost = await simulated(...both, ...dear, '--router', 'cost')
    expect(byCost.fleet.router).toEqual({ kind: 'cost', ttftMs: 3000, tpotMs: 60, margin: 2 })
    const byLoad = await simulated(...both, ...dear)
    const share = ({ pools }: typeof byCost) =>
      pools[1].outputTokens / (pools[0].outputTokens + pools[1].outputTokens)
    expect(share(byCost)).toBeLessThan(0.5 * share(byLoad))
    const own = '{"kind": "cost", "ttftMs": 3000, "tpotMs": null}'
    expect((await simulated(...both, ...dear, '--router', own)).fleet.router).toEqual(JSON.parse(own))
  })

  test('admission turns away what is predicted to be late', async () => {
    const run = await simulated(
      ...[planned.one, '--rate', '30/s', '--requests', '300', '--warmup', '0'],
      ...['--router', '{"kind": "least-loaded", "admission": {"ttftMs": 3000}}'],
    )
    expect(run.summary.requests.byReason['objective-out-of-reach']).toBeGreaterThan(50)
  })
})

describe('output', () => {
  test('same inputs and seed: same bytes in any process; another seed: others', async () => {
    const { stdout } = await simulate(...small, '--json', '--seed', 'a')
    expect(spawned(...small, '--json', '--seed', 'a').stdout).toBe(stdout)
    const other = await simulated(...small, '--seed', 'b')
    expect(other.summary.latency).not.toEqual(JSON.parse(stdout).summary.latency)
  })

  test('rows, page and events are written whole, and rows are what is counted', async () => {
    const place = mkdtempSync(join(folder, 'files-'))
    const at = (name: string) => join(place, name)
    const slo = ['--slo', 'ttft p95 < 150ms', '--fault', 'slow 0 at 5s for 1s by 2']
    const files = ['--records', at('r.csv'), '--html', at('run.html'), '--chrome-trace', at('run.json')]
    const { status, stdout, stderr } = await simulate(...small, ...slo, ...files, '--json')
    expect(status).toBe(0)
    expect(stderr).toContain('written: ')
    expect(readdirSync(place).sort()).toEqual(['r.csv', 'run.html', 'run.json'])
    const { summary } = JSON.parse(stdout)
    const rows = parseCsv(readFileSync(at('r.csv'), 'utf8')).records
    expect(rows).toHaveLength(120)
    const counted = rows.filter(row => !row.flag('warm_up'))
    expect(counted).toHaveLength(summary.requests.measured)
    expect(counted.filter(row => row.text('within_objectives') === 'met')).toHaveLength(summary.goodput.met)
    const ttft = counted.reduce((sum, row) => sum + row.number('ttft_ms')!, 0) / counted.length
    expect(ttft).toBeCloseTo(summary.latency.ttftService.meanMs, 4)
    expect(readFileSync(at('run.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/i)
    const events: readonly { readonly name: string }[] = JSON.parse(
      readFileSync(at('run.json'), 'utf8'),
    ).traceEvents
    expect(events.length).toBeGreaterThan(120)
    expect(events.some(({ name }) => name === 'fault: slow')).toBe(true)
    expect((await simulate(...small, ...slo, '--csv')).stdout).toBe(readFileSync(at('r.csv'), 'utf8'))
  })

  test('faults and changes of size are heard of', async () => {
    const { run, fleet, comparison } = await simulated(
      ...small,
      ...['--fault', 'crash 0 at 20s for 10s', '--startup', '5s', '--scale-at', '30s=3'],
    )
    const states = run.changes.map(({ replica, state }: { replica: number; state: string }) => [
      replica,
      state,
    ])
    expect(states).toContainEqual([0, 'down'])
    expect(states).toContainEqual([2, 'ready'])
    expect(fleet.faults).toHaveLength(1)
    expect(comparison).toBeNull()
  })

  test('an upgrade of the only replica says what it does, and how to avoid it', async () => {
    const flags = [
      planned.one,
      '--rate',
      '2/s',
      '--requests',
      '100',
      '--upgrade-at',
      '20s',
      '--startup',
      '5s',
    ]
    const notesOf = async (...more: readonly string[]) => (await simulated(...flags, ...more)).notes.join()
    expect(await notesOf()).toContain('the upgrade replaces the only replica that takes requests')
    expect(await notesOf('--replicas', '2')).not.toContain('the upgrade replaces')
    const waiting = await simulated(...flags, '--router', '{"kind": "least-loaded", "admission": {}}')
    expect(waiting.notes.join()).not.toContain('the upgrade replaces')
    expect(waiting.summary.requests.rejected).toBe(0)
  })

  test('a run too short to measure says so', async () => {
    const { stdout } = await simulate(...small, '--warmup', '1000')
    expect(stdout.replaceAll('\n', ' ')).toContain(
      'nothing was measured, all 120 requests belong to the warm-up',
    )
  })
})
