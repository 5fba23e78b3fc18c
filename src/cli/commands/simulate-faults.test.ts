/** What `simulate` refuses: one clear error, before anything is written. */
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { answerOf, exampleTrace, llama, planInto } from './simulate.fixture.ts'
import { simulateCommand } from './simulate.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokenwright-simulate-faults-'))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** One planned pool, that of another device, and prefill and decode pools. */
const planned = { one: join(folder, 'one'), other: join(folder, 'other'), pools: join(folder, 'pools') }

beforeAll(async () => {
  await planInto(planned.one, '--hardware', 'h200', '--no-disaggregated')
  await planInto(planned.other, '--hardware', 'mi355x', '--no-disaggregated')
  await planInto(planned.pools, '--hardware', 'mi355x')
}, 60_000)

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
    [
      'cost without objectives',
      [...llama, ...load, '--router', 'cost'],
      'usage',
      /--router: .*which latency/,
    ],
    ['cost as JSON without limits', [one, '--router', '{"kind":"cost"}'], 'usage', /--router\.ttftMs/],
    ['two deployments without a load', [one, planned.other], 'usage', /deployments together/],
    [
      'one number for two deployments',
      [one, one, '--rate', '1/s', '--replicas', '3'],
      'usage',
      /--replicas: one number/,
    ],
    [
      'pools beside another deployment',
      [one, planned.pools, '--rate', '1/s'],
      'usage',
      /cannot share a router/,
    ],
    ['a second file that is missing', [one, 'nowhere.yaml', '--rate', '1/s'], 'file', /nowhere\.yaml/],
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

  test('a place that cannot be written is an error', async () => {
    const { status, stderr } = await answerOf(simulateCommand(), [
      ...llama,
      ...load,
      '--records',
      '/proc/rows.csv',
    ])
    expect([status, stderr]).toEqual([1, expect.stringContaining('error [file]')])
  })
})
