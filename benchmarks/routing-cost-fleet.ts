/** The mixed fleet of routing-cost.ts, and one run of a trace through it behind one policy. */
import { readFileSync } from 'node:fs'
import { dataFolder, findAccelerator, findModel, loadCatalog } from '../src/catalog/index.ts'
import { RandomSource } from '../src/core/random.ts'
import { createFleet } from '../src/fleet/fleet.ts'
import type { PoolSettings } from '../src/fleet/types.ts'
import { judgeRequest } from '../src/metrics/goodput.ts'
import { parseModelConfig } from '../src/model/index.ts'
import type { Precision, RequestShape } from '../src/perf/deployment.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { createRouter } from '../src/routing/create-router.ts'
import type { RouterSpec } from '../src/routing/router-spec.ts'
import { simulate } from '../src/sim/driver.ts'
import { loadTwinCalibration } from '../src/sim/load-twin-calibration-file.ts'
import { twinPools } from '../src/sim/twin-pools.ts'
import { readTrace, type TraceReplayOptions, traceStatistics, traceWorkload } from '../src/workload/index.ts'

/** One device a replica. Prices: one seller's list, so that ratios between devices are those of one market. */
const modelId = 'meta-llama/Llama-3.1-8B'
const seller = { provider: 'RunPod Secure', tier: 'on-demand' } as const
/** On the scale of chat and of agents whose prompts are mostly cached; beyond it a prompt of 65,000 tokens is late on any of them. */
export const limits = { ttftMs: 3000, tpotMs: 50, e2eMs: Number.POSITIVE_INFINITY }

export type FleetSize = Readonly<Record<'h200' | 'h100' | 'l40s', number>>
export const fleetSize: FleetSize = { h200: 1, h100: 2, l40s: 4 }

export interface Trace {
  readonly name: string
  readonly isSessions: boolean
  readonly shape: RequestShape
  readonly table: Awaited<ReturnType<typeof readTrace>>
}

export async function traceOf(paths: readonly string[]): Promise<Trace> {
  const table = await readTrace(paths)
  const { shape } = traceStatistics(table)
  return { name: table.format, isSessions: table.sessions?.multiTurn ?? false, shape, table }
}

const catalog = loadCatalog()
const coefficients = loadCoefficients()
const calibration = loadTwinCalibration()
const architecture = parseModelConfig(
  readFileSync(new URL(`models/${findModel(catalog, modelId).configPath}`, dataFolder), 'utf8'),
  { where: modelId },
)
const precision: Precision = {
  ...{ preset: 'fp8', attention: 'fp8', denseFeedForward: 'fp8', routedExperts: 'fp8', sharedExperts: 'fp8' },
  ...{ head: 'bf16', keyValueCache: 'fp8' },
}

/** $/h of one device. */
function priceOf(acceleratorId: string): number {
  const found = catalog.prices.find(
    price =>
      price.acceleratorId === acceleratorId &&
      price.provider === seller.provider &&
      price.tier === seller.tier,
  )
  if (found === undefined) throw new Error(`${seller.provider} sells no ${acceleratorId}`)
  return found.usdPerDeviceHour
}

/** Largest context the twin is asked for, tokens: Llama 3.1's own. */
export const contextTokens = 131_072

const made = new Map<string, PoolSettings>()

/** Pools of that many replicas; step tables are made once per device and shape. */
export function poolsOf(size: FleetSize, shape: RequestShape): PoolSettings[] {
  return Object.entries(size)
    .filter(([, replicas]) => replicas > 0)
    .map(([device, replicas]) => {
      const key = `${device} ${shape.inputTokens}`
      const pool = made.get(key) ?? poolOf(device, shape)
      made.set(key, pool)
      return { ...pool, replicas }
    })
}

function poolOf(device: string, shape: RequestShape): PoolSettings {
  const acceleratorId = findAccelerator(catalog, device).id
  // Longer contexts than the model's are left out of the run: their mean is not asked for either.
  const inputTokens = Math.min(shape.inputTokens, contextTokens / 2)
  const [pool] = twinPools({
    ...{ modelId, architecture, coefficients, calibration },
    deployment: {
      ...{ mode: 'aggregated', engine: 'vllm', precision, speculation: null },
      pool: {
        acceleratorId,
        parallelism: { tensor: 1, pipeline: 1, attentionData: 1, expert: 1 },
        replicas: 1,
      },
    },
    shape: { ...shape, inputTokens, cachedTokens: (shape.cachedTokens / shape.inputTokens) * inputTokens },
    accelerator: id => findAccelerator(catalog, id),
    usdPerDeviceHour: priceOf,
    overrides: {},
    ...{ skipEvents: true, cacheEvents: false, startupSeconds: 0, estimates: true },
  })
  return { ...pool!, name: device }
}

export function usdPerHour(size: FleetSize, shape: RequestShape): number {
  return poolsOf(size, shape).reduce((sum, pool) => sum + pool.replicas * pool.usdPerReplicaHour, 0)
}

/** Times of a run, virtual minutes: what comes before the window fills the caches and is not counted. */
export const minutes = {
  recorded: { fromMinute: 2, untilMinute: 12 },
  sessions: { fromMinute: 6, untilMinute: 20 },
}

export interface RunOutcome {
  readonly goodput: number
  /** All tokens, in and out, of requests sent in the window and over by its end. */
  readonly millionTokensPerHour: number
  readonly hitShare: number
  /** $ of engine time in which steps ran ÷ million tokens: what is left of the bill if idle time costs nothing. */
  readonly busyUsdPerMillionTokens: number
}

/**
 * Recorded arrivals run `load` times as fast, each seed from another minute of the trace; sessions run `load` at a time, a new
 * one when one ends, each seed in another order, thinking for a minute at most.
 */
export function run(trace: Trace, spec: RouterSpec, size: FleetSize, load: number, seed: number): RunOutcome {
  const { fromMinute, untilMinute } = trace.isSessions ? minutes.sessions : minutes.recorded
  const random = new RandomSource(`routing-cost ${seed}`)
  const pools = poolsOf(size, trace.shape)
  const fleet = createFleet({
    ...{ pools, router: createRouter(spec, random), decodeRouter: null, seed, engineEvents: false },
  })
  const { workload } = traceWorkload(trace.table, replayOf(trace, load, seed, untilMinute), random)
  const fromUs = fromMinute * 60e6
  const untilUs = untilMinute * 60e6
  let lastUs = fromUs
  let [judged, met, inputTokens, cachedTokens, outputTokens] = [0, 0, 0, 0, 0]
  const end = simulate(
    workload,
    fleet,
    event => {
      if (event.kind !== 'ended' || event.record.scheduledUs < fromUs) return
      const { record } = event
      lastUs = Math.max(lastUs, record.scheduledUs)
      judged++
      if (judgeRequest(record, limits, 'response') === 'met') met++
      inputTokens += record.inputTokens
      cachedTokens += record.cachedTokens
      outputTokens += record.outputTokens
    },
    // An open load ends by itself and what is late still counts; sessions would go on for ever.
    trace.isSessions ? { untilUs } : {},
  )
  const usage = fleet.usage(end.nowUs)
  const busyUsd = usage.reduce((sum, { pool, busySeconds }) => {
    const { usdPerReplicaHour } = pools.find(({ name }) => name === pool)!
    return sum + (busySeconds / 3600) * usdPerReplicaHour
  }, 0)
  // A trace may end before the window does.
  const hours = ((trace.isSessions ? untilUs : Math.min(untilUs, lastUs)) - fromUs) / 3600e6
  const millionTokensPerHour = (inputTokens + outputTokens) / 1e6 / hours
  return {
    goodput: met / judged,
    millionTokensPerHour,
    hitShare: cachedTokens / inputTokens,
    busyUsdPerMillionTokens: busyUsd / (end.nowUs / 3600e6) / millionTokensPerHour,
  }
}

function replayOf(trace: Trace, load: number, seed: number, untilMinute: number): TraceReplayOptions {
  if (trace.isSessions)
    return {
      ...{ starts: { kind: 'concurrent', count: load }, shuffle: true, repeat: Number.POSITIVE_INFINITY },
      ...{ maximumContextTokens: contextTokens, maximumThinkSeconds: 60 },
    }
  const fromSeconds = seed * 300
  return {
    ...{ mode: 'arrivals', speedup: load, maximumContextTokens: contextTokens, fromSeconds },
    untilSeconds: fromSeconds + untilMinute * 60 * load,
  }
}
