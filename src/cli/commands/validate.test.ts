import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Predictor } from '../../accuracy/predictor-file.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { runCalibrate } from '../calibrate-command.ts'
import { validateCommand } from './validate.ts'

const header =
  'silicon_data_source,backend,model_path,system,precision,mode,isl,osl,batch_size,tp_size,silicon_ttft_ms,silicon_tpot_ms'
const row = (concurrency: number, tpotMs: number, source = 'db-dump/1') =>
  `${source}; silicon_concurrency=${concurrency},vllm,openai/gpt-oss-120b,h100_sxm,fp4,agg,1024,1024,,2,50,${tpotMs}`

/** Ten per cent slower than measured. */
const predictor: Predictor = {
  physics: null,
  predict: ({ tpotMs, ttftMs }) => ({
    tpotMs: tpotMs === null ? null : 1.1 * tpotMs,
    ttftMs,
    totalTokensPerSecondPerDevice: null,
    joulesPerOutputToken: null,
  }),
}

let folder: string
let written: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-'))
  written = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    written += String(chunk)
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

function file(name: string, ...rows: string[]): string {
  const path = join(folder, name)
  writeFileSync(path, [header, ...rows].join('\n'))
  return path
}

function run(...args: string[]) {
  return validateCommand(async () => predictor).parseAsync(args, { from: 'user' })
}

describe('tokenwright validate', () => {
  it('prints errors, coverage and reasons', async () => {
    await run(file('a.csv', row(4, 5), row(8, 6), row(8, 6)))
    expect(written).toContain('3 rows, 2 distinct measurements, 2 predicted (100 %')
    expect(written).toContain('not predicted: 1 copy of another row')
    expect(written).toMatch(/TPOT +2 +10 % +10 % +10 % +\+10 %/)
    expect(written).toContain('openai/gpt-oss-120b')
  })

  it('gives one score as an object and several as a list', async () => {
    const path = file('a.csv', row(4, 5))
    await run(path, '--json')
    expect(JSON.parse(written)).toMatchObject({
      file: 'serving_latency',
      rows: 1,
      predicted: 1,
      metrics: { tpot: { n: 1 } },
    })
    written = ''
    await run(path, path, '--json')
    expect(JSON.parse(written)).toHaveLength(2)
  })

  it('leaves out distrusted rows on request', async () => {
    const path = file('a.csv', row(4, 5), row(4, 9, 'source_file=x.csv; gtl_job_id=7'))
    await run(path, '--json', '--clean-only')
    expect(JSON.parse(written)).toMatchObject({
      predicted: 1,
      suspect: {},
      skipped: { 'concurrency inferred, not measured': 1 },
    })
  })

  it('predicts with a calibration of one’s own', async () => {
    const dense = (concurrency: number, tpotMs: number) =>
      row(concurrency, tpotMs).replace(
        'openai/gpt-oss-120b,h100_sxm,fp4',
        'meta-llama/Llama-3.1-8B,h100_sxm,fp8',
      )
    // Slower than the shipped coefficients say.
    const path = file('a.csv', dense(4, 5), dense(64, 9))
    const coefficients = join(folder, 'ours.json')
    await runCalibrate([path], { output: coefficients }, '2026-11-21')
    const errors = async (...flags: string[]) => {
      written = ''
      await validateCommand().parseAsync([path, '--json', ...flags], { from: 'user' })
      return JSON.parse(written).metrics.tpot.mape
    }
    expect(await errors('--coefficients', coefficients)).toBeLessThan((await errors()) / 2)
    await expect(errors('--coefficients', join(folder, 'none.json'))).rejects.toMatchObject({ code: 'file' })
    await expect(errors('--coefficients', path)).rejects.toMatchObject({ code: 'facts' })
  })

  it('names file and line of a fault', async () => {
    const path = file('cut.csv', row(4, 5), 'db-dump/1,vllm')
    const fault = await run(path).then(
      () => null,
      error => error,
    )
    expect(fault).toBeInstanceOf(TokenwrightError)
    expect(fault.where).toBe(`${path}, line 3`)
  })

  it('scores in the form of the issue, over clean rows and over all', async () => {
    await run(file('a.csv', row(4, 5), row(8, 5.5), row(4, 9, 'source_file=x.csv; gtl_job_id=7')), '--json')
    const score = JSON.parse(written)
    expect(Object.keys(score)).toEqual(
      expect.arrayContaining(['file', 'rows', 'predicted', 'skipped', 'metrics', 'groups', 'regret']),
    )
    expect(Object.keys(score.metrics.tpot)).toEqual(['n', 'mape', 'median', 'p90', 'bias', 'shareWithinHalf'])
    expect(score.metrics.tpot.n).toBe(2)
    expect(score.metricsAllRows.tpot.n).toBe(3)
    expect(score.groups[0]).toMatchObject({
      model: 'openai/gpt-oss-120b',
      accelerator: 'h100-sxm',
      engine: 'vllm',
      mode: 'aggregated',
      n: 2,
    })
  })

  it('lists rows as JSON lines', async () => {
    await run(file('a.csv', row(4, 5), row(4, 5), row(8, -1)), '--by', 'rows')
    const rows = written
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(rows).toHaveLength(3)
    expect(rows[0]).toMatchObject({
      model: 'openai/gpt-oss-120b',
      measured: { tpotMs: 5 },
      predicted: { tpotMs: 5.5 },
    })
    expect(
      rows
        .slice(1)
        .map(one => one.skipped)
        .sort(),
    ).toEqual(['copy of another row', 'measured value missing or not a positive number'])
  })

  it('refuses other listings', async () => {
    await expect(run(file('a.csv', row(4, 5)), '--by', 'model')).rejects.toMatchObject({ code: 'usage' })
  })

  it.each([
    ['an empty file', '', 'file'],
    ['a header only', header, 'measurements'],
    ['unknown columns', 'a,b\n1,2', 'measurements'],
    ['a cut line', `${header}\n${row(4, 5)}\n${row(8, 6).slice(0, 60)}`, 'file'],
    ['an open quote', `${header}\n"${row(4, 5)}`, 'file'],
  ])('refuses %s with its name and place', async (_, text, code) => {
    const path = join(folder, 'bad.csv')
    writeFileSync(path, text)
    const fault = await run(path).then(
      () => null,
      error => error,
    )
    expect(fault).toBeInstanceOf(TokenwrightError)
    expect(fault).toMatchObject({ code })
    expect(fault.where).toContain(path)
    expect(written).toBe('')
  })

  it('skips negative and absurd numbers with a reason', async () => {
    await run(file('a.csv', row(-4, 5), row(4, -5), row(8, Number.NaN), row(16, 6)), '--json')
    expect(JSON.parse(written)).toMatchObject({
      predicted: 1,
      skipped: { 'measured value missing or not a positive number': 2, 'load not stated': 1 },
    })
  })

  it('reads forty thousand rows in seconds', async () => {
    const rows = Array.from({ length: 40_000 }, (_, index) => row(1 + (index % 512), 5 + index / 1000))
    const start = performance.now()
    await run(file('large.csv', ...rows), '--json')
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(JSON.parse(written)).toMatchObject({ rows: 40_000 })
  }, 20_000)

  it('says which file cannot be read', async () => {
    await expect(run(join(folder, 'missing.csv'))).rejects.toMatchObject({ code: 'file' })
  })
})
