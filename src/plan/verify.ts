/**
 * The twin's second opinion on planned deployments: the same deployment and load, request by request in virtual time, so
 * that queues, batches and percentiles are what happens and not what a formula says. Shows where both differ; it does not
 * replace the prediction. Loaded only for plan --verify.
 */
import type { Accelerator } from '../catalog/types.ts'
import { RandomSource } from '../core/random.ts'
import { createFleet } from '../fleet/fleet.ts'
import { RunMetrics, summariseRun } from '../metrics/index.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import type { CoefficientSet } from '../perf/coefficients.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { createRouter } from '../routing/create-router.ts'
import { simulate } from '../sim/driver.ts'
import { firstTokenAfter } from '../sim/first-token-after.ts'
import type { TwinCalibration } from '../sim/twin-calibration.ts'
import { twinPools } from '../sim/twin-pools.ts'
import type { DistributionSpec } from '../workload/distribution-spec.ts'
import { createWorkload, type WorkloadSpec } from '../workload/synthetic.ts'
import type { Candidate, Objective, PlanRequest } from './types.ts'

export interface VerifyInput {
  readonly candidate: Candidate
  readonly request: PlanRequest
  readonly architecture: ModelArchitecture
  readonly accelerator: (id: string) => Accelerator
  readonly coefficients: CoefficientSet
  readonly calibration: TwinCalibration
  readonly seed: string | number
}

export interface VerifiedFigure {
  readonly name: 'ttft-mean' | 'ttft-p90' | 'tpot-mean' | 'requests-per-second'
  readonly unit: 'ms' | 'requests/s'
  readonly predicted: number
  readonly simulated: number
  /** simulated ÷ predicted − 1. */
  readonly difference: number
}

export interface Verification {
  readonly candidateId: string
  /** Measured requests, after warm-up. */
  readonly requests: number
  readonly seed: string
  readonly figures: readonly VerifiedFigure[]
  readonly objectives: readonly {
    readonly objective: Objective
    readonly simulatedMs: number | null
    readonly met: boolean | null
  }[]
  readonly preemptions: number
}

/** Requests that count: enough for a 99th percentile (assumed), and several rounds of every user of a closed loop. */
const fewestRequests = 2_000
const roundsPerUser = 8
/** A share of as many again is run first and not counted, until queues and batches have settled (assumed). */
const warmupShare = 0.25

/** Simulates a candidate under the load it was planned for. */
export function verifyCandidate(input: VerifyInput): Verification {
  const { candidate, request } = input
  const random = new RandomSource(input.seed)
  const pools = twinPools({
    modelId: request.modelId,
    architecture: input.architecture,
    deployment: candidate.deployment,
    shape: request.shape,
    accelerator: input.accelerator,
    coefficients: input.coefficients,
    calibration: input.calibration,
    usdPerDeviceHour: () => 0,
    overrides: {},
    skipEvents: true,
    cacheEvents: false,
    startupSeconds: 0,
  })
  const fleet = createFleet({
    pools,
    router: createRouter({ kind: 'least-loaded' }, random),
    decodeRouter: null,
    seed: input.seed,
    firstTokenAfter: firstTokenAfter(candidate.deployment.engine),
  })
  const counted = Math.max(fewestRequests, roundsPerUser * loadUsers(candidate))
  const warmup = Math.round(warmupShare * counted)
  const metrics = new RunMetrics({ objectives: request.objectives, warmUp: { requests: warmup, seconds: 0 } })
  const end = simulate(
    createWorkload(workloadOf(candidate, request.shape, counted + warmup), random),
    fleet,
    event => {
      if (event.kind === 'ended') metrics.addRecord(event.record)
    },
  )
  const summary = summariseRun(metrics, {
    endUs: end.nowUs,
    devices: null,
    unfinished: end.unfinished,
    joules: null,
  })
  const { performance } = candidate
  const { ttftService, tpot } = summary.latency
  const rate = summary.steady?.requestsPerSecond ?? summary.fullRun.requestsPerSecond
  return {
    candidateId: candidate.id,
    requests: summary.requests.measured,
    seed: String(input.seed),
    figures: [
      figure('ttft-mean', 'ms', performance.ttft.meanMs, ttftService.meanMs),
      figure('ttft-p90', 'ms', performance.ttft.p90Ms, ttftService.p90Ms),
      figure('tpot-mean', 'ms', performance.tpot.meanMs, tpot.meanMs),
      figure('requests-per-second', 'requests/s', performance.requestsPerSecond, rate),
    ].flatMap(value => (value === null ? [] : [value])),
    objectives: summary.objectives.map(({ objective, valueWithMissesMs, met }) => ({
      objective,
      simulatedMs: valueWithMissesMs,
      met,
    })),
    preemptions: summary.preemptions,
  }
}

function figure(
  name: VerifiedFigure['name'],
  unit: VerifiedFigure['unit'],
  predicted: number,
  simulated: number | null,
): VerifiedFigure | null {
  if (simulated === null) return null
  return { name, unit, predicted, simulated, difference: simulated / predicted - 1 }
}

function loadUsers({ load }: Candidate): number {
  return load.kind === 'closed' ? Math.max(1, Math.round(load.concurrency)) : 0
}

/** The steady state that the prediction is of: users of a closed loop start in the middle of their answers. */
function workloadOf(candidate: Candidate, shape: RequestShape, requests: number): WorkloadSpec {
  const lengths = {
    input: lengthOf(shape.inputTokens, shape.inputVariation),
    output: lengthOf(shape.outputTokens, shape.outputVariation),
  }
  const share = shape.cachedTokens / shape.inputTokens
  const prefix = share > 0 ? { prefix: { groups: 1, share: Math.min(0.999, share) } } : {}
  const { load } = candidate
  return load.kind === 'closed'
    ? { kind: 'closed', users: loadUsers(candidate), lengths, requests, initialProgress: true, ...prefix }
    : {
        kind: 'open',
        arrivals:
          load.arrivalVariation === 1
            ? { kind: 'poisson', rate: load.requestsPerSecond }
            : { kind: 'gamma', rate: load.requestsPerSecond, cv: load.arrivalVariation },
        lengths,
        requests,
        ...prefix,
      }
}

/** Lognormal with the stated mean and spread: lengths are positive and right-skewed. */
function lengthOf(mean: number, variation: number): DistributionSpec {
  const rounded = Math.max(1, Math.round(mean))
  return variation < 1e-6
    ? { kind: 'constant', value: rounded }
    : {
        kind: 'lognormal',
        mean: Math.max(1, mean),
        cv: variation,
        minimum: 1,
        maximum: Math.ceil(10 * mean + 100),
      }
}
