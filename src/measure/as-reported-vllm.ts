/**
 * The figures of `vllm bench serve` from our raw events. Formulas read in vllm-project/vllm: calculate_metrics in
 * vllm/benchmarks/serve.py (009e6d4) and the readers of streams in vllm/benchmarks/lib/endpoint_request_func.py (02cfb53).
 *
 * A known difference: a last event with choices but without text (finish_reason alone) ends a request there; we keep no
 * time of it, so the last text is taken.
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
import type { RequestObservation } from './observation.ts'

/** First event with choices − sent: a chunk that only says the role counts. */
export function vllmTtftMs({ times }: RequestObservation): number {
  return spanMs(times.sentUs, times.firstEventUs)
}

/** Last event with choices − sent. */
export function vllmLatencyMs({ times }: RequestObservation): number {
  const lastUs = Number.isNaN(times.lastContentUs) ? times.firstEventUs : times.lastContentUs
  return spanMs(times.sentUs, lastUs)
}

/** completion_tokens of usage; without it the client's tokenizer; without that 1. */
export function vllmOutputTokens({ reported, counted }: RequestObservation): number {
  if (reported !== null && reported.outputTokens > 0) return reported.outputTokens
  return counted.tokens ?? 1
}

/** (latency − TTFT) ÷ (n − 1); requests with n ≤ 1 are left out (and count as 0 for goodput). */
export function vllmTpotMs(request: RequestObservation): number {
  const tokens = vllmOutputTokens(request)
  if (tokens < 2) return Number.NaN
  return (vllmLatencyMs(request) - vllmTtftMs(request)) / (tokens - 1)
}

/** Gaps between events with choices, pooled over all requests: an event with several tokens is one gap. */
export function vllmInterTokenLatenciesMs({ times, chunks }: RequestObservation): number[] {
  const events = Array.from(chunks.us)
  if (times.firstEventUs < (events[0] ?? Number.POSITIVE_INFINITY)) events.unshift(times.firstEventUs)
  return gapsMs(events)
}

export function asVllmBenchReports(observations: readonly RequestObservation[]): ReportedFigure[] {
  const measured = observations.filter(({ phase }) => phase === 'measured')
  const requests = servedOf(observations).filter(({ times }) => !Number.isNaN(times.firstEventUs))
  const seconds = spanSeconds(
    measured,
    ({ times }) => times.dispatchedUs,
    ({ times }) => times.endedUs,
  )
  return peerFigures(seconds, {
    ttft: {
      metric: 'ttft_ms',
      unit: 'ms',
      definition: 'first event with choices − sent, a chunk with only the role included',
      values: requests.map(vllmTtftMs),
      whenEmpty: 0,
    },
    tpot: {
      metric: 'tpot_ms',
      unit: 'ms',
      definition:
        '(last event with choices − first) ÷ (n − 1), one value a request with n > 1; 0 without any',
      values: requests.map(vllmTpotMs),
      whenEmpty: 0,
    },
    itl: {
      metric: 'itl_ms',
      unit: 'ms',
      definition: 'gaps between events with choices, however many tokens they hold, pooled over all requests',
      values: requests.flatMap(vllmInterTokenLatenciesMs),
      whenEmpty: 0,
    },
    e2e: {
      metric: 'e2el_ms',
      unit: 'ms',
      definition: 'last event with choices − sent; waiting for the client’s own cap is not in it',
      values: requests.map(vllmLatencyMs),
      whenEmpty: 0,
    },
    'output-throughput': {
      metric: 'output_throughput',
      unit: 'tok/s',
      definition: 'Σ output tokens ÷ (all streams closed − start of the run)',
      amount: sumOf(requests, vllmOutputTokens),
    },
    'request-throughput': {
      metric: 'request_throughput',
      unit: 'req/s',
      definition: 'successful requests ÷ (all streams closed − start of the run)',
      amount: requests.length,
    },
  })
}
