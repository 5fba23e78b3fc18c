import { describe, expect, it } from 'vitest'
import { loadCatalog } from '../catalog/index.ts'
import { openPredictor } from './predictor-file.ts'
import { readMeasuredRows } from './read-measured-rows.ts'

const catalog = loadCatalog()
const predictor = openPredictor(catalog)
const header =
  'silicon_data_source,backend,model_path,system,precision,mode,isl,osl,batch_size,tp_size,silicon_ttft_ms,silicon_tpot_ms'

/** Reasons for which rows of these models on these systems are not predicted. */
function refusals(models: readonly string[], systems: readonly string[], precision = 'fp8'): string[] {
  const rows = models.flatMap((model, m) =>
    systems.map(
      (system, s) =>
        `db-dump/1; silicon_concurrency=16,vllm,${model},${system},${precision},agg,1024,1024,16,1,${100 + m},${10 + s}`,
    ),
  )
  const read = readMeasuredRows([header, ...rows].join('\n'), predictor.physics)
  expect(read.points.length + read.skipped.length).toBe(rows.length)
  const outcomes = read.points.map(point => predictor.predict(point))
  for (const outcome of outcomes) {
    if ('skipped' in outcome) continue
    expect(outcome.tpotMs).toBeGreaterThan(0)
    expect(outcome.ttftMs).toBeLessThan(1e9)
  }
  const skipped = outcomes.flatMap(outcome => ('skipped' in outcome ? [outcome.skipped] : []))
  return [...new Set([...skipped, ...read.skipped.map(({ reason }) => reason)])].filter(
    // Two catalog names may be one architecture (DeepSeek-V3 and R1): such rows are copies.
    reason => reason !== 'copy of another row',
  )
}

const systemForms = [
  'h100',
  'h100_sxm',
  'h200_sxm',
  'h20',
  'a100_sxm',
  'b200',
  'b200_sxm',
  'b300_sxm',
  'b300',
]
const moreForms = [
  'gb200',
  'gb300',
  'gb200_nvl72',
  'NVIDIA GB300',
  'mi300x',
  'mi325x',
  'mi355x',
  'l40s',
  'gh200',
]

describe('openPredictor', () => {
  it('predicts every catalog model on every form of a system name', () => {
    const models = catalog.models.map(({ id }) => id)
    expect(refusals(models, [...systemForms, ...moreForms])).toEqual([])
  })

  it.each(['int4', 'w4a16', 'nvfp4', 'mxfp4', 'bf16', 'w8a8', 'fp8_block', 'fp4', ''])(
    'predicts precision "%s" of quantised repositories',
    precision => {
      const models = [
        'moonshotai/Kimi-K2.5',
        'zai-org/GLM-5-FP8',
        'Qwen/Qwen3-8B',
        'RedHatAI/Qwen3-32B-FP8-dynamic',
      ]
      expect(refusals(models, ['gb300', 'h100', 'mi355x'], precision)).toEqual([])
    },
  )

  it('names what it does not know', () => {
    expect(refusals(['zai-org/GLM-99'], ['h100'])).toEqual(['model not in the catalog: zai-org/GLM-99'])
    expect(refusals(['Qwen/Qwen3-8B'], ['x900'])).toEqual(['accelerator not in the catalog: x900'])
  })
})
