/** One end-to-end measurement of a real engine, in the project's own terms. */
import type { AggregatedDeployment, Deployment, RequestShape } from '../perf/deployment.ts'
import type { SkipKind } from './rows/reasons.ts'

export type MeasuredFile =
  | 'serving_latency'
  | 'serving_throughput_energy'
  | 'serving_deepseek_r1_dated'
  | 'mlperf_inference'
  | 'trtllm_perf_overview'
  | 'trtllm_online_serving'
  | 'vllm_open_loop_summaries'
  /** A user's own points in the plain form (docs/guides/calibrate.md). */
  | 'own_points'

export interface MeasuredPoint {
  /** Unique in the file: its own id, or the row number. */
  readonly id: string
  readonly file: MeasuredFile
  /** Catalog id of the model; the accelerator is in the deployment. */
  readonly modelId: string
  readonly deployment: Deployment
  /** Mean lengths as really sent (0.9 × nominal for InferenceX rows) and their spread. */
  readonly shape: RequestShape
  /** Nominal lengths as the file states them. */
  readonly nominalInputTokens: number
  readonly nominalOutputTokens: number
  /** Every request had the nominal lengths, so that a closed loop runs in waves (docs/models/measured-rows.md). */
  readonly fixedLengths?: boolean
  /**
   * Layouts among which the best is predicted, where the file does not say what ran: lists in order of trust, the first
   * list with a feasible layout counts. `deployment` is the first of them. Each has one replica.
   */
  readonly alternatives?: readonly (readonly AggregatedDeployment[])[]
  /** How the run was loaded. Offline = all requests at once. Limited = as many Poisson arrivals as the limits allow. */
  readonly load:
    | { readonly kind: 'closed'; readonly concurrency: number; readonly requests: number | null }
    | { readonly kind: 'open'; readonly requestsPerSecond: number }
    | { readonly kind: 'offline' }
    | { readonly kind: 'limited'; readonly ttftP99Ms: number; readonly tpotP99Ms: number }
  readonly statistic: 'mean' | 'median'
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  /** Input + output tokens per second per device, all pools' devices. */
  readonly totalTokensPerSecondPerDevice: number | null
  readonly outputTokensPerSecondPerDevice: number | null
  /** Board power only. Null for multi-node rows, whose figures are unreliable. */
  readonly joulesPerOutputToken: number | null
  readonly devices: number
  readonly multiNode: boolean
  readonly date: string | null
  readonly engineVersion: string | null
  /** Configuration group: model × accelerator × engine × precision × layout × mode × speculation. Held out as a whole. */
  readonly group: string
  /** Decision group: model × accelerator × nominal lengths. Regret is judged inside it. */
  readonly decisionGroup: string
  /** Why the row is not to be trusted (a text of suspectReasons); null for clean rows. It is predicted either way. */
  readonly suspect: string | null
}

/** A row that is not predicted, with one of a closed list of reasons (skipReasons). */
export interface SkippedRow {
  readonly id: string
  readonly reason: string
  readonly kind: SkipKind
}

export interface MeasuredRows {
  readonly file: MeasuredFile
  /** Data rows in the file. */
  readonly rows: number
  /** Distinct measurements: rows less duplicates. */
  readonly distinct: number
  readonly points: readonly MeasuredPoint[]
  readonly skipped: readonly SkippedRow[]
}
