/**
 * GuideLLM's figures from our raw events. Formulas read in vllm-project/guidellm: src/guidellm/schemas/base/request_stats.py
 * (31c74ea), src/guidellm/benchmark/schemas/generative/metrics.py (06cef29), src/guidellm/schemas/base/statistics.py (0280467):
 * TPOT counts the first token, TPOT and ITL are weighted by tokens, and a value that does not exist counts as 0.
 */
import {
  peerFigures,
  type ReportedFigure,
  servedOf,
  spanMs,
  spanSeconds,
  sumOf,
} from './as-reported-figure.ts'
import { firstTokenUs, type RequestObservation } from './observation.ts'

/** First iteration with a token − request start. */
export function guidellmTtftMs({ times }: RequestObservation): number {
  return spanMs(times.sentUs, firstTokenUs(times))
}

/** The server's usage; without it, every chunk is one token. */
export function guidellmOutputTokens({ reported, chunks }: RequestObservation): number {
  return reported?.outputTokens ?? chunks.us.length
}

/** (last token − request start) ÷ n: the prompt's time is in it. NaN for n = 0. */
export function guidellmTimePerOutputTokenMs(request: RequestObservation): number {
  const { times } = request
  const tokens = guidellmOutputTokens(request)
  if (tokens === 0) return Number.NaN
  const lastUs = Number.isNaN(times.lastContentUs) ? times.endedUs : times.lastContentUs
  return spanMs(times.sentUs, lastUs) / tokens
}

/** (last token − first token) ÷ (n − 1): what others call TPOT. NaN for n < 2. */
export function guidellmInterTokenLatencyMs(request: RequestObservation): number {
  const tokens = guidellmOutputTokens(request)
  if (tokens < 2) return Number.NaN
  return spanMs(firstTokenUs(request.times), request.times.lastContentUs) / (tokens - 1)
}

/** Request end − request start, to the end of the stream, usage and [DONE] included. */
export function guidellmRequestLatencySeconds({ times }: RequestObservation): number {
  return spanMs(times.sentUs, times.endedUs) / 1000
}

export function asGuidellmReports(observations: readonly RequestObservation[]): ReportedFigure[] {
  const requests = servedOf(observations)
  const seconds = spanSeconds(
    requests,
    ({ times }) => times.sentUs,
    ({ times }) => times.endedUs,
  )
  return peerFigures(seconds, {
    ttft: {
      metric: 'time_to_first_token_ms',
      unit: 'ms',
      definition: 'first chunk with a token − request start; 0 where there is none',
      values: requests.map(request => orZero(guidellmTtftMs(request))),
      whenEmpty: 0,
    },
    tpot: {
      metric: 'time_per_output_token_ms',
      unit: 'ms',
      definition: '(last token − request start) ÷ n, the first token included; weighted by n',
      weighted: requests.map(request => ({
        value: orZero(guidellmTimePerOutputTokenMs(request)),
        weight: guidellmOutputTokens(request),
      })),
    },
    itl: {
      metric: 'inter_token_latency_ms',
      unit: 'ms',
      definition: '(last token − first token) ÷ (n − 1), one value a request, weighted by n − 1',
      weighted: requests.map(request => ({
        value: orZero(guidellmInterTokenLatencyMs(request)),
        weight: guidellmOutputTokens(request) - 1,
      })),
    },
    e2e: {
      metric: 'request_latency',
      unit: 's',
      definition: 'end of the stream − request start, usage and [DONE] included',
      values: requests.map(request => orZero(guidellmRequestLatencySeconds(request))),
      whenEmpty: 0,
    },
    'output-throughput': {
      metric: 'output_tokens_per_second',
      unit: 'tokens/s',
      definition: 'mean over time of the token rate = Σ output tokens ÷ measured window (here: not trimmed)',
      amount: sumOf(requests, guidellmOutputTokens),
    },
    'request-throughput': {
      metric: 'requests_per_second',
      unit: 'requests/s',
      definition: 'mean over time of the rate of ends = requests ÷ measured window (here: not trimmed)',
      amount: requests.length,
    },
  })
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value
}
