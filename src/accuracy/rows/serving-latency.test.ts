import { describe, expect, it } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { skipReasons, suspectReasons } from './reasons.ts'
import { examplePhysics } from './rows.fixture.ts'
import { readServingLatency } from './serving-latency.ts'

const columns = [
  'id',
  'silicon_data_source',
  'backend',
  'backend_version',
  'model_path',
  'system',
  'precision',
  'mode',
  'isl',
  'osl',
  'batch_size',
  'tp_size',
  'pp_size',
  'attention_dp_size',
  'moe_tp_size',
  'moe_ep_size',
  'prefill_num_workers',
  'prefill_tp_size',
  'prefill_attention_dp_size',
  'prefill_moe_ep_size',
  'decode_num_workers',
  'decode_tp_size',
  'decode_attention_dp_size',
  'decode_moe_ep_size',
  'silicon_ttft_ms',
  'silicon_tpot_ms',
]

const example: Record<string, string | number> = {
  silicon_data_source: 'db-dump/2026-04-27; silicon_concurrency=64; measured=2025-11-02T00:00:00.000Z',
  backend: 'vllm',
  model_path: 'meta-llama/Llama-3.1-70B',
  system: 'h200_sxm',
  precision: 'fp8',
  mode: 'agg',
  isl: 1024,
  osl: 1024,
  batch_size: 64,
  tp_size: 4,
  silicon_ttft_ms: 200.5,
  silicon_tpot_ms: 20.25,
}

type Row = Record<string, string | number>

function read(...rows: Row[]) {
  const lines = rows.map((row, index) =>
    columns.map(column => ({ id: `row${index}`, ...example, ...row })[column] ?? '').join(','),
  )
  return readServingLatency(parseCsv([columns.join(','), ...lines].join('\n')), examplePhysics)
}

function source(file: string, extra = ''): string {
  return `source_file=${file}; silicon_concurrency=64${extra}`
}

describe('readServingLatency', () => {
  it('reads a row as a closed loop with InferenceX lengths', () => {
    const { points, distinct } = read({})
    expect(distinct).toBe(1)
    expect(points[0]).toMatchObject({
      id: 'row0',
      modelId: 'meta-llama/Llama-3.1-70B',
      load: { kind: 'closed', concurrency: 64, requests: 640 },
      ttftMs: 200.5,
      tpotMs: 20.25,
      devices: 4,
      date: '2025-11-02',
      group: 'meta-llama/Llama-3.1-70B | h200-sxm | vllm | fp8 | TP4 | aggregated | no speculation',
      decisionGroup: 'meta-llama/Llama-3.1-70B | h200-sxm | 1024x1024',
      suspect: null,
    })
    expect(points[0]!.shape.inputTokens).toBeCloseTo(921.6, 9)
    expect(points[0]!.shape.inputVariation).toBeCloseTo(0.0642, 4)
  })

  it('knows AIConfigurator’s own campaigns by their file: exact lengths, waves where seen', () => {
    const from = (file: string, backend = 'sglang') =>
      read({ silicon_data_source: source(file), backend, batch_size: 8 }).points[0]!
    const [waves, other, engine, copy] = [
      from('Qwen_Qwen3-32B.csv'),
      from('Qwen_Qwen3-235B-A22B-FP8.csv'),
      from('Qwen_Qwen3-32B.csv', 'vllm'),
      from('qwen3.5-397b-gap-analysis.csv'),
    ]
    const exact = [waves, other, engine, copy].map(({ shape }) => shape.inputTokens === 1024)
    expect(exact).toEqual([true, true, true, false])
    expect([waves, other, engine, copy].map(({ fixedLengths }) => fixedLengths)).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  it('merges copies of a measurement and believes the db dump’s layout', () => {
    const copy = { silicon_data_source: source('2026-04-06.csv'), silicon_ttft_ms: 200.52, tp_size: 8 }
    const { points, skipped, distinct } = read(copy, {})
    expect(distinct).toBe(1)
    expect(points.map(point => point.id)).toEqual(['row1'])
    expect(skipped).toEqual([{ id: 'row0', reason: skipReasons.copy.text, kind: 'duplicate' }])
  })

  it('sees DeepSeek-V3 and DeepSeek-R1 as copies', () => {
    const names = ['deepseek-ai/DeepSeek-V3', 'deepseek-ai/DeepSeek-R1']
    const { distinct } = read(...names.map(model_path => ({ model_path, moe_tp_size: 4, moe_ep_size: 1 })))
    expect(distinct).toBe(1)
  })

  it('restores an attention-data flag from a copy (rule 4)', () => {
    const moe = { model_path: 'MiniMaxAI/MiniMax-M2.5' }
    const { points } = read(
      { ...moe, silicon_data_source: source('2026-03-25.csv'), tp_size: 2, moe_tp_size: 1, moe_ep_size: 2 },
      {
        ...moe,
        silicon_data_source: source('2026-04-06.csv'),
        tp_size: 2,
        attention_dp_size: 2,
        moe_tp_size: 1,
        moe_ep_size: 4,
      },
    )
    expect(points.map(point => point.group.split(' | ')[4])).toEqual(['TP1 DP2 EP2'])
  })

  it('splits rack rows whose tensor size is a whole system (rule 5), unless measured for a gap', () => {
    const rack = { system: 'gb200', tp_size: 36, moe_tp_size: 36 }
    const [split] = read({ ...rack, silicon_data_source: source('2026-04-06.csv') }).points
    expect(split).toMatchObject({ suspect: suspectReasons.assumedSplit, devices: 36, multiNode: true })
    expect(split!.deployment.mode).toBe('disaggregated')
    expect(read({ ...rack, tp_size: 4 }).points).toHaveLength(1)
    expect(
      read({ ...rack, tp_size: 8, silicon_data_source: source('Qwen_Qwen3-32B.csv') }).points,
    ).toHaveLength(1)
  })

  it('assumes worker counts from a twin within four times the load, else by rule, and says so (rule 6)', () => {
    const disaggregated = {
      mode: 'disagg',
      batch_size: '',
      tp_size: '',
      prefill_tp_size: 4,
      decode_tp_size: 8,
    }
    const stated = { ...disaggregated, prefill_num_workers: 3, decode_num_workers: 2, silicon_tpot_ms: 9 }
    const far = {
      silicon_data_source: 'source_file=2026-04-06.csv; silicon_concurrency=4',
      silicon_tpot_ms: 7,
    }
    const { points, skipped } = read(disaggregated, stated, { ...disaggregated, ...far })
    expect(skipped).toEqual([])
    expect(points.map(({ devices, suspect }) => [devices, suspect])).toEqual([
      [28, suspectReasons.assumedWorkers],
      [28, null],
      [36, suspectReasons.assumedWorkers],
    ])
  })

  it('takes equal wide workers of a rack without counts for all its devices', () => {
    const [point] = read({
      mode: 'disagg',
      system: 'gb200',
      backend: 'trtllm',
      prefill_tp_size: 36,
      decode_tp_size: 36,
    }).points
    expect(point).toMatchObject({ devices: 36, suspect: suspectReasons.assumedSplit })
  })

  it('marks hidden speculation and predicts it as such (rule 7)', () => {
    const { points } = read({
      backend: 'trtllm',
      backend_version: '1.2.0rc6.post3',
      model_path: 'deepseek-ai/DeepSeek-R1',
      moe_tp_size: 4,
      silicon_data_source: source('2026-03-25.csv'),
    })
    expect(points[0]!.suspect).toBe(suspectReasons.hiddenSpeculation)
    expect(points[0]!.deployment.speculation?.method).toBe('mtp')
  })

  it('distrusts job rows, whose concurrency is inferred (rule 8)', () => {
    const { points } = read({
      silicon_data_source: 'source_file=qwen3_32b.csv; gtl_job_id=1',
      batch_size: 28,
      attention_dp_size: 2,
      moe_tp_size: 8,
      tp_size: 4,
    })
    expect(points[0]!.load).toMatchObject({ concurrency: 56 })
    expect(points[0]!.suspect).toBe(suspectReasons.inferredLoad)
  })

  it('distrusts expert layouts that miss the devices, for mixtures only (rule 14)', () => {
    const gap = { silicon_data_source: source('a-gap.csv'), tp_size: 8, moe_tp_size: 1, moe_ep_size: 1 }
    expect(read({ ...gap, model_path: 'Qwen/Qwen3-235B-A22B-FP8' }).points[0]!.suspect).toBe(
      suspectReasons.expertLayout,
    )
    expect(read(gap).points[0]!.suspect).toBeNull()
  })

  it('skips rows without values, load, layout or a known engine, each with its reason', () => {
    const { skipped, points } = read(
      { silicon_tpot_ms: 'NaN' },
      { isl: '' },
      { silicon_data_source: 'source_file=x.csv', batch_size: '' },
      { tp_size: '', silicon_ttft_ms: 1 },
      { tp_size: 4, moe_ep_size: 3, silicon_ttft_ms: 2 },
      { backend: 'lmdeploy', silicon_ttft_ms: 3 },
    )
    expect(points).toEqual([])
    expect(skipped.map(row => row.reason).sort()).toEqual(
      [
        skipReasons.noValue.text,
        skipReasons.noLengths.text,
        skipReasons.noConcurrency.text,
        skipReasons.noLayout.text,
        skipReasons.impossibleLayout.text,
        skipReasons.unknownEngine.text,
      ].sort(),
    )
  })
})
