import { describe, expect, it } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { skipReasons } from './reasons.ts'
import { readServingDated } from './serving-dated.ts'

const example = {
  point_id: 'd1',
  date: '2026-02-11',
  hardware: 'h200',
  framework: 'sglang',
  image: 'lmsysorg/sglang:v0.5.8',
  model: 'deepseek-r1-0528',
  precision: 'fp8',
  spec_method: 'none',
  disagg: 'False',
  is_multinode: 'False',
  decode_tp: '8',
  decode_ep: '8',
  decode_dp_attention: 'False',
  num_decode_gpu: '64',
  isl: '1024',
  osl: '1024',
  conc: '4',
  mean_tpot: '0.0112',
  mean_ttft: '0.31',
  median_tpot: '0.011',
  median_ttft: '0.3',
  tput_per_gpu: '80',
  joules_per_output_token: '7',
}

type Row = Partial<Record<keyof typeof example, string>>

function read(...rows: Row[]) {
  const lines = rows.map(row => Object.values({ ...example, ...row }).join(','))
  return readServingDated(parseCsv([Object.keys(example).join(','), ...lines].join('\n')), null)
}

describe('readServingDated', () => {
  it('reads seconds as milliseconds and means', () => {
    expect(read({}).points[0]).toMatchObject({
      statistic: 'mean',
      tpotMs: 11.2,
      ttftMs: 310,
      totalTokensPerSecondPerDevice: 80,
      joulesPerOutputToken: 7,
      date: '2026-02-11',
      engineVersion: 'lmsysorg/sglang:v0.5.8',
      devices: 8,
    })
  })

  it('counts copies once and keeps rows without throughput', () => {
    const { points, distinct } = read({}, { point_id: 'd2' }, { point_id: 'd3', conc: '8', tput_per_gpu: '' })
    expect(distinct).toBe(2)
    expect(points[1]!.totalTokensPerSecondPerDevice).toBeNull()
  })

  it('reads medians of rows without means', () => {
    expect(read({ mean_tpot: '', mean_ttft: '' }).points[0]).toMatchObject({
      statistic: 'median',
      tpotMs: 11,
      ttftMs: 300,
    })
  })

  it('never takes rows without values for copies', () => {
    const empty: Row = {
      mean_tpot: '',
      mean_ttft: '',
      median_tpot: '',
      median_ttft: '',
      tput_per_gpu: '',
    }
    const { skipped, distinct } = read(empty, { ...empty, point_id: 'd2' })
    expect(distinct).toBe(2)
    expect(skipped.map(row => row.reason)).toEqual([skipReasons.noValue.text, skipReasons.noValue.text])
  })
})
