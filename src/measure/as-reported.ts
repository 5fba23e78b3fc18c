/**
 * "As vLLM bench reports it": TTFT, TPOT, ITL, latency and throughput of the same raw events by each peer's own formula. One
 * run has as many TTFTs as there are tools; a number quoted from one of them is compared with what that tool would have said
 * here. Our own definitions are in docs/models/metrics.md.
 */
import { asAiperfReports } from './as-reported-aiperf.ts'
import type { ReportedFigure } from './as-reported-figure.ts'
import { asGenaiPerfReports } from './as-reported-genai-perf.ts'
import { asGuidellmReports } from './as-reported-guidellm.ts'
import { asInferencePerfReports } from './as-reported-inference-perf.ts'
import { asSglangBenchReports } from './as-reported-sglang.ts'
import { asVllmBenchReports } from './as-reported-vllm.ts'
import type { RequestObservation } from './observation.ts'

export type { ReportedFigure, ReportedKind, ReportedStatistic } from './as-reported-figure.ts'

export const reportingPeers = [
  'aiperf',
  'genai-perf',
  'guidellm',
  'vllm-bench',
  'sglang-bench',
  'inference-perf',
] as const
export type ReportingPeer = (typeof reportingPeers)[number]

/** Name, and the version whose source was read. */
export const peerTitles: Readonly<Record<ReportingPeer, string>> = {
  aiperf: 'AIPerf 0.13.0',
  'genai-perf': 'GenAI-Perf (perf_analyzer 00168fe)',
  guidellm: 'GuideLLM (31c74ea)',
  'vllm-bench': 'vllm bench serve (009e6d4)',
  'sglang-bench': 'SGLang bench_serving (1291c7f)',
  'inference-perf': 'inference-perf (010d12f)',
}

const reports: Readonly<
  Record<ReportingPeer, (observations: readonly RequestObservation[]) => ReportedFigure[]>
> = {
  aiperf: asAiperfReports,
  'genai-perf': asGenaiPerfReports,
  guidellm: asGuidellmReports,
  'vllm-bench': asVllmBenchReports,
  'sglang-bench': asSglangBenchReports,
  'inference-perf': asInferencePerfReports,
}

/**
 * What the peer would have reported of one load. Warm-up is left out. Where a peer counts tokens with a tokenizer of its own
 * and ours counted none, the server's count stands in.
 */
export function asReportedBy(
  peer: ReportingPeer,
  observations: readonly RequestObservation[],
): ReportedFigure[] {
  return reports[peer](observations)
}
