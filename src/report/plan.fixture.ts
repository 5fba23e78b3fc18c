/** A realistic planner's answer for the report's tests. The figures are consistent with each other, not predictions. */
import type { Price } from '../catalog/types.ts'
import type { CostLine } from '../cost/types.ts'
import {
  type Deployment,
  deploymentDevices,
  type LatencySummary,
  type Parallelism,
  type Pool,
  type Precision,
  type Speculation,
  type StepBreakdown,
} from '../perf/deployment.ts'
import type { Candidate, PlanRequest, PlanResult } from '../plan/types.ts'
import type { PlanReport } from './plan-report.ts'
import { type Sketch, sketches } from './plan-sketches.fixture.ts'

const inputTokens = 4000
const outputTokens = 500

export const requestFixture: PlanRequest = {
  modelId: 'meta-llama/Llama-3.1-70B',
  shape: { inputTokens, outputTokens, cachedTokens: 1000, inputVariation: 0, outputVariation: 0 },
  objectives: [
    { metric: 'ttft', statistic: 'p90', limitMs: 1000 },
    { metric: 'tpot', statistic: 'mean', limitMs: 30 },
  ],
  requestsPerSecond: null,
  acceleratorIds: [],
  engines: ['vllm', 'sglang', 'trtllm'],
  precisions: [],
  tier: 'reserved',
  region: null,
  maximumDevices: 32,
  allowDisaggregated: true,
  allowSpeculation: true,
  loadFactor: 0.8,
}

function precision(preset: string): Precision {
  const weights = preset === 'fp8' ? 'fp8' : preset === 'nvfp4' ? 'nvfp4' : 'bf16'
  return {
    preset,
    attention: weights,
    denseFeedForward: weights,
    routedExperts: weights,
    sharedExperts: weights,
    head: 'bf16',
    keyValueCache: preset === 'bf16' ? 'bf16' : 'fp8',
  }
}

function latency(meanMs: number, spread: number): LatencySummary {
  return {
    meanMs,
    p50Ms: meanMs * (1 - 0.1 * spread),
    p90Ms: meanMs * (1 + 0.6 * spread),
    p95Ms: meanMs * (1 + 0.8 * spread),
    p99Ms: meanMs * (1 + 1.3 * spread),
  }
}

function deployment(sketch: Sketch): Deployment {
  const parallelism: Parallelism = { tensor: sketch.tensor, pipeline: 1, attentionData: 1, expert: 1 }
  const pool: Pool = { acceleratorId: sketch.accelerator, parallelism, replicas: sketch.replicas }
  const base = {
    engine: sketch.engine,
    precision: precision(sketch.preset),
    speculation: sketch.speculation ?? null,
  }
  return sketch.layout === 'aggregated'
    ? { ...base, mode: 'aggregated', pool }
    : {
        ...base,
        mode: 'disaggregated',
        prefill: {
          ...pool,
          parallelism: { ...parallelism, tensor: 2 },
          replicas: sketch.prefillReplicas ?? 1,
        },
        decode: pool,
      }
}

function step(tpotMs: number, speculation: Speculation | null): StepBreakdown {
  const stepSeconds = (tpotMs / 1000) * (speculation?.acceptanceLength ?? 1)
  const shares = [
    ['dense-weights', 0.34],
    ['kv-read', 0.17],
    ['matrix-compute', 0.11],
    ['communication', 0.09],
    ['layer-overhead', 0.06],
    ['step-overhead', 0.04],
    ['speculation-draft', speculation ? 0.05 : 0],
    ['prefill-interference', speculation ? 0.14 : 0.19],
  ] as const
  return { stepSeconds, parts: shares.map(([name, share]) => ({ name, seconds: share * stepSeconds })) }
}

function costLines(sketch: Sketch, devices: number, itWatts: number): CostLine[] {
  const nano = (usd: number) => BigInt(Math.round(usd * 1e9))
  return [
    {
      name: `rent of ${devices} × ${sketch.accelerator}`,
      component: 'capital',
      nanoUsdPerHour: nano(devices * sketch.usdPerDeviceHour),
      included: false,
      formula: `${devices} devices × $${sketch.usdPerDeviceHour}/h`,
    },
    {
      name: 'energy',
      component: 'energy',
      nanoUsdPerHour: nano((itWatts / 1000) * 1.25 * 0.071),
      included: false,
      formula: `${(itWatts / 1000).toFixed(2)} kW × PUE 1.25 × $0.071/kWh`,
    },
    {
      name: 'host and network',
      component: 'host',
      nanoUsdPerHour: 0n,
      included: true,
      formula: 'in the rent',
    },
  ]
}

function candidate(sketch: Sketch): Candidate {
  const plan = deployment(sketch)
  const devices = deploymentDevices(plan)
  const endToEndMs = sketch.ttftMs + sketch.tpotMs * (outputTokens - 1)
  const requestsPerSecond = (sketch.concurrency * 1000) / endToEndMs
  const outputRate = requestsPerSecond * outputTokens
  const totalRate = requestsPerSecond * (inputTokens + outputTokens)
  const acceleratorWatts = devices * sketch.wattsPerDevice
  const itWatts = acceleratorWatts * 1.32
  const lines = costLines(sketch, devices, itWatts)
  const bill = lines.reduce((sum, line) => sum + line.nanoUsdPerHour, 0n)
  const blended = Number(bill) / 1e9 / ((totalRate * 3600 * requestFixture.loadFactor) / 1e6)
  const wide = sketch.basis === 'assumed' || sketch.basis === 'transferred'
  return {
    id: sketch.id,
    deployment: plan,
    load: { kind: 'closed', concurrency: sketch.concurrency, requests: null },
    performance: {
      feasible: true,
      concurrency: sketch.concurrency,
      decodingSequences: sketch.concurrency * (1 - sketch.ttftMs / endToEndMs),
      requestsPerSecond,
      outputTokensPerSecond: outputRate,
      totalTokensPerSecond: totalRate,
      totalTokensPerSecondPerDevice: totalRate / devices,
      outputTokensPerSecondPerDevice: outputRate / devices,
      tokensPerSecondPerUser: 1000 / sketch.tpotMs,
      ttft: latency(sketch.ttftMs, 0.7),
      tpot: latency(sketch.tpotMs, 0.15),
      endToEnd: latency(endToEndMs, 0.12),
      acceleratorWatts,
      joulesPerOutputToken: acceleratorWatts / outputRate,
      engineTime: { prefillShare: 0.38, decodeShare: 0.56, idleShare: 0.06 },
      step: step(sketch.tpotMs, plan.speculation),
      memory: {
        weightBytes: 70.6e9 / sketch.tensor,
        keyValueBytes: 41.2e9,
        reservedBytes: 9.1e9,
        deviceBytes: 141e9,
        keyValueTokens: 502_000,
        keyValueBlocks: 31_375,
        maximumSequences: 118,
      },
      keyValueUtilisation: 0.78,
      binding: 'memory-bandwidth',
    },
    costRate: { lines, nanoUsdPerHour: bill, carbonGramsPerHour: (itWatts / 1000) * 1.25 * 370 },
    cost: {
      blended,
      perOutputToken: blended * 9,
      uncachedInput: blended * 0.55,
      cachedInput: blended * 0.04,
      output: blended * 3.95,
      idle: blended * 0.2,
      method: sketch.layout === 'aggregated' ? 'engine-time' : 'pool',
    },
    tokensPerSecondPerMegawatt: totalRate / (itWatts / 1e6),
    powerBasis: 'it-all-in',
    itWatts,
    joulesPerToken: itWatts / totalRate,
    carbonGramsPerMillionTokens: ((itWatts / 1000) * 1.25 * 370) / ((totalRate * 3600) / 1e6),
    basis: sketch.basis,
    band: {
      tpot: wide ? { low: 0.72, high: 1.42 } : { low: 0.88, high: 1.13 },
      ttft: wide ? { low: 0.5, high: 2.1 } : { low: 0.7, high: 1.45 },
      cost: wide ? { low: 0.74, high: 1.4 } : { low: 0.89, high: 1.14 },
    },
    feasibilityProbability: wide ? 0.62 : 0.86,
    nearest: [
      {
        label: `Llama-3.1-70B ${sketch.accelerator} ${sketch.engine} ${sketch.preset} TP${sketch.tensor}, 1000/1000, 64 in flight`,
        file: 'serving_latency.csv',
        date: '2026-05-11',
        distance: 0.42,
        predictedTpotMs: sketch.tpotMs * 0.97,
        measuredTpotMs: sketch.tpotMs,
      },
      {
        label: `Llama-3.3-70B ${sketch.accelerator} ${sketch.engine} fp8 TP${sketch.tensor}, 8192/1024, 32 in flight`,
        file: 'serving_throughput_energy.csv',
        date: null,
        distance: 1.3,
        predictedTpotMs: null,
        measuredTpotMs: null,
      },
    ],
    lowConfidenceFacts:
      sketch.accelerator === 'b200' ? ['price b200-reserved-example: estimate, 2026-09 (broker quote)'] : [],
    priceId: `${sketch.accelerator}-reserved-example`,
  }
}

function price(sketch: Sketch): Price {
  return {
    id: `${sketch.accelerator}-reserved-example`,
    acceleratorId: sketch.accelerator,
    provider: 'Example Cloud',
    tier: 'reserved',
    usdPerDeviceHour: sketch.usdPerDeviceHour,
    region: null,
    includes: ['capital', 'host', 'network', 'space', 'operations', 'margin'],
    commitment: '12 months',
    provenance: { source: 'https://cloud.example/prices', asOf: '2026-09', confidence: 'published' },
  }
}

const ranking = sketches
  .map(candidate)
  .sort((a, b) => a.cost.blended - b.cost.blended || (a.id < b.id ? -1 : 1))

/** More operating points of the chosen deployment, so that the front is a curve. */
const front = [0.55, 0.7, 0.85, 1, 1.25, 1.6].map((scale, index) => {
  const sketch = sketches[index % 3]!
  return candidate({
    ...sketch,
    id: `${sketch.id}-x${scale}`,
    tpotMs: 30 * scale,
    concurrency: Math.round(90 * scale ** 2),
  })
})

const keepFront = (points: readonly Candidate[], better: (a: Candidate, b: Candidate) => boolean) =>
  points
    .filter(
      point =>
        !points.some(
          other =>
            other !== point &&
            better(other, point) &&
            other.performance.tokensPerSecondPerUser >= point.performance.tokensPerSecondPerUser,
        ),
    )
    .sort((a, b) => a.performance.tokensPerSecondPerUser - b.performance.tokensPerSecondPerUser)

export const resultFixture: PlanResult = {
  request: requestFixture,
  modelId: 'meta-llama/Llama-3.1-70B',
  ranking,
  costFront: keepFront([...ranking, ...front], (a, b) => a.cost.blended < b.cost.blended),
  throughputFront: keepFront(
    [...ranking, ...front],
    (a, b) => a.performance.totalTokensPerSecondPerDevice > b.performance.totalTokensPerSecondPerDevice,
  ),
  contributions: [
    {
      technique: 'precision nvfp4',
      costRatio: 0.71,
      withoutUsdPerMillionTokens: ranking[0]!.cost.blended / 0.71,
    },
    {
      technique: 'speculation',
      costRatio: 0.83,
      withoutUsdPerMillionTokens: ranking[0]!.cost.blended / 0.83,
    },
    {
      technique: 'cache hits',
      without: 'cached input tokens are computed anew',
      costRatio: 0.88,
      withoutUsdPerMillionTokens: ranking[0]!.cost.blended / 0.88,
    },
    { technique: 'disaggregation', costRatio: 1, withoutUsdPerMillionTokens: ranking[0]!.cost.blended },
  ],
  binding: [
    {
      constraint: 'tpot mean < 30 ms',
      candidatesExcluded: 1840,
      relaxation: 'at 45 ms the cheapest deployment costs 21 % less',
    },
  ],
  counts: { considered: 21_408, predicted: 9_312, feasible: 2_951 },
  skippedAccelerators: [
    { acceleratorId: 'groq-lpu', reason: 'runs none of the engines vllm, sglang, trtllm' },
    { acceleratorId: 'mi455x', reason: 'no reserved price' },
  ],
  warnings: [
    'EAGLE-3 needs a draft head for this model; acceptance is taken from another model of the family',
  ],
}

export const infeasibleFixture: PlanResult = {
  ...resultFixture,
  ranking: [],
  costFront: [],
  throughputFront: [],
  contributions: [],
  binding: [
    {
      constraint: 'tpot mean < 2 ms',
      candidatesExcluded: 8_000,
      relaxation: 'the fastest deployment reaches 6.1 ms (32× gb200, trtllm, nvfp4)',
    },
    {
      constraint: 'weights exceed memory',
      candidatesExcluded: 1_312,
      relaxation: 'use a smaller precision or more devices per replica',
    },
  ],
  counts: { considered: 21_408, predicted: 9_312, feasible: 0 },
}

export const reportFixture: PlanReport = {
  result: resultFixture,
  files: [
    { path: 'deployment.yaml', text: 'schema: tokenwright/deployment/1\n', executable: false },
    { path: 'serve-trtllm.yaml', text: 'backend: pytorch\ntensor_parallel_size: 2\n', executable: false },
    { path: 'dynamo.yaml', text: 'apiVersion: nvidia.com/v1alpha1\n', executable: false },
    {
      path: 'benchmark-vllm.sh',
      text: '#!/bin/sh\nvllm bench serve --max-concurrency 96\n',
      executable: true,
    },
  ],
  benchmarkCommand:
    'vllm bench serve --model meta-llama/Llama-3.1-70B --dataset-name random --random-input-len 4000 --random-output-len 500 --max-concurrency 96 --num-prompts 960 --percentile-metrics ttft,tpot,e2el',
  prices: [...new Map(sketches.map(sketch => [sketch.accelerator, price(sketch)])).values()],
  assumptions: [
    { name: 'electricity', value: '$0.071 per kWh, us-average (2026-08, published)' },
    { name: 'PUE', value: '1.25 (industry average, 2025)' },
    { name: 'load factor', value: '0.8 of the capacity is used, averaged over the day' },
  ],
  version: '0.0.0-test',
}

export const infeasibleReportFixture: PlanReport = {
  ...reportFixture,
  result: infeasibleFixture,
  files: [],
  benchmarkCommand: null,
}
