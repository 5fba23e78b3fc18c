/**
 * Prediction of one measured point by the twin: the benchmark itself, request by request, against a fleet set up like the
 * point's deployment. The same coefficients as the analytic answer (evaluate-point.ts), so that the two can be compared.
 */
import type { Accelerator } from '../catalog/types.ts'
import { present } from '../core/assert.ts'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { PoolSettings } from '../fleet/types.ts'
import { serviceTtftMs, tpotMs } from '../metrics/index.ts'
import type { CoefficientSet } from '../perf/coefficients.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { createRouter } from '../routing/create-router.ts'
import { simulate } from '../sim/driver.ts'
import type { TwinCalibration } from '../sim/twin-calibration.ts'
import { type TwinInput, twinPools } from '../sim/twin-pools.ts'
import type { DistributionSpec } from '../workload/distribution-spec.ts'
import { createWorkload, type WorkloadSpec } from '../workload/synthetic.ts'
import type { PointLookups } from './evaluate-point.ts'
import type { MeasuredPoint } from './measured-point.ts'

export interface TwinPrediction {
  readonly tpotMs: number
  readonly ttftMs: number
  readonly outputTokensPerSecondPerDevice: number
  readonly requests: number
}

/**
 * Runs of equal lengths that did not lock into waves, as their TTFT shows: what kept them apart is not known, so lengths are
 * made to differ by as much as breaks waves (docs/models/workload.md#closed-loops).
 */
const unsteadiness = 0.1

/** InferenceX and most published sweeps send ten requests per user. */
const requestsPerUser = 10

/** Runs the point's benchmark in the twin; null for loads that are no fixed run, and for weights that do not fit. */
export function twinPrediction(
  point: MeasuredPoint,
  lookups: PointLookups,
  coefficients: CoefficientSet,
  calibration: TwinCalibration | null = null,
  seed: string | number = 1,
): TwinPrediction | null {
  const workload = workloadOf(point)
  if (workload === null) return null
  const architecture = present(lookups.architecture(point.modelId), 'the model is in the catalog')
  const accelerator = (id: string): Accelerator =>
    present(lookups.accelerator(id), 'the accelerator is in the catalog')
  const random = new RandomSource(seed)
  const pools = fittingPools({
    modelId: point.modelId,
    architecture,
    deployment: point.deployment,
    shape: point.shape,
    accelerator,
    coefficients,
    ...(calibration === null ? {} : { calibration }),
    usdPerDeviceHour: () => 0,
    // Benchmarks of this kind send random prompts: nothing to find in a cache.
    // Their scripts let the engine run as many sequences as there are users.
    overrides: { prefixCaching: false, maximumSequences: sequencesOf(point) },
    skipEvents: true,
    cacheEvents: false,
    startupSeconds: 0,
  })?.map(pool => ({ ...pool, engine: roomForOne(pool.engine, point) }))
  if (pools === undefined) return null
  const fleet = createFleet({
    pools,
    router: createRouter({ kind: 'least-loaded' }, random),
    decodeRouter: null,
    seed,
  })
  let ttftSum = 0
  let tpotSum = 0
  let tpotCount = 0
  let served = 0
  let outputTokens = 0
  let endUs = 0
  simulate(createWorkload(workload, random), fleet, event => {
    if (event.kind !== 'ended' || event.record.outcome !== 'served') return
    const { record } = event
    served++
    outputTokens += record.outputTokens
    ttftSum += serviceTtftMs(record)
    const tpot = tpotMs(record)
    if (!Number.isNaN(tpot)) {
      tpotSum += tpot
      tpotCount++
    }
    endUs = Math.max(endUs, record.endedUs)
  })
  if (served === 0) return null
  return {
    tpotMs: tpotSum / tpotCount,
    ttftMs: ttftSum / served,
    outputTokensPerSecondPerDevice: outputTokens / (endUs * 1e-6) / point.devices,
    requests: served,
  }
}

/** Undefined where our weights do not fit although they did in reality: formats of some rows are assumed too wide. */
function fittingPools(input: TwinInput): PoolSettings[] | undefined {
  try {
    return twinPools(input)
  } catch (error) {
    if (error instanceof TokenwrightError && error.code === 'usage') return undefined
    throw error
  }
}

function workloadOf(point: MeasuredPoint): WorkloadSpec | null {
  const { load, shape } = point
  const lengths = { input: lengthOf(shape.inputTokens, shape.inputVariation), output: outputOf(shape) }
  if (load.kind === 'closed') {
    const users = Math.max(1, Math.round(load.concurrency))
    const requests = load.requests ?? users * requestsPerUser
    const even = shape.inputVariation + shape.outputVariation === 0 && point.fixedLengths !== true
    return { kind: 'closed', users, lengths, requests, ...(even ? { lengthJitter: unsteadiness } : {}) }
  }
  if (load.kind === 'open') {
    return {
      kind: 'open',
      arrivals: { kind: 'poisson', rate: load.requestsPerSecond },
      lengths,
      // Long enough for a steady state, short enough for a sweep over thousands of rows (assumed).
      requests: 2_000,
    }
  }
  return null
}

function outputOf(shape: RequestShape): DistributionSpec {
  return lengthOf(shape.outputTokens, shape.outputVariation)
}

/** Uniform with the given mean and spread, as random benchmarks draw them: half-width √3 × standard deviation. */
function lengthOf(mean: number, variation: number): DistributionSpec {
  const half = Math.sqrt(3) * variation * mean
  const minimum = Math.max(1, Math.round(mean - half))
  const maximum = Math.max(minimum, Math.round(mean + half))
  return minimum === maximum ? { kind: 'constant', value: minimum } : { kind: 'uniform', minimum, maximum }
}

/** At least an engine's default of 256. */
function sequencesOf(point: MeasuredPoint): number {
  return Math.max(256, point.load.kind === 'closed' ? Math.ceil(point.load.concurrency) : 0)
}

/** It ran, so one request fitted: a smaller budget is our error. */
function roomForOne<
  Engine extends {
    readonly blocksPerRank: number
    readonly blockTokens: number
    readonly maximumContextTokens: number
  },
>(engine: Engine, point: MeasuredPoint): Engine {
  const longest = Math.ceil(1.2 * (point.nominalInputTokens + point.nominalOutputTokens)) + 64
  const blocks = Math.max(engine.blocksPerRank, Math.ceil(longest / engine.blockTokens))
  return {
    ...engine,
    blocksPerRank: blocks,
    maximumContextTokens: Math.max(engine.maximumContextTokens, longest),
  }
}
