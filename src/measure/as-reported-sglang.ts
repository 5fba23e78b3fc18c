/**
 * The figures of SGLang's bench_serving (backend sglang-oai-chat) from our raw events. Formulas read in sgl-project/sglang:
 * do_calculate_metrics in python/sglang/benchmark/metrics.py (1291c7f) and the reader of the stream in
 * python/sglang/benchmark/backends/oai_chat_client.py (55c7579).
 */
import {
  gapsMs,
  peerFigures,
  type ReportedFigure,
  servedOf,
  spanMs,
  spanSeconds,
  sumOf,
} from './as-reported-figure.ts'
import { firstTokenUs, type RequestObservation } from './observation.ts'

/** First chunk with reasoning or content − sent; 0 where there is none. */
export function sglangTtftMs({ times }: RequestObservation): number {
  const ms = spanMs(times.sentUs, firstTokenUs(times))
  return Number.isNaN(ms) ? 0 : ms
}

/** Last line of the stream − sent: usage and [DONE] move it on. */
export function sglangLatencyMs({ times }: RequestObservation): number {
  return spanMs(times.sentUs, times.endedUs)
}

/** completion_tokens of usage; without usage the number that was asked for. */
export function sglangOutputTokens({ reported, requestedOutputTokens }: RequestObservation): number {
  return reported?.outputTokens ?? requestedOutputTokens
}

/** (latency − TTFT) ÷ (n − 1): the tail of the stream after the last token is in it. NaN for n < 2. */
export function sglangTpotMs(request: RequestObservation): number {
  const tokens = sglangOutputTokens(request)
  if (tokens < 2) return Number.NaN
  return (sglangLatencyMs(request) - sglangTtftMs(request)) / (tokens - 1)
}

/** Gaps between chunks with text, pooled. (Its native backend divides them by the tokens of the chunk.) */
export function sglangInterTokenLatenciesMs({ chunks }: RequestObservation): number[] {
  return gapsMs(chunks.us)
}

export function asSglangBenchReports(observations: readonly RequestObservation[]): ReportedFigure[] {
  const measured = observations.filter(({ phase }) => phase === 'measured')
  const requests = servedOf(observations)
  const seconds = spanSeconds(
    measured,
    ({ times }) => times.dispatchedUs,
    ({ times }) => times.endedUs,
  )
  return peerFigures(seconds, {
    ttft: {
      metric: 'ttft_ms',
      unit: 'ms',
      definition: 'first chunk with reasoning or content − sent; 0 where there is none',
      values: requests.map(sglangTtftMs),
      whenEmpty: 0,
    },
    tpot: {
      metric: 'tpot_ms',
      unit: 'ms',
      definition: '(last line of the stream − first text) ÷ (n − 1), usage and [DONE] included',
      values: requests.map(sglangTpotMs),
      whenEmpty: 0,
    },
    itl: {
      metric: 'itl_ms',
      unit: 'ms',
      definition: 'gaps between chunks with text, however many tokens they hold, pooled over all requests',
      values: requests.flatMap(sglangInterTokenLatenciesMs),
      whenEmpty: 0,
    },
    e2e: {
      metric: 'e2e_latency_ms',
      unit: 'ms',
      definition: 'last line of the stream − sent, usage and [DONE] included',
      values: requests.map(sglangLatencyMs),
    },
    'output-throughput': {
      metric: 'output_throughput',
      unit: 'tok/s',
      definition: 'Σ output tokens ÷ (all streams closed − start of the run)',
      amount: sumOf(requests, sglangOutputTokens),
    },
    'request-throughput': {
      metric: 'request_throughput',
      unit: 'req/s',
      definition: 'successful requests ÷ (all streams closed − start of the run)',
      amount: requests.length,
    },
  })
}
