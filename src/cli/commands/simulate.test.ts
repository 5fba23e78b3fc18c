/** `simulate` as a user meets it: processes for what it prints and writes, the command itself for what it refuses. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { simulateCommand } from './simulate.ts'

const main = resolve(import.meta.dirname, '../main.ts')
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-simulate-'))
const exampleTrace = resolve(import.meta.dirname, '../../../docs/guides/example-trace.jsonl')

function tokenwright(...flags: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [main, ...flags], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
}

const simulate = (...flags: readonly string[]) => tokenwright('simulate', ...flags)

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const llama = ['--model', 'meta-llama/Llama-3.1-70B', '--hardware', '8xh200', '--tp', '4', '--replicas', '2']
const small = [...llama, '--rate', '2/s', '--isl', '1000', '--osl', '60', '--requests', '120']

/** One planned pool, and prefill and decode pools. */
const planned = { one: join(folder, 'one'), pools: join(folder, 'pools') }

beforeAll(() => {
  const plan = (path: string, ...flags: readonly string[]) => {
    const { status, stderr } = tokenwright('plan', '--example', ...flags, '--save-dir', path)
    if (status !== 0) throw new Error(stderr)
  }
  plan(planned.one, '--hardware', 'h200', '--no-disaggregated')
  plan(planned.pools, '--hardware', 'mi355x')
}, 60_000)

describe('deployment files', () => {
  test('a planned deployment is simulated as it is, beside its prediction', () => {
    const { status, stdout, stderr } = simulate(planned.one, '--json')
    expect([status, stderr]).toEqual([0, ''])
    const run = JSON.parse(stdout)
    expect(run).toMatchObject({
      schemaVersion: 1,
      seed: '1',
      deploymentFile: join(planned.one, 'deployment.yaml'),
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

  test('pools of prefill and decode are simulated as they are, or resized', () => {
    const yaml = readFileSync(join(planned.pools, 'deployment.yaml'), 'utf8')
    expect(yaml).toContain('mode: disaggregated')
    const { stdout } = simulate(planned.pools, '--decode-replicas', '2', '--requests', '700', '--json')
    const run = JSON.parse(stdout)
    expect(run.pools.map(({ role }: { role: string }) => role)).toEqual(['prefill', 'decode'])
    expect(run.pools[1].meanReplicas).toBeCloseTo(2, 9)
    expect(run.comparison.source).toBe('computed')
    expect(run.notes.join()).toContain('replicas is not that of the file')
  })

  test('a price that only the plan was told is found in its bill', () => {
    const own = join(folder, 'own')
    tokenwright('plan', '--example', '--hardware', 'h200', '--price', 'h200=1.25/h', '--save-dir', own)
    const priced = (...flags: readonly string[]) =>
      JSON.parse(simulate(own, '--requests', '100', '--json', ...flags).stdout)
    const run = priced()
    expect(run.prices[0].price.usdPerDeviceHour).toBeCloseTo(1.25, 6)
    expect(run.notes.join()).toContain('the catalog does not have the price')
    const dearer = priced('--price', 'h200=2.50/h')
    expect(dearer.bill.usd).toBeCloseTo(2 * run.bill.usd, 6)
    // A cost predicted at other prices is no comparison.
    const compared = ({ comparison }: typeof run) =>
      comparison.rows.map(({ quantity }: { quantity: string }) => quantity)
    expect(compared(run)).toContain('usdPerMillionTokens')
    expect(compared(dearer)).not.toContain('usdPerMillionTokens')
  })

  test('a trace goes through it', () => {
    const { status, stdout } = simulate(planned.one, '--trace', exampleTrace, '--router', 'prefix-aware')
    expect(status).toBe(0)
    expect(stdout).toContain('example-trace.jsonl')
    expect(stdout).toMatch(/% from cache/)
    expect(stdout).toContain('seed 1')
    expect(stdout).not.toContain('\u001b')
  })

  test('--check: a missed objective is exit code 3 after the whole report', () => {
    const flags = [planned.one, '--requests', '120', '--check']
    const missed = simulate(...flags, '--slo', 'ttft p95 < 1ms, tpot mean < 10s')
    expect(missed.status).toBe(3)
    expect(missed.stdout).toContain('Missed: TTFT p95 < 1 ms')
    expect(missed.stderr).toContain('error [objective]: 1 of 2 objectives missed')
    expect(simulate(...flags, '--slo', 'tpot mean < 10s').status).toBe(0)
  })
})

describe('output', () => {
  test('same inputs and seed: same bytes; another seed: others', () => {
    const once = simulate(...small, '--json', '--seed', 'a').stdout
    expect(simulate(...small, '--json', '--seed', 'a').stdout).toBe(once)
    const other = JSON.parse(simulate(...small, '--json', '--seed', 'b').stdout)
    expect(other.summary.latency).not.toEqual(JSON.parse(once).summary.latency)
  })

  test('rows, page and events are written whole, and rows are what is counted', () => {
    const place = mkdtempSync(join(folder, 'files-'))
    const at = (name: string) => join(place, name)
    const slo = ['--slo', 'ttft p95 < 150ms']
    const files = ['--records', at('r.csv'), '--html', at('run.html'), '--chrome-trace', at('run.json')]
    const { status, stdout, stderr } = simulate(...small, ...slo, ...files, '--json')
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
    expect(JSON.parse(readFileSync(at('run.json'), 'utf8')).traceEvents.length).toBeGreaterThan(120)
    expect(simulate(...small, ...slo, '--csv').stdout).toBe(readFileSync(at('r.csv'), 'utf8'))
  })

  test('faults and changes of size are heard of', () => {
    const { stdout } = simulate(
      ...small,
      ...['--fault', 'crash 0 at 20s for 10s', '--startup', '5s', '--scale-at', '30s=3', '--json'],
    )
    const { run, fleet, comparison } = JSON.parse(stdout)
    const states = run.changes.map(({ replica, state }: { replica: number; state: string }) => [
      replica,
      state,
    ])
    expect(states).toContainEqual([0, 'down'])
    expect(states).toContainEqual([2, 'ready'])
    expect(fleet.faults).toHaveLength(1)
    expect(comparison).toBeNull()
  })

  test('a run too short to measure says so', () => {
    const { stdout } = simulate(...small, '--warmup', '1000')
    expect(stdout.replaceAll('\n', ' ')).toContain(
      'nothing was measured, all 120 requests belong to the warm-up',
    )
  })
})

describe('what is wrong is one clear error, before anything is written', () => {
  const truncated = file('truncated.yaml', 'schema: tokenwright/deployment/1\nmodel: [meta-llama')
  const foreign = file('foreign.yaml', 'a: 1\n')
  const line = '{"timestamp":0,"input_length":10,"output_length":2,"hash_ids":[1]}\n'
  const broken = file('broken.jsonl', `${line}${line}{"timestamp":2,"input_le\n`)
  const timeless = file('timeless.csv', 'num_prefill_tokens,num_decode_tokens\n100,20\n200,30\n')
  const workload = file(
    'workload.yaml',
    'kind: open\narrivals: {kind: poisson, rate: -1}\nlengths: {input: 1, output: 1}\n',
  )
  const load = ['--rate', '2/s', '--isl', '100', '--osl', '10']
  const one = planned.one

  const cases: readonly (readonly [name: string, flags: readonly string[], code: string, text: RegExp])[] = [
    ['nothing at all', [], 'usage', /nothing says what serves/],
    ['missing file', ['nowhere.yaml'], 'file', /nowhere\.yaml: .*no such file/],
    ['truncated file', [truncated], 'file', /truncated\.yaml: not valid YAML/],
    ['another file', [foreign], 'file', /foreign\.yaml: not a deployment/],
    ['file and flags', [one, '--model', 'x'], 'usage', /--model: .*says what serves/],
    ['model without hardware', ['--model', 'meta-llama/Llama-3.1-70B'], 'usage', /--hardware: /],
    ['no workload', llama, 'usage', /--isl: how long inputs are/],
    ['lengths only', [...llama, '--isl', '100', '--osl', '10'], 'usage', /nothing says what is asked/],
    ['unknown model', ['--model', 'lama-70', '--hardware', 'h200', ...load], 'unknown-model', /lama-70/],
    [
      'unknown device',
      ['--model', 'openai/gpt-oss-120b', '--hardware', 'h2000', ...load],
      'unknown-accelerator',
      /h2000/,
    ],
    [
      'too many devices',
      [...llama, ...load, '--pp', '2'],
      'usage',
      /--hardware: 2 replicas of 8 devices need 16/,
    ],
    [
      'model too large',
      ['--model', 'meta-llama/Llama-3.1-70B', '--hardware', '1xh100', ...load],
      'usage',
      /no room for KV cache/,
    ],
    [
      'layout that does not divide',
      ['--model', 'meta-llama/Llama-3.1-70B', '--hardware', '3xh200', '--tp', '3', ...load],
      'usage',
      /does not divide/,
    ],
    [
      'engine that is not there',
      ['--model', 'openai/gpt-oss-120b', '--hardware', 'mi355x', '--engine', 'trtllm', ...load],
      'usage',
      /--engine: trtllm does not run/,
    ],
    ['negative rate', [one, '--rate', '-4/s'], 'number', /--rate: .*negative/],
    ['rate without unit', [one, '--rate', '4'], 'unit', /--rate: .*per what/],
    ['rate of NaN', [one, '--rate', 'NaN/s'], 'number', /--rate: .*not a number/],
    ['rate of nothing', [one, '--rate', '0/s'], 'number', /--rate: /],
    ['Poisson with a CV', [one, '--rate', '1/s', '--arrival', 'poisson', '--cv', '2'], 'usage', /--cv: /],
    ['unknown arrivals', [one, '--rate', '1/s', '--arrival', 'pareto'], 'usage', /--arrival: /],
    ['rate and concurrency', [one, '--rate', '1/s', '--concurrency', '3'], 'usage', /contradict/],
    ['trace and lengths', [one, '--trace', broken, '--isl', '4'], 'usage', /contradict/],
    ['trace flags without a trace', [one, '--speedup', '2'], 'usage', /--speedup: .*without --trace/],
    ['missing trace', [one, '--trace', 'no.jsonl'], 'file', /no\.jsonl: .*no such file/],
    ['broken line of a trace', [one, '--trace', broken], 'trace', /broken\.jsonl:3: line 3/],
    ['trace without times', [one, '--trace', timeless], 'usage', /timeless\.csv: .*when its requests start/],
    ['window that ends first', [one, '--trace', exampleTrace, '--window', '5s..1s'], 'usage', /--window: /],
    ['bad workload file', [one, '--workload', workload], 'usage', /workload\.yaml: workload\.arrivals\.rate/],
    ['unknown router', [one, '--router', 'nice'], 'usage', /--router.*nice/],
    ['unknown fault', [one, '--fault', 'explode 3'], 'usage', /--fault: /],
    [
      'fault of no replica',
      [one, '--fault', 'crash 7 at 1s for 1s'],
      'usage',
      /--fault: there is no replica 7/,
    ],
    ['autoscaler without target', [one, '--autoscale', 'min=1,max=2'], 'usage', /--autoscale: target/],
    ['cache without unit', [one, '--host-cache', '100'], 'unit', /--host-cache: /],
    ['foreign scheduler', [one, '--scheduler', 'lpm'], 'usage', /--scheduler: /],
    ['two formats', [one, '--json', '--csv'], 'usage', /contradict/],
    ['one file for two', [one, '--records', 'same', '--html', './same'], 'usage', /same file/],
    [
      'folder that is not there',
      [one, '--chrome-trace', join(folder, 'no/where.json')],
      'file',
      /no\/where\.json/,
    ],
    ['nothing to check', [...llama, ...load, '--check'], 'usage', /--check: /],
    ['objective without unit', [one, '--slo', 'ttft p90 < 1'], 'objective', /unit/],
    ['empty seed', [one, '--seed', ' '], 'usage', /--seed: /],
    ['price without period', [one, '--price', 'h200=2.50'], 'unit', /--price/],
  ]

  test.for(cases)('%s', async ([, flags, code, text]) => {
    const before = readdirSync(folder)
    const command = simulateCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
    const records = flags.some(flag => flag === '--records' || flag === '--csv')
      ? []
      : ['--records', join(folder, 'never.csv')]
    const fault = await command.parseAsync([...flags, ...records], { from: 'user' }).then(
      () => null,
      (error: unknown) => error,
    )
    expect(fault).toBeInstanceOf(TokenwrightError)
    const { code: own, where, message, fix } = fault as TokenwrightError
    expect([own, `${where}: ${message}`]).toEqual([code, expect.stringMatching(text)])
    expect(fix).toBeTruthy()
    expect(readdirSync(folder)).toEqual(before)
    expect(existsSync('same')).toBe(false)
  })

  test('a place that cannot be written is an error', () => {
    const { status, stderr } = simulate(...small, '--records', '/proc/rows.csv')
    expect([status, stderr]).toEqual([1, expect.stringContaining('error [file]')])
  })
})
