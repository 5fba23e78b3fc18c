/**
 * What traffic looks like, and traffic itself. From a trace to mean lengths, their spread, prefix reuse, rate, burstiness
 * and sessions; from a trace or a client model to requests in time, at recorded times or waiting for answers.
 * Reads Azure, BurstGPT, Vidur and generic CSV; Mooncake, Qwen-Bailian, AIPerf, LLMServingSim and TraceLab JSON lines;
 * recorded agent sessions; ServeGen client models (docs/guides/traces.md).
 * Assumes that the future looks like the trace, and (where it must be inferred) a prefix cache that never evicts.
 */

export type { ArrivalSpec } from './arrivals.ts'
export { type ClosedLoopSpec, lockStepWarning } from './closed-loop.ts'
export type { DistributionSpec } from './distribution-spec.ts'
export type { JointLengthSpec } from './joint-lengths.ts'
export type { LengthSpec } from './lengths.ts'
export type { OpenLoopSpec } from './open-loop.ts'
export { parseArrivals, parseLength, parseRate } from './parse-workload.ts'
export type { PrefixSpec } from './prefix-groups.ts'
export type { RateSpec } from './rates.ts'
export type { SyntheticWorkload } from './request-emitter.ts'
export { planningStatistics, type TraceStatistics, traceStatistics } from './request-statistics.ts'
export { parseServeGenModel, type ServeGenModel } from './serve-gen-model.ts'
export { type ServeGenOptions, ServeGenWorkload } from './serve-gen-workload.ts'
export type { SessionsSpec } from './sessions.ts'
export { createWorkload, type WorkloadSpec } from './synthetic.ts'
export { readTrace, readTraceSource, readTraceStatistics } from './trace-file.ts'
export type { SessionPlace, TraceBlocks, TraceParser, TraceRequest, TraceSink } from './trace-formats.ts'
export { TraceReader, traceParserFor } from './trace-reader.ts'
export type { TraceReplayOptions, TraceStarts } from './trace-replay-options.ts'
export { sourceSummary, sourceWorkload, type TraceSource } from './trace-source.ts'
export { type TraceSummary, traceSummary } from './trace-statistics.ts'
export { type TraceTable, TraceTableBuilder } from './trace-table.ts'
export { type TraceWorkload, traceWorkload } from './trace-workload.ts'
export type { DurationSpec, StartSpec } from './user-starts.ts'
