/** All that a printed simulation says: the result and what belongs beside it. Every format prints this. */
import type { Price } from '../catalog/types.ts'
import type { EngineSettings } from '../engine/settings.ts'
import type { ReplicaLifecycle } from '../fleet/types.ts'
import type { LatencyCurves } from '../metrics/index.ts'
import type { Deployment } from '../perf/deployment.ts'
import type { ErrorBand, Objective } from '../plan/types.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import type { AutoscalerSettings } from '../sim/autoscale.ts'
import type { EnergyPrice } from '../sim/bill.ts'
import type { TimedFault } from '../sim/faults.ts'
import type { SimulationResult } from '../sim/result.ts'
import type { WorkloadSpec } from '../workload/synthetic.ts'
import type { TraceReplayOptions } from '../workload/trace-replay-options.ts'

export type { CurveName, LatencyCurves } from '../metrics/index.ts'

export interface SimulationReport {
  readonly version: string
  readonly seed: string
  readonly modelId: string
  /** Of several deployments the first. */
  readonly deployment: Deployment
  /** Path of the deployment file; null when flags described it. */
  readonly deploymentFile: string | null
  /** All that serve; several are one fleet behind one router. */
  readonly deployments: readonly DeployedPools[]
  readonly workload: WorkloadFacts
  readonly fleet: FleetFacts
  readonly objectives: readonly Objective[]
  readonly result: SimulationResult
  readonly run: RunFacts
  /** The analytic answer to the same question; null where it has none. */
  readonly comparison: Comparison | null
  /** Dollars per million tokens at the throughput of the steady window; null without one. */
  readonly steadyUsdPerMillionTokens: number | null
  /** Quantiles for figures; null when no figure is drawn. */
  readonly curves: LatencyCurves | null
  readonly prices: readonly PricedAccelerator[]
  readonly notes: readonly string[]
}

export interface DeployedPools {
  readonly file: string | null
  readonly deployment: Deployment
  /** Names of its pools. */
  readonly pools: readonly string[]
}

export interface WorkloadFacts {
  readonly kind: 'closed' | 'open' | 'sessions' | 'trace' | 'file'
  /** How requests come, in words. */
  readonly description: string
  /** How long they are, in words. */
  readonly lengths: string
  /** As it was simulated; null for recordings. */
  readonly spec: WorkloadSpec | null
  readonly trace: {
    readonly files: readonly string[]
    readonly mode: 'arrivals' | 'sessions'
    readonly options: TraceReplayOptions
  } | null
}

export interface FleetFacts {
  readonly pools: readonly PoolFacts[]
  readonly router: RouterSpec
  readonly startupSeconds: number
  /** Those that fell within the run. */
  readonly faults: readonly TimedFault[]
  readonly autoscalers: readonly AutoscalerSettings[]
  readonly upgradeAtSeconds: number | null
}

export interface PoolFacts {
  readonly name: string
  readonly role: 'serve' | 'prefill' | 'decode'
  readonly acceleratorId: string
  readonly replicas: number
  readonly devicesPerReplica: number
  readonly engine: EngineSettings
  readonly usdPerReplicaHour: number
}

export interface RunFacts {
  /** When the run stopped, seconds. */
  readonly endSeconds: number
  readonly untilSeconds: number | null
  readonly submitted: number
  /** When the last request that has ended was due, seconds. */
  readonly lastArrivalSeconds: number
  readonly ended: number
  readonly unfinished: number
  /** Events of the fleet that were simulated. */
  readonly events: number
  /** Changes in the life of replicas, in order; those the fleet begins with are ready at 0. */
  readonly changes: readonly ReplicaChange[]
}

export interface ReplicaChange {
  readonly atSeconds: number
  readonly replica: number
  readonly pool: string
  readonly state: ReplicaLifecycle
}

export interface PricedAccelerator {
  readonly acceleratorId: string
  readonly price: Price
  /** Why this price, ready to print. */
  readonly reason: string
  /** Null when the price includes energy. */
  readonly energy: (EnergyPrice & { readonly region: string }) | null
}

export interface Comparison {
  /** The deployment file's prediction, or one made now for the same load. */
  readonly source: 'file' | 'computed'
  readonly rows: readonly ComparisonRow[]
}

export interface ComparisonRow {
  readonly quantity:
    | 'ttftMeanMs'
    | 'tpotMeanMs'
    | 'requestsPerSecond'
    | 'acceleratorWatts'
    | 'usdPerMillionTokens'
  readonly predicted: number
  readonly simulated: number
  /** Of the prediction, with 80 % confidence; null where the file states none. */
  readonly band: ErrorBand | null
}
