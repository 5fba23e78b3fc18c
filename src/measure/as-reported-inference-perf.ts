/**
 * inference-perf's figures from our raw events. Formulas read in kubernetes-sigs/inference-perf,
 * inference_perf/reportgen/base.py (010d12f): every token of a chunk gets the chunk's time, so that most of its inter-token
 * latencies are 0 where chunks hold several; answers with one token have neither TTFT nor TPOT.
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
import { outputTokensOf, type RequestObservation } from './observation.ts'

/** The time of every token: its chunk's, repeated. */
export function inferencePerfTokenTimesUs({ chunks }: RequestObservation): number[] {
  const times: number[] = []
  for (let index = 0; index < chunks.us.length; index++) {
    for (let token = 0; token < Math.round(chunks.tokens[index]!); token++) times.push(chunks.us[index]!)
  }
  return times
}

/** First token − start, of answers with more than one token; NaN otherwise. */
export function inferencePerfTtftSeconds(request: RequestObservation): number {
  const times = inferencePerfTokenTimesUs(request)
  return times.length > 1 ? spanMs(request.times.sentUs, times[0]!) / 1000 : Number.NaN
}

/** By the client's tokenizer on the whole text; the server's count where no tokenizer was used. */
export function inferencePerfOutputTokens(request: RequestObservation): number {
  return request.counted.tokens ?? outputTokensOf(request)
}

/** (last token − first token) ÷ (n − 1); NaN for one token. */
export function inferencePerfTpotSeconds(request: RequestObservation): number {
  const times = inferencePerfTokenTimesUs(request)
  const tokens = inferencePerfOutputTokens(request)
  if (times.length < 2 || tokens < 2) return Number.NaN
  return spanMs(times[0]!, times.at(-1)!) / 1000 / (tokens - 1)
}

/** Gaps between successive tokens; 0 within a chunk. */
export function inferencePerfInterTokenLatenciesSeconds(request: RequestObservation): number[] {
  return gapsMs(inferencePerfTokenTimesUs(request)).map(ms => ms / 1000)
}

/** End of the answer − start. */
export function inferencePerfRequestLatencySeconds({ times }: RequestObservation): number {
  return spanMs(times.sentUs, times.endedUs) / 1000
}

export function asInferencePerfReports(observations: readonly RequestObservation[]): ReportedFigure[] {
  const measured = observations.filter(({ phase }) => phase === 'measured')
  const requests = servedOf(observations)
  const seconds = spanSeconds(
    measured,
    ({ times }) => times.sentUs,
    ({ times }) => times.endedUs,
  )
  return peerFigures(seconds, {
    ttft: {
      metric: 'time_to_first_token',
      unit: 's',
      definition: 'first text − start, of answers with more than one token',
      values: requests.map(inferencePerfTtftSeconds),
    },
    tpot: {
      metric: 'time_per_output_token',
      unit: 's',
      definition: '(last token − first token) ÷ (n − 1); n by the client’s tokenizer',
      values: requests.map(inferencePerfTpotSeconds),
    },
    itl: {
      metric: 'inter_token_latency',
      unit: 's',
      definition: 'gaps between tokens, 0 within a chunk, pooled over all requests',
      values: requests.flatMap(inferencePerfInterTokenLatenciesSeconds),
    },
    e2e: {
      metric: 'request_latency',
      unit: 's',
      definition: 'end of the answer − start, usage and [DONE] included',
      values: requests.map(inferencePerfRequestLatencySeconds),
    },
    'output-throughput': {
      metric: 'output_tokens_per_sec',
      unit: 'tokens/s',
      definition: 'Σ output tokens of successes ÷ (last end − first start, failures included)',
      amount: sumOf(requests, inferencePerfOutputTokens),
    },
    'request-throughput': {
      metric: 'requests_per_sec',
      unit: 'requests/s',
      definition: 'successes ÷ (last end − first start, failures included)',
      amount: requests.length,
    },
  })
}
