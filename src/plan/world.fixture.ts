/** A small world with a known law of performance, for tests of the search: round numbers, no engine, no data files. */
import type { Accelerator, Catalog, Price } from '../catalog/types.ts'
import type { Provenance } from '../core/provenance.ts'
import {
  deploymentDevices,
  devicesPerReplica,
  type Infeasible,
  type LatencySummary,
  type Load,
  type Performance,
  type PerformanceResult,
  type Pool,
} from '../perf/deployment.ts'
import { denseModel, latentMoeModel } from '../perf/perf.fixture.ts'
import { weightBytes } from './search/aggregated-shapes.ts'
import type { DeploymentQuestion, PlanContext } from './search/context.ts'
import { servingPool } from './search/shape.ts'
import type { PlanRequest } from './types.ts'

const provenance: Provenance = { source: 'test', asOf: '2026-11-20', confidence: 'published' }

function accelerator(id: string, memoryGB: number, speed: number, domain = 8): Accelerator {
  return {
    id,
    name: id.toUpperCase(),
    vendor: 'NVIDIA',
    generation: 'hopper',
    aliases: [],
    memoryBytes: memoryGB * 1e9,
    memoryBandwidthBytesPerSecond: speed * 1e12,
    peakFlopsPerSecond: { bf16: speed * 2e14, fp8: speed * 4e14, fp4: null },
    scaleUp: { domainDevices: domain, bandwidthBytesPerSecond: 450e9, technology: 'link' },
    scaleOutBytesPerSecond: 50e9,
    tdpWatts: 700,
    allInWatts: 1200,
    devicesPerNode: Math.min(domain, 8),
    launch: null,
    engines: ['vllm', 'sglang', 'trtllm'],
    provenance,
  }
}

function price(acceleratorId: string, usdPerDeviceHour: number): Price {
  return {
    id: `${acceleratorId}-price`,
    acceleratorId,
    provider: 'test',
    tier: 'reserved',
    usdPerDeviceHour,
    region: null,
    includes: ['capital', 'host', 'network', 'space', 'cooling', 'operations', 'margin'],
    commitment: null,
    provenance,
  }
}

export const worldCatalog: Catalog = {
  accelerators: [accelerator('small', 80, 3), accelerator('large', 180, 8), accelerator('unpriced', 141, 5)],
  prices: [price('small', 2), price('large', 5)],
  electricity: [
    {
      id: 'us-dc-range',
      region: 'us',
      usdPerKilowattHour: 0.08,
      carbonGramsPerKilowattHour: 400,
      provenance,
    },
  ],
  pue: [{ id: 'infx-air', scope: 'air', pue: 1.3, provenance }],
  models: [],
}

export const worldRequest: PlanRequest = {
  modelId: 'test/model',
  shape: { inputTokens: 2000, outputTokens: 400, cachedTokens: 500, inputVariation: 0, outputVariation: 0 },
  objectives: [
    { metric: 'ttft', statistic: 'p90', limitMs: 2000 },
    { metric: 'tpot', statistic: 'mean', limitMs: 30 },
  ],
  requestsPerSecond: null,
  acceleratorIds: [],
  engines: ['vllm', 'sglang', 'trtllm'],
  precisions: [],
  tier: 'reserved',
  region: null,
  maximumDevices: 64,
  allowDisaggregated: true,
  allowSpeculation: true,
  loadFactor: 1,
}

/** `calls` counts predictions. */
export function world(
  catalog: Catalog = worldCatalog,
  architecture = denseModel,
): PlanContext & { calls: number } {
  const context: PlanContext & { calls: number } = {
    architecture,
    catalog,
    calls: 0,
    speculations:
      architecture === latentMoeModel
        ? [{ method: 'mtp' as const, draftTokens: 1, acceptanceLength: 1.8, acceptanceSource: 'test' }]
        : [],
    predictor: (question: DeploymentQuestion) => (load: Load) => {
      context.calls++
      return law(question, load, architecture)
    },
    withArchitecture: other => world(catalog, other),
    trust: () => ({
      basis: 'fitted' as const,
      band: {
        tpot: { low: 0.85, high: 1.15 },
        ttft: { low: 0.6, high: 1.6 },
        cost: { low: 0.85, high: 1.15 },
      },
      nearest: [],
    }),
  }
  return context
}

/** step = weights ÷ bandwidth + overhead + batch × slope; prefill = tokens × slope ÷ devices; Little's law closes the loop. */
function law(
  question: DeploymentQuestion,
  load: Load,
  architecture: PlanContext['architecture'],
): PerformanceResult {
  const { deployment, accelerator: device, prefillAccelerator, shape } = question
  const decode = servingPool(deployment)
  const ranks = devicesPerReplica(decode.parallelism)
  const weights = weightBytes(architecture, deployment.precision) / ranks
  const free = device.memoryBytes * 0.9 - weights - 5e9
  if (free <= 0) return infeasible('weights-exceed-memory', -free)
  const maximumSequences = (free * decode.parallelism.tensor) / (2400 * 3e5)
  const engine = { vllm: 1, sglang: 0.97, trtllm: 0.9, atom: 1 }[deployment.engine]
  const emitted = deployment.speculation?.acceptanceLength ?? 1
  const drafts = 1 + 0.3 * (deployment.speculation?.draftTokens ?? 0)
  const base = (weights / device.memoryBandwidthBytesPerSecond + 0.003 + 0.0006 * Math.log2(ranks)) * engine
  const perSequence =
    (drafts * 4e-5 * 8) / (device.memoryBandwidthBytesPerSecond / 1e12) / decode.parallelism.tensor
  const tpotAt = (b: number) => ((base + perSequence * b) * drafts) / emitted
  const newTokens = shape.inputTokens - shape.cachedTokens
  const prefillSeconds = (pool: Pool, hardware: typeof device) =>
    (newTokens * 2e-4) / (hardware.memoryBandwidthBytesPerSecond / 1e12) / devicesPerReplica(pool.parallelism)
  const separate = deployment.mode === 'disaggregated'
  const prefillPool = separate ? deployment.prefill : decode
  const prefill = prefillSeconds(prefillPool, separate ? prefillAccelerator : device)
  const prefillCapacity = prefillPool.replicas / prefill
  const groups = decode.replicas * decode.parallelism.attentionData

  const at = (rate: number) => {
    const utilisation = Math.min(0.999, rate / prefillCapacity)
    const interference = separate ? 1 : 1 / (1 - Math.min(0.95, utilisation))
    // rate × TPOT(b) × output = b × groups: linear in b.
    const slope = (perSequence * drafts) / emitted
    const work = (rate * interference * shape.outputTokens) / groups
    const batch =
      work * slope >= 1 ? Number.POSITIVE_INFINITY : (work * ((base * drafts) / emitted)) / (1 - work * slope)
    const tpot = tpotAt(Math.min(batch, 1e9)) * interference
    const ttft = prefill * (1 + (0.5 * utilisation) / (1 - utilisation)) + 0.02
    return { batch, tpot, ttft, utilisation, concurrency: rate * (ttft + tpot * (shape.outputTokens - 1)) }
  }
  const fits = (rate: number) => at(rate).batch <= maximumSequences && at(rate).utilisation < 0.99
  let low = 0
  let high = prefillCapacity
  const wanted = (rate: number) =>
    load.kind === 'open' ? rate <= load.requestsPerSecond : at(rate).concurrency <= load.concurrency
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (fits(middle) && wanted(middle)) low = middle
    else high = middle
  }
  if (load.kind === 'open' && low < load.requestsPerSecond * 0.999) {
    return infeasible('overload', load.requestsPerSecond - low)
  }
  return performanceOf(question, load, low, at(low), maximumSequences)
}

function performanceOf(
  { deployment, shape }: DeploymentQuestion,
  load: Load,
  rate: number,
  solved: { batch: number; tpot: number; ttft: number; utilisation: number; concurrency: number },
  maximumSequences: number,
): Performance {
  const devices = deploymentDevices(deployment)
  const queue = load.kind === 'closed' ? Math.max(0, load.concurrency - solved.concurrency) / rate : 0
  const ttftMs = (solved.ttft + queue) * 1000
  const tokens = shape.inputTokens + shape.outputTokens
  return {
    feasible: true,
    concurrency: load.kind === 'closed' ? load.concurrency : solved.concurrency,
    decodingSequences: solved.concurrency * 0.95,
    requestsPerSecond: rate,
    outputTokensPerSecond: rate * shape.outputTokens,
    totalTokensPerSecond: rate * tokens,
    totalTokensPerSecondPerDevice: (rate * tokens) / devices,
    outputTokensPerSecondPerDevice: (rate * shape.outputTokens) / devices,
    tokensPerSecondPerUser: 1 / solved.tpot,
    ttft: latency(ttftMs, 0.5),
    tpot: latency(solved.tpot * 1000, 0.1),
    endToEnd: latency(ttftMs + solved.tpot * 1000 * (shape.outputTokens - 1), 0.1),
    acceleratorWatts: devices * 600,
    idleWatts: devices * 100,
    joulesPerOutputToken: (devices * 600) / (rate * shape.outputTokens),
    engineTime: { prefillShare: solved.utilisation, decodeShare: 1 - solved.utilisation, idleShare: 0 },
    step: { stepSeconds: solved.tpot, parts: [{ name: 'dense-weights', seconds: solved.tpot }] },
    memory: {
      weightBytes: 1,
      keyValueBytes: 1,
      reservedBytes: 1,
      deviceBytes: 3,
      keyValueTokens: Math.floor(maximumSequences * 2400),
      keyValueBlocks: 1,
      maximumSequences,
    },
    keyValueUtilisation: Math.min(1, solved.batch / maximumSequences),
    binding: 'memory-bandwidth',
  }
}

function latency(meanMs: number, spread: number): LatencySummary {
  const at = (z: number) => meanMs * (1 + spread * z)
  return { meanMs, p50Ms: at(0), p90Ms: at(1.28), p95Ms: at(1.64), p99Ms: at(2.33) }
}

function infeasible(reason: Infeasible['reason'], shortfall: number): Infeasible {
  return { feasible: false, reason, detail: `${reason}: ${shortfall}`, shortfall }
}

export { latentMoeModel }
