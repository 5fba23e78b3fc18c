/** The command line as a user meets it: a process, its output and its exit code. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const main = resolve(import.meta.dirname, '../src/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-cli-'))

function tokenwright(...flags: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [main, ...flags], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const llama = ['plan', 'meta-llama/Llama-3.1-70B', '--isl', '4000', '--osl', '500']
const oneDevice = ['--hardware', 'h100-sxm', '--engine', 'vllm', '--no-disaggregated', '--no-speculation']

describe('help', () => {
  test('names every command and shows examples', () => {
    const { status, stdout } = tokenwright('--help')
    expect(status).toBe(0)
    for (const command of ['plan', 'simulate', 'cost', 'catalog', 'validate', 'calibrate', 'trace'])
      expect(stdout).toContain(`\n  ${command} `)
    expect(stdout).toContain('Examples:')
  })

  test.for(['plan', 'simulate', 'cost', 'catalog', 'validate', 'calibrate', 'trace'])(
    '%s --help has examples',
    command => {
      const { status, stdout } = tokenwright(command, '--help')
      expect(status).toBe(0)
      expect(stdout).toMatch(/Examples?:/)
    },
  )

  test('no words at all print the help', () => {
    const { status, stdout } = tokenwright()
    expect(status).toBe(0)
    expect(stdout).toContain('Usage: tokenwright')
  })

  test('--version', () => {
    expect(tokenwright('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('bad input is one clear error, without a stack trace', () => {
  const brokenTrace = file('broken.csv', 'num_prefill_tokens,num_decode_tokens\n100,20\n100,many\n')
  const emptyTrace = file('empty.csv', '')
  const brokenConfig = file('truncated.json', '{"architectures": ["LlamaForCausalLM"], "hidden_si')
  const strangeConfig = file(
    'strange.json',
    '{"architectures": ["NeverSeenForCausalLM"], "model_type": "never"}',
  )
  const brokenPoints = file('points.csv', 'model,hardware,isl,osl,concurrency,tpot_ms\nllama,h100,1,1,1,x\n')
  const brokenCalibration = file('ours.json', '{"schema": "coefficients-overlay/1", "ce')
  const brokenFacts = file('facts.yaml', 'prices:\n  - id: mine\n    usdPerDeviceHour: cheap\n')

  const cases: readonly (readonly [
    name: string,
    flags: readonly string[],
    status: number,
    code: string,
    text: RegExp,
  ])[] = [
    ['unknown command', ['plam'], 2, 'usage', /did you mean plan/],
    ['unknown subcommand', ['catalog', 'acelerators'], 2, 'usage', /did you mean accelerators/],
    ['unknown flag', ['plan', '--isll', '4000'], 2, 'usage', /did you mean --isl/],
    ['flag without value', ['plan', '--isl'], 2, 'usage', /argument missing/],
    ['no model', ['plan', '--isl', '1', '--osl', '2'], 2, 'usage', /no model is given/],
    [
      'unknown model',
      ['plan', 'lama-3.1-70b', '--isl', '4k', '--osl', '500'],
      1,
      'unknown-model',
      /did you mean .*Llama-3\.1-70B/,
    ],
    [
      'missing config',
      ['plan', './nowhere/config.json', '--isl', '4k', '--osl', '500'],
      1,
      'file',
      /no such file/,
    ],
    [
      'truncated config',
      ['plan', brokenConfig, '--isl', '4k', '--osl', '500'],
      1,
      'model-config',
      /truncated\.json/,
    ],
    [
      'strange config',
      ['plan', strangeConfig, '--isl', '4k', '--osl', '500'],
      1,
      'model-config',
      /strange\.json/,
    ],
    ['no lengths', ['plan', 'meta-llama/Llama-3.1-70B'], 2, 'usage', /--isl 4000 --osl 500/],
    [
      'negative length',
      ['plan', 'meta-llama/Llama-3.1-70B', '--isl', '-4', '--osl', '5'],
      1,
      'number',
      /negative/,
    ],
    [
      'absurd length',
      ['plan', 'meta-llama/Llama-3.1-70B', '--isl', '1e30', '--osl', '5'],
      1,
      'number',
      /absurd/,
    ],
    [
      'output of nothing',
      ['plan', 'meta-llama/Llama-3.1-70B', '--isl', '10', '--osl', '0'],
      1,
      'number',
      /osl/,
    ],
    ['more cached than input', [...llama, '--cached', '5000'], 1, 'number', /part of the input/],
    ['cached twice', [...llama, '--cached', '1', '--prefix-cache-hit', '5%'], 2, 'usage', /contradict/],
    ['share above the whole', [...llama, '--prefix-cache-hit', '120%'], 1, 'number', /share/],
    [
      'trace and length',
      ['plan', 'meta-llama/Llama-3.1-70B', '--trace', brokenTrace, '--isl', '4000'],
      2,
      'usage',
      /contradict/,
    ],
    [
      'broken trace line',
      ['plan', 'meta-llama/Llama-3.1-70B', '--trace', brokenTrace],
      1,
      'trace',
      /broken\.csv:3/,
    ],
    ['empty trace', ['plan', 'meta-llama/Llama-3.1-70B', '--trace', emptyTrace], 1, 'trace', /empty/],
    ['missing trace', ['plan', 'meta-llama/Llama-3.1-70B', '--trace', 'no.csv'], 1, 'file', /no such file/],
    ['rate without unit', [...llama, '--rate', '40'], 1, 'unit', /40\/s/],
    ['rate of nothing', [...llama, '--rate', '0/s'], 1, 'number', /rate above 0/],
    ['rate of no trace', [...llama, '--rate', 'trace'], 2, 'usage', /needs a trace/],
    ['objective without unit', [...llama, '--slo', 'ttft p90 < 1'], 1, 'objective', /unit/],
    ['unknown metric', [...llama, '--slo', 'tttf p90 < 1s'], 1, 'objective', /metric/],
    [
      'contradictory objectives',
      [...llama, '--slo', 'ttft p90 < 1s, ttft p50 < 2s'],
      1,
      'objective',
      /contradict/,
    ],
    [
      'unknown accelerator',
      [...llama, '--hardware', 'h2000'],
      1,
      'unknown-accelerator',
      /did you mean .*h200/,
    ],
    ['empty name in a list', [...llama, '--hardware', 'h200,,b200'], 2, 'usage', /empty name/],
    ['unknown engine', [...llama, '--engine', 'vlm'], 2, 'usage', /did you mean vllm/],
    ['unknown precision', [...llama, '--precision', 'fp3'], 2, 'usage', /fp8/],
    ['unknown tier', [...llama, '--tier', 'rented'], 2, 'usage', /reserved/],
    ['unknown region', [...llama, '--region', 'atlantis'], 1, 'unknown-entry', /--region/],
    ['no devices', [...llama, '--max-devices', '0'], 1, 'number', /1 or more/],
    ['price of what', [...llama, '--price', '2.50/h'], 2, 'usage', /h200=2\.50\/h/],
    ['price without period', [...llama, '--price', 'h200-sxm=2.50'], 1, 'unit', /\/h/],
    ['tariff without unit', [...llama, '--electricity', '0.07'], 1, 'unit', /kWh/],
    ['impossible PUE', [...llama, '--pue', '0.8'], 1, 'number', /PUE/],
    ['load factor of nothing', [...llama, '--load-factor', '0'], 1, 'number', /load factor/],
    [
      'load factor twice',
      [...llama, '--load-factor', '0.5', '--demand-shape', 'office-generic'],
      2,
      'usage',
      /contradict/,
    ],
    [
      'unknown day',
      [...llama, '--demand-shape', 'ofice-generic'],
      1,
      'unknown-entry',
      /did you mean office-generic/,
    ],
    ['example and model', ['plan', 'meta-llama/Llama-3.1-70B', '--example'], 2, 'usage', /--example/],
    ['force without folder', [...llama, '--force'], 2, 'usage', /--save-dir/],
    ['broken facts', [...llama, '--facts', brokenFacts], 1, 'facts', /facts\.yaml/],
    ['missing facts', [...llama, '--facts', 'no.yaml'], 1, 'file', /no\.yaml/],
    ['broken points', ['calibrate', brokenPoints], 1, 'unknown-model', /points\.csv:2/],
    ['calibration over a file', ['calibrate', brokenPoints, '--output', brokenFacts], 1, 'file', /--force/],
    ['broken calibration', [...llama, '--coefficients', brokenCalibration], 1, 'facts', /ours\.json/],
    ['missing calibration', [...llama, '--coefficients', 'no.json'], 1, 'file', /no\.json/],
    ['folder of someone else', [...llama, '--save-dir', folder], 1, 'file', /--force/],
  ]

  test.for(cases)('%s', ([, flags, status, code, text]) => {
    const result = tokenwright(...flags)
    expect(result.stdout).toBe('')
    expect(result.stderr).toMatch(text)
    expect(`${result.status} ${result.stderr}`).toContain(`${status} error [${code}]: `)
    expect(result.stderr).not.toMatch(/^\s+at /m)
    expect(result.stderr).toContain('fix: ')
  })

  test('two formats at once', () => {
    const { status, stdout, stderr } = tokenwright(...llama, '--json', '--csv')
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(JSON.parse(stderr).error.message).toBe('--json and --csv contradict each other')
  })

  test('with --json the error is JSON on stderr', () => {
    const { status, stdout, stderr } = tokenwright(...llama, '--rate', '40', '--json')
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'unit', where: '--rate' } })
  })
})

describe('plan', () => {
  const slo = ['--slo', 'ttft p90 < 1s, tpot mean < 30ms']

  test('--json is one document', () => {
    const { status, stdout, stderr } = tokenwright(...llama, ...slo, ...oneDevice, '--json')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const plan = JSON.parse(stdout)
    expect(plan).toMatchObject({ schemaVersion: 1, feasible: true, model: 'meta-llama/Llama-3.1-70B' })
    const [best] = plan.ranking
    expect(best.cost.blended).toBeGreaterThan(0)
    expect(best.performance.tpot.meanMs).toBeLessThan(30)
    expect(best.performance.ttft.p90Ms).toBeLessThan(1000)
  })

  test('the same question has the same answer', () => {
    const once = tokenwright(...llama, ...slo, ...oneDevice, '--json').stdout
    expect(tokenwright(...llama, ...slo, ...oneDevice, '--json').stdout).toBe(once)
  })

  test('text is plain when piped, and fits 120 columns but for the benchmark', () => {
    const { status, stdout } = tokenwright(...llama, ...slo, ...oneDevice)
    expect(status).toBe(0)
    expect(stdout).toContain('per million tokens')
    expect(stdout).not.toContain('\u001b')
  })

  test('--csv has a header and rows', () => {
    const { status, stdout } = tokenwright(...llama, ...slo, ...oneDevice, '--csv', '--top', '2')
    expect(status).toBe(0)
    expect(stdout.startsWith('rank,id,model,')).toBe(true)
    expect(stdout.trimEnd().split('\r\n').length).toBeLessThanOrEqual(3)
  })

  test('--html and --save-dir write whole files', () => {
    const page = join(folder, 'plan.html')
    const deployment = join(folder, 'deployment')
    const { status } = tokenwright(...llama, ...slo, ...oneDevice, '--html', page, '--save-dir', deployment)
    expect(status).toBe(0)
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
    expect(JSON.parse(readFileSync(join(deployment, 'report/plan.json'), 'utf8')).feasible).toBe(true)
  })

  test('what cannot be met is a result with exit code 3, and nothing is saved', () => {
    const deployment = join(folder, 'impossible')
    const { status, stdout, stderr } = tokenwright(
      ...llama,
      ...oneDevice,
      '--slo',
      'tpot mean < 10us',
      '--save-dir',
      deployment,
    )
    expect(status).toBe(3)
    expect(stdout).toContain('No feasible configuration')
    expect(stdout).toContain('what would relax it')
    expect(stderr).toContain('error [objective]: no feasible configuration')
    expect(existsSync(deployment)).toBe(false)
  })

  test('your own price changes the answer', () => {
    const flags = [...llama, ...slo, ...oneDevice, '--json']
    const listed = JSON.parse(tokenwright(...flags).stdout).ranking[0].cost.blended
    const free = JSON.parse(tokenwright(...flags, '--price', 'h100-sxm=0.10/h').stdout).ranking[0]
    expect(free.priceId).toContain('your-h100-sxm')
    expect(free.cost.blended).toBeLessThan(listed / 5)
  })

  test('a calibration changes the answer, and is named in it', () => {
    const points = resolve(import.meta.dirname, '../docs/guides/example-points.csv')
    const overlay = join(folder, 'calibrated.json')
    expect(tokenwright('calibrate', points, '--output', overlay).status).toBe(0)
    const flags = [
      'plan',
      'openai/gpt-oss-120b',
      '--isl',
      '7k',
      '--osl',
      '1k',
      '--concurrency',
      '32',
      ...oneDevice,
    ]
    const shipped = JSON.parse(tokenwright(...flags, '--json').stdout)
    const calibrated = JSON.parse(tokenwright(...flags, '--json', '--coefficients', overlay).stdout)
    expect(calibrated.ranking[0].performance.tpot.meanMs).toBeLessThan(
      shipped.ranking[0].performance.tpot.meanMs,
    )
    expect(calibrated.warnings.join()).toContain('calibrated on 4 measured points')
  })

  test('a reader that closes the pipe is no fault', () => {
    const { status, stderr } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', `'${process.execPath}' '${main}' catalog prices | head -1 > /dev/null`],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})
