/** What the page asks of its workers, and what they answer. Plain data: it is cloned on its way. */

import type { PlanFlags } from '../../src/cli/plan-flags.ts'
import type { SimulateFlags } from '../../src/cli/simulate-flags.ts'
import type { PoolSettings } from '../../src/fleet/types.ts'
import type { RunTimeline } from '../../src/metrics/run-series.ts'
import type { Candidate, TechniqueContribution } from '../../src/plan/types.ts'
import type { PlanReport, ReportFile } from '../../src/report/plan-report.ts'
import type { SimulationReport } from '../../src/report/simulation-report.ts'
import type { BenchRequest, ComparisonAnswer, ImportAnswer, PredictionAnswer } from './bench-protocol.ts'

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
  | {
      readonly kind: 'curve'
      readonly question: PlanQuestion
      /** An accelerator, or what several are called. */
      readonly acceleratorId: string
      /** Accelerators that may be used, where it is not that one. */
      readonly among?: readonly string[]
    }
  | { readonly kind: 'contributions'; readonly question: PlanQuestion }
  | { readonly kind: 'launch'; readonly question: PlanQuestion; readonly candidate: Candidate }
  | { readonly kind: 'simulate'; readonly question: SimulateQuestion }
  | BenchRequest

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

/** Of the model and the workload: searches of their own, asked for when all else is drawn. */
export interface ContributionsAnswer {
  readonly contributions: readonly TechniqueContribution[]
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
  /** As `tokenwright simulate` takes them. */
  readonly flags: SimulateFlags
  /** Requests come from it; null: from the flags. */
  readonly trace: TraceText | null
  /** ISO date, for what depends on today. */
  readonly today: string
  /** Number of the replica whose steps are kept, for watching them; beyond the last one: the last. */
  readonly watched: number
}

export interface SimulateAnswer {
  /** As the command line would print it. */
  readonly report: SimulationReport
  readonly watched: WatchedReplica
  readonly milliseconds: number
}

export interface WatchedReplica {
  readonly id: number
  readonly role: PoolSettings['role']
  /** Levels and watts of this replica alone. */
  readonly timeline: RunTimeline
  readonly steps: readonly WatchedStep[]
  readonly requests: readonly WatchedRequest[]
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
  /** On a prefill replica: begun, and not moved away yet. */
  readonly running: number
  readonly cacheUse: number
}

/**
 * One request's life on the watched replica, µs; NaN for what did not happen. Where one pool does both, its first token
 * parts reading from writing. On a prefill replica the prompt's end parts reading from waiting until the cache has moved;
 * on a decode replica the start of decoding parts the cache's way from writing.
 */
export interface WatchedRequest {
  readonly id: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly sentUs: number
  readonly startedUs: number
  readonly partedUs: number
  readonly endedUs: number
  readonly preemptedUs: readonly number[]
}

export interface Answers {
  readonly plan: PlanAnswer
  readonly curve: CurveAnswer
  readonly contributions: ContributionsAnswer
  readonly launch: LaunchAnswer
  readonly simulate: SimulateAnswer
  readonly 'bench-compare': ComparisonAnswer
  readonly 'bench-import': ImportAnswer
  readonly 'bench-predict': PredictionAnswer
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
