/**
 * GenAI-Perf's figures from our raw events. Formulas read in triton-inference-server/perf_analyzer at 00168fe7 (2025),
 * genai-perf/genai_perf/profile_data_parser/llm_profile_data_parser.py. It looks at `content` only, so that reasoning is
 * invisible to it; responses without content are dropped before anything is computed.
 */
import {
  peerFigures,
  type ReportedFigure,
  servedOf,
  spanMs,
  spanSeconds,
  sumOf,
} from './as-reported-figure.ts'
import { outputTokensOf, type RequestObservation } from './observation.ts'

/** First response with content − sent. */
export function genaiPerfTtftMs({ times }: RequestObservation): number {
  return spanMs(times.sentUs, times.firstContentUs)
}

/** Last response with content − sent. */
export function genaiPerfRequestLatencyMs({ times }: RequestObservation): number {
  return spanMs(times.sentUs, times.lastContentUs)
}

/**
 * By the client's tokenizer on the content; where there is none, the server's count less the reasoning tokens, which it
 * would not see.
 */
export function genaiPerfOutputTokens(request: RequestObservation): number {
  return (
    request.counted.tokens ?? Math.max(0, outputTokensOf(request) - (request.reported?.reasoningTokens ?? 0))
  )
}

/** (latency − TTFT) ÷ (n − 1), rounded to whole nanoseconds; none for n < 2. */
export function genaiPerfInterTokenLatencyMs(request: RequestObservation): number {
  const tokens = genaiPerfOutputTokens(request)
  if (tokens < 2) return Number.NaN
  const ms = (genaiPerfRequestLatencyMs(request) - genaiPerfTtftMs(request)) / (tokens - 1)
  return Math.round(ms * 1e6) / 1e6
}

/** Chunk gap ÷ tokens of the later chunk, an empty chunk as one token; shown by token position. */
export function genaiPerfChunkedInterTokenLatenciesMs({ chunks }: RequestObservation): number[] {
  const latencies: number[] = []
  for (let index = 1; index < chunks.us.length; index++) {
    const tokens = chunks.tokens[index]! > 0 ? chunks.tokens[index]! : 1
    latencies.push(spanMs(chunks.us[index - 1]!, chunks.us[index]!) / tokens)
  }
  return latencies
}

export function asGenaiPerfReports(observations: readonly RequestObservation[]): ReportedFigure[] {
  const served = servedOf(observations)
  const requests = served.filter(({ times }) => !Number.isNaN(times.firstContentUs))
  const seconds = spanSeconds(
    requests,
    ({ times }) => times.sentUs,
    ({ times }) => times.lastContentUs,
  )
  return peerFigures(seconds, {
    ttft: {
      metric: 'time_to_first_token',
      unit: 'ms',
      definition: 'first chunk with content − sent; reasoning is not seen',
      values: requests.map(genaiPerfTtftMs),
    },
    tpot: {
      metric: 'inter_token_latency',
      unit: 'ms',
      definition: '(latency − TTFT) ÷ (n − 1), one value a request; n by the client’s tokenizer',
      values: requests.map(genaiPerfInterTokenLatencyMs),
    },
    itl: {
      metric: 'chunked_inter_token_latency',
      unit: 'ms',
      definition: 'gap between chunks ÷ tokens of the later one, one value a gap',
      values: requests.flatMap(genaiPerfChunkedInterTokenLatenciesMs),
    },
    e2e: {
      metric: 'request_latency',
      unit: 'ms',
      definition: 'last chunk with content − sent',
      values: requests.map(genaiPerfRequestLatencyMs),
    },
    'output-throughput': {
      metric: 'output_token_throughput',
      unit: 'tokens/sec',
      definition: 'Σ output tokens ÷ (last content of all − first sent of all)',
      amount: sumOf(requests, genaiPerfOutputTokens),
    },
    'request-throughput': {
      metric: 'request_throughput',
      unit: 'requests/sec',
      definition: 'all requests, empty answers included, ÷ (last content of all − first sent of all)',
      amount: served.length,
    },
  })
}
