import { describe, expect, it } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { readLongTable } from './long-table.ts'
import { skipReasons } from './reasons.ts'

const example = {
  source: 'TensorRT-LLM perf-overview',
  date: '2025-09 (v1.0)',
  accelerator: 'NVIDIA H100 SXM 80GB',
  n_accelerators: '8',
  model: 'Llama 3.1 405B',
  precision: 'FP8',
  engine: 'TensorRT-LLM',
  engine_version: 'v1.0',
  scenario: 'offline max throughput',
  isl_mean: '1000',
  osl_mean: '2000',
  tp: '8',
  pp: '1',
  ep: '',
  dp: '',
  concurrency: '',
  metric: 'output_tput_total',
  value: '4000',
  unit: 'output tokens/s',
  notes: '',
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

const online: Row = {
  source: 'TensorRT-LLM online serving table',
  model: 'Llama 3.1 8B',
  tp: '1',
  scenario: 'open loop, offered QPS=2, 500 requests',
}

describe('TensorRT-LLM performance tables', () => {
  it('divides totals by devices and keeps fixed lengths', () => {
    expect(read({}).points[0]).toMatchObject({
      file: 'trtllm_perf_overview',
      load: { kind: 'offline' },
      outputTokensPerSecondPerDevice: 500,
      totalTokensPerSecondPerDevice: 750,
      devices: 8,
      date: '2025-09',
      shape: { inputTokens: 1000, outputTokens: 2000, inputVariation: 0, outputVariation: 0 },
    })
  })

  it('takes newer tables per device, with attention data parallelism', () => {
    const [point] = read({ metric: 'output_tput_per_gpu', tp: '', ep: '4', dp: '4', value: '100' }).points
    expect(point).toMatchObject({ outputTokensPerSecondPerDevice: 100, devices: 4 })
    expect(point!.group).toContain('TP1 DP4 EP4')
  })

  it('spreads attention over all ranks where the notes say so', () => {
    const [point] = read({ notes: 'published config comment: enable_attention_dp true for MoE runs' }).points
    expect(point!.group).toContain('TP1 DP8')
  })

  it('reads a static batch as a burst, and a first-token latency', () => {
    expect(read({ concurrency: '64' }).points[0]!.load).toEqual({
      kind: 'closed',
      concurrency: 64,
      requests: 64,
    })
    const [point] = read({ metric: 'ttft', osl_mean: '', concurrency: '1', value: '35' }).points
    expect(point).toMatchObject({ ttftMs: 35, totalTokensPerSecondPerDevice: null })
    expect(point!.shape.outputTokens).toBe(1)
  })

  it('skips rows without value, lengths or layout', () => {
    const { skipped } = read({ value: '' }, { isl_mean: '' }, { osl_mean: '' }, { tp: '' })
    expect(skipped.map(row => row.reason)).toEqual([
      skipReasons.noValue.text,
      skipReasons.noLengths.text,
      skipReasons.noLengths.text,
      skipReasons.noLayout.text,
    ])
  })
})

describe('TensorRT-LLM online table', () => {
  it('joins the metrics of a measurement', () => {
    const { points, distinct, skipped } = read(
      { ...online, metric: 'ttft_mean', value: '62' },
      { ...online, metric: 'itl_mean', value: '21' },
      { ...online, metric: 'total_token_tput', value: '1406' },
      { ...online, scenario: 'open loop, offered QPS=4, 500 requests', metric: 'ttft_mean', value: '68' },
    )
    expect(distinct).toBe(2)
    expect(skipped).toHaveLength(2)
    expect(points[0]).toMatchObject({
      load: { kind: 'open', requestsPerSecond: 2 },
      ttftMs: 62,
      tpotMs: 21,
      totalTokensPerSecondPerDevice: 1406,
    })
    expect(points[1]!.tpotMs).toBeNull()
  })

  it('reads an infinite rate as a burst of all requests', () => {
    const [point] = read({
      ...online,
      scenario: 'open loop, offered QPS=INF, 500 requests',
      metric: 'itl_mean',
    }).points
    expect(point!.load).toEqual({ kind: 'closed', concurrency: 500, requests: 500 })
  })
})

describe('tables that are recognised only', () => {
  it('skips rate-less vLLM measurements with a reason', () => {
    expect(read({ source: 'BLIS sim-to-real ground truth' })).toMatchObject({
      file: 'vllm_open_loop_summaries',
      skipped: [{ reason: skipReasons.noArrivalRate.text, kind: 'filtered' }],
    })
  })

  it('refuses tables of other sources', () => {
    expect(() => read({ source: '' })).toThrow('source ""')
    expect(() => read({ source: 'a blog' })).toThrow('source "a blog"')
  })
})
