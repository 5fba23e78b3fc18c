/** What the page asks of its workers, and what they answer. Plain data: it is cloned on its way. */

import type { PriceTier } from '../../src/catalog/types.ts'
import type { PlanFlags } from '../../src/cli/plan-flags.ts'
import type { SimulateFlags } from '../../src/cli/simulate-flags.ts'
import type { Candidate } from '../../src/plan/types.ts'
import type { PlanReport, ReportFile } from '../../src/report/plan-report.ts'
import type { SimulationResult } from '../../src/sim/result.ts'

/** A model of the catalog, or a config.json that somebody brought. */
export type ModelSource =
  | { readonly kind: 'catalog'; readonly name: string }
  | { readonly kind: 'config'; readonly id: string; readonly text: string }

export interface TraceText {
  readonly name: string
  readonly text: string
}

export interface PlanQuestion {
  readonly model: ModelSource
  /** As the command line would be given them: one reader, one set of messages. */
  readonly flags: PlanFlags
  /** Lengths, prefix reuse and burstiness come from it; null: from the flags. */
  readonly trace: TraceText | null
  /** ISO date, for what depends on today. */
  readonly today: string
}

export type WorkerRequest =
  | { readonly kind: 'plan'; readonly question: PlanQuestion; readonly focus: Focus | null }
  | { readonly kind: 'curve'; readonly question: PlanQuestion; readonly acceleratorId: string }
  | { readonly kind: 'launch'; readonly question: PlanQuestion; readonly candidate: Candidate }
  | { readonly kind: 'simulate'; readonly question: SimulateQuestion }

/** Only deployments like the last answer's: quick, while the whole search runs. */
export interface Focus {
  readonly acceleratorIds: readonly string[]
  readonly engines: readonly string[]
  readonly precisions: readonly string[]
  readonly disaggregated: boolean
  readonly speculation: boolean
}

export interface PlanAnswer {
  readonly report: PlanReport
  /** Null for a whole search. */
  readonly focus: Focus | null
  readonly milliseconds: number
}

/** What one accelerator can do over all speeds: objectives on TPOT are left out, so that the curve shows what they cost. */
export interface CurveAnswer {
  readonly acceleratorId: string
  readonly costFront: readonly Candidate[]
  readonly throughputFront: readonly Candidate[]
  readonly measured: readonly MeasuredPoint[]
}

/** A measured operating point near the question: throughput follows from its latencies by Little's law. */
export interface MeasuredPoint {
  readonly acceleratorId: string
  readonly engine: string
  readonly precision: string
  readonly layout: string
  readonly devices: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly concurrency: number
  readonly tpotMs: number
  readonly ttftMs: number
  readonly date: string | null
  readonly tokensPerSecondPerUser: number
  readonly tokensPerSecondPerDevice: number
}

export interface LaunchAnswer {
  readonly files: readonly ReportFile[]
  readonly benchmarkCommand: string | null
}

export interface SimulateQuestion {
  readonly model: ModelSource
  /** Hardware, engine, precision and layout as `tokenwright simulate` takes them. */
  readonly flags: SimulateFlags
  readonly tier: PriceTier
  readonly workload: SimulatedWorkload
  readonly requests: number
  readonly seed: string
  /** The replica whose steps are kept, for watching them. */
  readonly watched: number
}

export type SimulatedWorkload =
  | (TraceText & { readonly kind: 'trace' })
  | {
      readonly kind: 'closed' | 'open'
      /** Users always in flight, or requests per second. */
      readonly amount: number
      readonly inputTokens: number
      readonly outputTokens: number
      /** Coefficient of variation of both lengths. */
      readonly variation: number
      /** Part of every prompt that others share. */
      readonly prefixShare: number
    }

export interface SimulateAnswer {
  readonly title: string
  readonly result: SimulationResult
  readonly steps: readonly WatchedStep[]
  readonly requests: readonly WatchedRequest[]
  /** Sequences the watched replica may run at once. */
  readonly slots: number
  readonly notes: readonly string[]
  readonly milliseconds: number
}

/** One engine step of the watched replica, times in µs of the run. */
export interface WatchedStep {
  readonly startUs: number
  readonly endUs: number
  readonly decodeSequences: number
  readonly prefillTokens: number
  readonly outputTokens: number
  readonly joules: number
  readonly waiting: number
  readonly running: number
  readonly cacheUse: number
}

/** One request's life on the watched replica; NaN for what did not happen. */
export interface WatchedRequest {
  readonly id: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly sentUs: number
  readonly startedUs: number
  readonly firstTokenUs: number
  readonly endedUs: number
  readonly preemptedUs: readonly number[]
}

export interface Answers {
  readonly plan: PlanAnswer
  readonly curve: CurveAnswer
  readonly launch: LaunchAnswer
  readonly simulate: SimulateAnswer
}

/** A fault of the user's input, as the command line would print it; `internal` for ours. */
export interface Fault {
  readonly code: string
  readonly message: string
  readonly where?: string
  readonly fix?: string
}

/** To a worker. `stop` is shared memory (null where the page may not share it): tickets below it are not wanted any more. */
export type ToWorker =
  | { readonly kind: 'start'; readonly stop: Int32Array | null }
  | { readonly kind: 'ask'; readonly ticket: number; readonly request: WorkerRequest }
  | { readonly kind: 'stop'; readonly before: number }

export type FromWorker =
  | { readonly kind: 'answer'; readonly ticket: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: 'fault'; readonly ticket: number; readonly fault: Fault }
  | { readonly kind: 'progress'; readonly ticket: number; readonly text: string }
