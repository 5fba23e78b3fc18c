import { describe, expect, it } from 'vitest'
import { parseCsv } from '../../core/csv.ts'
import { skipReasons, suspectReasons } from './reasons.ts'
import { readThroughputEnergy } from './throughput-energy.ts'

const example = {
  point_id: 'p1',
  hardware: 'mi355x',
  framework: 'mori-sglang',
  model: 'dsr1',
  precision: 'fp8',
  spec_method: 'none',
  disagg: 'False',
  is_multinode: 'False',
  prefill_tp: '8',
  prefill_ep: '1',
  prefill_dp_attention: 'False',
  prefill_num_workers: '0',
  num_prefill_gpu: '8',
  decode_tp: '8',
  decode_ep: '1',
  decode_dp_attention: 'False',
  decode_num_workers: '0',
  isl_nominal: '1024',
  osl_nominal: '1024',
  conc: '16',
  median_tpot_s: '0.01',
  tput_per_gpu_total_tokens: '350',
  joules_per_output_token: '1.5',
  suspect: '',
}

type Row = Partial<Record<keyof typeof example, string>>

function read(...rows: Row[]) {
  const columns = Object.keys(example)
  const lines = rows.map(row => Object.values({ ...example, ...row }).join(','))
  return readThroughputEnergy(parseCsv([columns.join(','), ...lines].join('\n')), null)
}

const disaggregated: Row = {
  disagg: 'True',
  is_multinode: 'True',
  prefill_num_workers: '1',
  decode_num_workers: '2',
}

describe('readThroughputEnergy', () => {
  it('reads medians, throughput over all devices and joules', () => {
    const [point] = read({}).points
    expect(point).toMatchObject({
      statistic: 'median',
      tpotMs: 10,
      ttftMs: null,
      totalTokensPerSecondPerDevice: 350,
      joulesPerOutputToken: 1.5,
      devices: 8,
      multiNode: false,
    })
    expect(point!.outputTokensPerSecondPerDevice).toBeCloseTo(175, 9)
  })

  it('uses the tensor size of aggregated rows, not the multiplied device count', () => {
    const [point] = read({ decode_ep: '8', num_prefill_gpu: '64', decode_dp_attention: 'True' }).points
    expect(point!.devices).toBe(8)
    expect(point!.group).toContain('TP1 DP8 EP8')
  })

  it('drops joules of multi-node rows', () => {
    const [point] = read(disaggregated).points
    expect(point).toMatchObject({ joulesPerOutputToken: null, multiNode: true, devices: 24 })
  })

  it('takes the width of workers written with tensor size 1 from their experts or devices', () => {
    const wide: Row = {
      ...disaggregated,
      prefill_tp: '1',
      prefill_dp_attention: 'True',
      decode_tp: '1',
      decode_dp_attention: 'True',
    }
    const [point] = read({ ...wide, prefill_ep: '1', decode_ep: '16' }).points
    expect(point!.group).toContain('TP1 DP8 EP8 + 2×TP1 DP16 EP16')
    expect(point!.devices).toBe(40)
    const [assumed] = read({ ...wide, prefill_ep: '8', decode_ep: '1' }).points
    expect(assumed!.suspect).toBe(suspectReasons.assumedWorkerSize)
    expect(assumed!.group).toContain('TP1 DP8 EP8 + 2×TP1 DP8 EP8')
  })

  it('runs twice the workers in a pool with twice their devices', () => {
    const [point] = read({ ...disaggregated, prefill_tp: '4', num_prefill_gpu: '8' }).points
    expect(point!.group).toContain('2×TP4 + 2×TP8')
  })

  it('assumes workers that are not stated and skips rows without any value', () => {
    const { points, skipped } = read(
      { ...disaggregated, decode_num_workers: '0' },
      { median_tpot_s: '', tput_per_gpu_total_tokens: 'NaN' },
    )
    expect(points.map(({ suspect }) => suspect)).toEqual([suspectReasons.assumedWorkers])
    expect(skipped.map(row => row.reason)).toEqual([skipReasons.noValue.text])
  })

  it('keeps speculation as assumed in one place', () => {
    const [point] = read({ spec_method: 'mtp' }).points
    expect(point!.deployment.speculation).toMatchObject({ method: 'mtp', draftTokens: 3 })
  })

  it('counts an equal row once and marks what the file or Little’s law distrusts', () => {
    const { points, distinct } = read(
      {},
      { point_id: 'p2' },
      { point_id: 'p3', suspect: 'yes', conc: '17' },
      { point_id: 'p4', tput_per_gpu_total_tokens: '900' },
    )
    expect(distinct).toBe(3)
    expect(points.map(point => point.suspect)).toEqual([
      null,
      suspectReasons.markedByFile,
      suspectReasons.tooManyTokens,
    ])
  })
})
