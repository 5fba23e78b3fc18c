import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Predictor } from '../../accuracy/predictor-file.ts'
import { TokenwrightError } from '../../core/errors.ts'
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

  it('names file and line of a fault', async () => {
    const path = file('cut.csv', row(4, 5), 'db-dump/1,vllm')
    const fault = await run(path).then(
      () => null,
      error => error,
    )
    expect(fault).toBeInstanceOf(TokenwrightError)
    expect(fault.where).toBe(`${path}, line 3`)
  })

  it('says which file cannot be read', async () => {
    await expect(run(join(folder, 'missing.csv'))).rejects.toMatchObject({ code: 'file' })
  })
})
