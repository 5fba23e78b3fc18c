import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { RandomSource } from '../../core/random.ts'
import { denseModel, device, priorsOnly } from '../../perf/perf.fixture.ts'
import { calibrateRun } from './calibrate-run.ts'
import { type MeasuredRun, measuredLatency } from './measured-run.ts'
import { type ReplayFacts, replayRun } from './replay.ts'
import { runErrors } from './run-errors.ts'
import { isRunFolder, readRunFolder, runFolders } from './run-folder-file.ts'

const facts: ReplayFacts = {
  modelId: 'dense',
  architecture: denseModel,
  accelerator: device,
  coefficients: priorsOnly,
}

/** A world in which memory is slower and prompts take longer than the priors say, as the twin itself would measure it. */
function syntheticRun(): MeasuredRun {
  const random = new RandomSource('synthetic run').stream('requests')
  let seconds = 0
  const plan = Array.from({ length: 120 }, () => {
    seconds += random.exponential() * 0.05
    return { seconds, inputTokens: 200 + random.integer(1500), outputTokens: 2 + random.integer(120) }
  })
  const run: MeasuredRun = {
    name: 'synthetic',
    settings: {
      model: 'dense',
      accelerator: device.id,
      engineVersion: '0.19.0',
      tensorParallel: 4,
      pipelineParallel: 1,
      dataParallel: 1,
      expertParallel: false,
      maximumSequences: 64,
      maximumBatchedTokens: 2048,
      maximumContextTokens: 8192,
      cacheFormat: 'auto',
      weightFormat: 'bfloat16',
      prefixCaching: true,
      asyncScheduling: true,
      gpuBlocks: 3000,
      blockTokens: 16,
    },
    requests: plan.map(({ seconds: arrivalSeconds, inputTokens, outputTokens }) => ({
      inputTokens,
      outputTokens,
      content: null,
      arrivalSeconds,
      queuedSeconds: arrivalSeconds,
      firstTokenSeconds: 0,
      lastTokenSeconds: 0,
    })),
  }
  const truth = replayRun(run, facts, c => ({
    ...c,
    mbuWeights: c.mbuWeights * 0.8,
    mbuCache: c.mbuCache * 0.8,
    mfuDense: c.mfuDense * 0.6,
  }))
  return {
    ...run,
    requests: run.requests.map((request, index) => {
      const { ttft, e2e } = truth.latencies[index]!
      const { queuedSeconds } = request
      return { ...request, firstTokenSeconds: queuedSeconds + ttft, lastTokenSeconds: queuedSeconds + e2e }
    }),
  }
}

describe('calibrating on the first requests of a run', () => {
  const run = syntheticRun()
  const measured = run.requests.map(measuredLatency)

  it('finds the world the measurements come from, and predicts the rest', () => {
    const before = runErrors(measured, replayRun(run, facts).latencies, 40)
    const calibration = calibrateRun(run, facts, 40)
    const after = runErrors(measured, calibration.replay.latencies, 40)
    const meanError = (errors: typeof before, name: string) =>
      Math.abs(errors.statistics.find(entry => entry.latency === name && entry.statistic === 'mean')!.error)
    expect(meanError(before, 'tpot')).toBeGreaterThan(0.15)
    expect(meanError(after, 'tpot')).toBeLessThan(0.02)
    expect(meanError(after, 'e2e')).toBeLessThan(0.02)
    expect(calibration.multipliers.length).toBeLessThanOrEqual(5)
    // Which of them takes the blame is open where several would do; the direction is not.
    expect(calibration.multipliers.find(({ name }) => name === 'compute time')!.multiplier).toBeGreaterThan(
      1.2,
    )
  })

  it('replays the same run the same way twice', () => {
    expect(replayRun(run, facts)).toEqual(replayRun(run, facts))
  })

  it('says which request a too small cache refuses', () => {
    const small = { ...run, settings: { ...run.settings, gpuBlocks: 20 } }
    expect(() => replayRun(small, facts)).toThrow(
      /refuses request \d+: (cache-too-small|prompt-exceeds-limit)/,
    )
  })
})

describe('errors of a run', () => {
  it('are signed shares of means and percentiles, and absolute shares per request', () => {
    const measured = [
      { ttft: 1, tpot: 0.1, e2e: 2 },
      { ttft: 3, tpot: Number.NaN, e2e: 3 },
    ]
    const predicted = [
      { ttft: 1.5, tpot: 0.08, e2e: 2 },
      { ttft: 3.5, tpot: Number.NaN, e2e: 6 },
    ]
    const errors = runErrors(measured, predicted)
    const find = (latency: string, statistic: string) =>
      errors.statistics.find(entry => entry.latency === latency && entry.statistic === statistic)!.error
    expect(find('ttft', 'mean')).toBeCloseTo(0.25)
    expect(find('tpot', 'mean')).toBeCloseTo(-0.2)
    expect(find('e2e', 'p50')).toBeCloseTo(0.6)
    expect(errors.perRequest.ttft).toBeCloseTo((0.5 + 1 / 6) / 2)
  })
})

describe('a folder of a run', () => {
  let folder: string
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'run-')), 'H100__some-model')
    mkdirSync(folder)
    writeFileSync(
      join(folder, 'vllm_meta.json'),
      JSON.stringify({
        model: 'some/model',
        vllm_version: '0.19.0',
        engine_kwargs: {
          tensor_parallel_size: 2,
          max_num_seqs: 128,
          max_num_batched_tokens: 2048,
          max_model_len: null,
        },
        kv_cache: { num_gpu_blocks: 2588, block_size: 16 },
      }),
    )
    writeRequests([row(100, 5.5, 6, 7), row(100.5, 5.9, 8, 9)])
    writeFileSync(
      join(folder, 'workload_derived.jsonl.gz'),
      gzipSync('{"hash_ids_16":[0,1,2]}\n{"hash_ids_16":[0,1,3]}\n'),
    )
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const row = (arrival: number, queued: number, first: number, last: number) => ({
    input_toks: 50,
    output_toks: 3,
    arrival_time: arrival,
    queued_ts: queued,
    first_token_ts: first,
    last_token_ts: last,
  })
  function writeRequests(rows: readonly unknown[]): void {
    writeFileSync(join(folder, 'vllm_requests.jsonl'), rows.map(value => JSON.stringify(value)).join('\n'))
  }

  it('is read with its settings, and both clocks are brought together', () => {
    const run = readRunFolder(folder)
    expect(run.name).toBe('H100__some-model')
    expect(run.settings).toMatchObject({
      accelerator: 'H100',
      tensorParallel: 2,
      gpuBlocks: 2588,
      maximumContextTokens: null,
      asyncScheduling: true,
    })
    // The second was queued 0.1 s sooner after its arrival than the first: its queue defines the offset.
    expect(run.requests.map(request => request.queuedSeconds)).toEqual([
      expect.closeTo(0.1),
      expect.closeTo(0.5),
    ])
    expect(run.requests[1]!.content).toEqual({ tokensPerBlock: 16, blockIds: [0, 1, 3] })
    expect(measuredLatency(run.requests[0]!)).toEqual({
      ttft: expect.closeTo(0.5),
      tpot: expect.closeTo(0.5),
      e2e: expect.closeTo(1.5),
    })
    expect(isRunFolder(folder)).toBe(true)
    expect(runFolders(join(folder, '..'))).toEqual([folder])
  })

  const faults: readonly (readonly [string, () => void, RegExp])[] = [
    ['truncated JSON', () => writeFileSync(join(folder, 'vllm_meta.json'), '{"model":'), /not valid JSON/],
    ['missing field', () => writeFileSync(join(folder, 'vllm_meta.json'), '{"model":"m"}'), /vllm_version/],
    ['no requests', () => writeRequests([]), /no requests/],
    ['negative tokens', () => writeRequests([{ ...row(1, 1, 2, 3), input_toks: -1 }]), /input_toks/],
    ['time runs backwards', () => writeRequests([row(1, 5, 4, 6)]), /first before the queue/],
    [
      'other number of requests',
      () => writeRequests([row(1, 1, 2, 3)]),
      /2 requests in the workload, 1 were/,
    ],
    ['not gzip', () => writeFileSync(join(folder, 'workload_derived.jsonl.gz'), 'plain'), /not valid gzip/],
  ]
  it.each(faults)('refuses: %s', (_, spoil, message) => {
    spoil()
    expect(() => readRunFolder(folder)).toThrow(message)
    expect(() => readRunFolder(folder)).toThrow(TokenwrightError)
  })
})
