import { describe, expect, it } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { readLongTable } from './long-table.ts'
import { skipReasons, suspectReasons } from './reasons.ts'

const example = {
  source: 'MLPerf Inference v5.1',
  date: '2025-09-09',
  system: 'NVIDIA B200',
  accelerator: 'NVIDIA B200-SXM-180GB',
  n_accelerators: '8',
  nodes: '1',
  model: 'llama2-70b-99.9',
  precision: 'fp4',
  engine: 'TensorRT 10.11, CUDA 12.9',
  scenario: 'Offline',
  isl_mean: '',
  osl_mean: '292.7',
  tp: '',
  pp: '',
  ep: '',
  dp: '',
  concurrency: '',
  metric: 'throughput_output',
  value: '102909',
  unit: 'Tokens/s',
  latency_constraint: '',
  notes: 'division=closed',
}

type Row = Partial<Record<keyof typeof example, string>>

function read(...rows: Row[]) {
  const lines = rows.map(row =>
    Object.values({ ...example, ...row })
      .map(cell => `"${cell}"`)
      .join(','),
  )
  return readLongTable(parseCsv([Object.keys(example).join(','), ...lines].join('\n')), null)
}

describe('MLPerf results', () => {
  it('counts output tokens per accelerator and offers every layout that divides the system', () => {
    const { points, file } = read({ n_accelerators: '4' })
    expect(file).toBe('mlperf_inference')
    expect(points[0]).toMatchObject({
      modelId: 'meta-llama/Llama-2-70b-hf',
      load: { kind: 'offline' },
      outputTokensPerSecondPerDevice: 102909 / 4,
      totalTokensPerSecondPerDevice: null,
      shape: { inputTokens: 294, outputTokens: 292.7 },
      suspect: suspectReasons.inputLengthUnpublished,
    })
    const sizes = points[0]!.alternatives!.map(layouts =>
      layouts.map(({ pool }) => `${pool.parallelism.tensor}/${pool.parallelism.attentionData}`),
    )
    expect(sizes).toEqual([['1/1', '2/1', '1/2', '4/1', '1/4']])
  })

  it('trusts a stated layout first', () => {
    const [point] = read({ tp: '2', pp: '2' }).points
    expect(point!.alternatives![0]!.map(({ pool }) => pool.parallelism)).toEqual([
      { tensor: 2, pipeline: 2, attentionData: 1, expert: 1 },
    ])
    expect(point!.alternatives).toHaveLength(2)
  })

  it('reads limits of the row, else those of the workload', () => {
    const stated = read({ scenario: 'Server', latency_constraint: 'p99 TTFT<=2000ms; p99 TPOT<=200ms' })
    expect(stated.points[0]!.load).toEqual({ kind: 'limited', ttftP99Ms: 2000, tpotP99Ms: 200 })
    expect(read({ scenario: 'Interactive' }).points[0]!.load).toMatchObject({ ttftP99Ms: 450, tpotP99Ms: 40 })
    expect(read({ scenario: 'SingleStream' }).skipped[0]!.reason).toBe(skipReasons.unknownScenario.text)
  })

  it('joins the metrics of one result', () => {
    const { points, skipped } = read(
      { metric: 'samples_per_s', value: '300', unit: 'samples/s' },
      {},
      { metric: 'system_power_avg', value: '10401', unit: 'W' },
    )
    expect(points[0]!.outputTokensPerSecondPerDevice).toBeCloseTo(102909 / 8, 9)
    expect(skipped).toHaveLength(2)
  })

  it('takes 16-bit labels on 8-bit hardware for fp8, except for the small model', () => {
    const preset = (row: Row) => read({ precision: 'fp16', ...row }).points[0]!.deployment.precision.preset
    expect(preset({})).toBe('fp8')
    expect(preset({ model: 'gptj-99' })).toBe('bf16')
    expect(preset({ accelerator: 'NVIDIA A100-SXM4-80GB' })).toBe('bf16')
  })

  it('says what stands in for what', () => {
    expect(read({ model: 'gptj-99.9' }).points[0]!.suspect).toBe(suspectReasons.relatedModel)
    expect(read({ accelerator: 'NVIDIA H200-NVL-141GB' }).points[0]!.suspect).toBe(
      suspectReasons.relatedAccelerator,
    )
  })

  it('speculates only where the rules allow it', () => {
    const speculation = (row: Row) => read({ model: 'deepseek-r1', ...row }).points[0]!.deployment.speculation
    expect(speculation({ scenario: 'Interactive' })?.method).toBe('mtp')
    expect(speculation({ scenario: 'Server' })).toBeNull()
  })

  it('skips what is no language model on accelerators, each with its reason', () => {
    const { skipped, points } = read(
      { model: 'whisper' },
      { model: 'qwen3-vl-235b-a22b' },
      { accelerator: 'CPU only: Intel(R) Xeon(R) 6787P', n_accelerators: '0' },
      { accelerator: 'AMD Instinct MI300X 192GB HBM3 (x32), AMD Instinct MI325X 256GB HBM3e (x16)' },
      { value: '-5' },
      { n_accelerators: '' },
    )
    expect(points).toEqual([])
    expect(skipped.map(({ reason }) => reason)).toEqual([
      skipReasons.notLanguageModel.text,
      skipReasons.notLanguageModel.text,
      skipReasons.withoutAccelerator.text,
      skipReasons.mixedAccelerators.text,
      skipReasons.noValue.text,
      skipReasons.noLayout.text,
    ])
  })
})
