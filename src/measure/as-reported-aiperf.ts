/**
 * AIPerf's figures from our raw events. Formulas read in aiperf 0.13.0 (PyPI), src/aiperf/metrics/types/: ttft_metric.py,
 * request_latency_metric.py, inter_token_latency_metric.py, inter_chunk_latency_metric.py, output_token_throughput_metrics.py,
 * max_response_metric.py. Percentiles interpolate linearly.
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
import { firstTokenUs, outputTokensOf, type RequestObservation } from './observation.ts'

/** First chunk with content or reasoning − sent (ttft_metric.py). */
export function aiperfTtftMs({ times }: RequestObservation): number {
  return spanMs(times.sentUs, firstTokenUs(times))
}

/** Last chunk with content − sent; usage and [DONE] do not count (request_latency_metric.py). */
export function aiperfRequestLatencyMs({ times }: RequestObservation): number {
  return spanMs(times.sentUs, times.lastContentUs)
}

/** Output tokens by the client's tokenizer on the whole text; the server's count where no tokenizer was used. */
export function aiperfOutputTokens(request: RequestObservation): number {
  return request.counted.tokens ?? outputTokensOf(request)
}

/**
 * (request latency − TTFT) ÷ (n − 1), one value a request; with usage in every chunk the divisor is n − tokens of the first
 * chunk, unless that leaves less than one (inter_token_latency_metric.py).
 */
export function aiperfInterTokenLatencyMs(request: RequestObservation): number {
  const tokens = aiperfOutputTokens(request)
  if (tokens < 2) return Number.NaN
  const { chunks } = request
  const first = chunks.method === 'usage-per-chunk' ? (chunks.tokens[0] ?? 1) : 1
  const divisor = first > 0 && tokens - first >= 1 ? tokens - first : tokens - 1
  return (aiperfRequestLatencyMs(request) - aiperfTtftMs(request)) / divisor
}

/** Gaps between chunks with content, whatever they hold (inter_chunk_latency_metric.py). */
export function aiperfInterChunkLatenciesMs({ chunks }: RequestObservation): number[] {
  return gapsMs(chunks.us)
}

/** Last content of any request − first request sent (benchmark_duration_metric.py, max_response_metric.py), seconds. */
export function aiperfDurationSeconds(requests: readonly RequestObservation[]): number {
  return spanSeconds(
    requests,
    ({ times }) => times.sentUs,
    ({ times }) => times.lastContentUs,
  )
}

export function asAiperfReports(observations: readonly RequestObservation[]): ReportedFigure[] {
  const requests = servedOf(observations).filter(({ times }) => !Number.isNaN(firstTokenUs(times)))
  const seconds = aiperfDurationSeconds(requests)
  const streaming = requests.filter(({ chunks }) => chunks.us.length > 0)
  return peerFigures(seconds, {
    ttft: {
      metric: 'time_to_first_token',
      unit: 'ms',
      definition: 'first chunk with content or reasoning − sent',
      values: streaming.map(aiperfTtftMs),
    },
    tpot: {
      metric: 'inter_token_latency',
      unit: 'ms',
      definition: '(request latency − TTFT) ÷ (n − 1), one value a request; n by the client’s tokenizer',
      values: streaming.map(aiperfInterTokenLatencyMs),
    },
    itl: {
      metric: 'inter_chunk_latency',
      unit: 'ms',
      definition: 'gaps between chunks with content, however many tokens they hold',
      values: streaming.flatMap(aiperfInterChunkLatenciesMs),
    },
    e2e: {
      metric: 'request_latency',
      unit: 'ms',
      definition: 'last chunk with content − sent; usage and [DONE] do not count',
      values: requests.map(aiperfRequestLatencyMs),
    },
    'output-throughput': {
      metric: 'output_token_throughput',
      unit: 'tokens/sec',
      definition: 'Σ output tokens ÷ (last content of all − first sent of all)',
      amount: sumOf(requests, aiperfOutputTokens),
    },
    'request-throughput': {
      metric: 'request_throughput',
      unit: 'requests/sec',
      definition: 'served requests ÷ (last content of all − first sent of all)',
      amount: requests.length,
    },
  })
}
