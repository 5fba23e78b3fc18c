import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { replayRun } from '../accuracy/runs/replay.ts'
import { readRunFolder } from '../accuracy/runs/run-folder-file.ts'
import { findAccelerator, loadCatalog } from '../catalog/index.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { runCalibrate } from './calibrate-command.ts'
import { scoreRuns } from './commands/validate-runs.ts'
import { loadModel } from './load-model-file.ts'

const root = mkdtempSync(join(tmpdir(), 'calibrate-run-'))
afterAll(() => rmSync(root, { recursive: true }))

interface Times {
  readonly queued: number
  readonly first: number
  readonly last: number
}

function writeRun(folder: string, timesOf: (index: number) => Times, requests = 40): void {
  mkdirSync(folder, { recursive: true })
  const meta = {
    model: 'meta-llama/Llama-3.1-8B',
    vllm_version: '0.19.0',
    engine_kwargs: { max_num_seqs: 64, max_num_batched_tokens: 2048, dtype: 'bfloat16' },
  }
  writeFileSync(join(folder, 'vllm_meta.json'), JSON.stringify(meta))
  const rows = Array.from({ length: requests }, (_, index) => {
    const { queued, first, last } = timesOf(index)
    return {
      input_toks: 300 + 50 * (index % 5),
      output_toks: 40 + (index % 7),
      arrival_time: index * 0.1,
      queued_ts: queued,
      first_token_ts: first,
      last_token_ts: last,
    }
  })
  writeFileSync(join(folder, 'vllm_requests.jsonl'), rows.map(row => JSON.stringify(row)).join('\n'))
}

/** A run as the twin itself would measure it with memory half as fast again. */
function syntheticRun(): string {
  const folder = join(root, 'H100__Llama-3.1-8B')
  writeRun(folder, index => ({ queued: index * 0.1, first: index * 0.1 + 1, last: index * 0.1 + 2 }))
  const catalog = loadCatalog()
  const model = loadModel('meta-llama/Llama-3.1-8B', catalog)
  const facts = {
    modelId: model.id,
    architecture: model.architecture,
    accelerator: findAccelerator(catalog, 'h100'),
    coefficients: loadCoefficients(),
  }
  const slow = replayRun(readRunFolder(folder), facts, c => ({
    ...c,
    mbuWeights: c.mbuWeights / 1.5,
    mbuCache: c.mbuCache / 1.5,
  }))
  writeRun(folder, index => {
    const { ttft, e2e } = slow.latencies[index]!
    return { queued: index * 0.1, first: index * 0.1 + ttft, last: index * 0.1 + e2e }
  })
  return folder
}

describe('calibrate on a measured run', () => {
  const folder = syntheticRun()

  it('finds slow memory, predicts the other requests better, and writes what plan reads', async () => {
    const output = join(root, 'ours.json')
    const document = JSON.parse(await runCalibrate([folder], { output, json: true }, '2026-11-21'))
    const [cell] = document.overlay.cells
    expect(cell).toMatchObject({ accelerator: 'h100-sxm', engine: 'vllm', layouts: ['TP1'], points: 1 })
    expect(cell.rows).toEqual(['first 20 of 40 requests'])
    expect(cell.multipliers[0].name).toBe('memory time')
    expect(cell.multipliers[0].multiplier).toBeGreaterThan(1.2)
    expect(cell.errors.tpot.after).toBeLessThan(cell.errors.tpot.before / 3)
    const [calibration] = Object.values(loadCoefficients(output).calibrations ?? {})
    expect(calibration!.shifts.mbuWeights).toBeLessThan(-0.15)
  })

  it('is validated with it, and misses by less than without', async () => {
    const output = join(root, 'validated.json')
    await runCalibrate([folder], { output, json: true }, '2026-11-21')
    const [plain] = await scoreRuns([folder], null)
    const [own] = await scoreRuns([folder], null, { coefficients: output })
    expect(own!.uncalibrated.perRequest.tpot).toBeLessThan(plain!.uncalibrated.perRequest.tpot / 3)
  })

  it('prints it', async () => {
    const text = await runCalibrate([folder], { output: join(root, 'text.json'), first: '12' }, '2026-11-21')
    expect(text).toContain('calibrated on its first 12 requests, the other 28 predicted')
    expect(text).toMatch(/memory time +1\.\d\d/)
  })

  it('refuses more requests than leave some to predict, and runs that are too short', async () => {
    const tooMany = runCalibrate([folder], { output: join(root, 'x.json'), first: '40' }, '2026-11-21')
    await expect(tooMany).rejects.toMatchObject({ code: 'usage', where: '--first' })
    const short = join(root, 'short', 'H100__Llama-3.1-8B')
    writeRun(short, index => ({ queued: index, first: index + 0.1, last: index + 0.5 }), 6)
    const refused = runCalibrate([short], { output: join(root, 'x.json') }, '2026-11-21')
    await expect(refused).rejects.toMatchObject({ code: 'measurements', where: short })
  })
})
