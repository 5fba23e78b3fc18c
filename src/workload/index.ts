/**
 * What traffic looks like, for planning: from a trace to mean lengths, their spread, prefix reuse, rate and burstiness.
 * Reads Azure, BurstGPT, Vidur and generic CSV; Mooncake, Qwen-Bailian and AIPerf single-turn JSON lines.
 * Assumes that the future looks like the trace, and (where it must be inferred) a prefix cache that never evicts.
 */
export { RequestStatistics, type TraceStatistics } from './request-statistics.ts'
export { type TraceParser, TraceReader, type TraceRequest, traceParserFor } from './trace-formats.ts'
