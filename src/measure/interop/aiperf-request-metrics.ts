/**
 * The metrics of one request by AIPerf's tags and units, as its profile_export.jsonl holds them (aiperf 0.13.0,
 * src/aiperf/metrics/types/). Times by its definitions: as-reported-aiperf.ts.
 */
import {
  aiperfInterChunkLatenciesMs,
  aiperfInterTokenLatencyMs,
  aiperfOutputTokens,
  aiperfRequestLatencyMs,
  aiperfTtftMs,
} from '../as-reported-aiperf.ts'
import { spanMs } from '../as-reported-figure.ts'
import { inputTokensOf, type RequestObservation } from '../observation.ts'

export interface AiperfValue {
  readonly value: number | readonly number[]
  readonly unit: string
}

type Metric = (request: RequestObservation) => number | readonly number[]

/** Tag → unit and formula; a value that is NaN, or an empty list, is left out. */
export const aiperfRequestMetrics: Readonly<Record<string, { readonly unit: string; readonly of: Metric }>> =
  {
    time_to_first_token: { unit: 'ms', of: aiperfTtftMs },
    time_to_second_token: {
      unit: 'ms',
      of: ({ chunks }) => (chunks.us.length < 2 ? Number.NaN : spanMs(chunks.us[0]!, chunks.us[1]!)),
    },
    time_to_first_output_token: { unit: 'ms', of: ({ times }) => spanMs(times.sentUs, times.firstContentUs) },
    request_latency: { unit: 'ms', of: aiperfRequestLatencyMs },
    inter_token_latency: { unit: 'ms', of: aiperfInterTokenLatencyMs },
    inter_chunk_latency: { unit: 'ms', of: aiperfInterChunkLatenciesMs },
    output_token_throughput_per_user: {
      unit: 'tokens/sec/user',
      of: request => 1000 / aiperfInterTokenLatencyMs(request),
    },
    output_sequence_length: { unit: 'tokens', of: aiperfOutputTokens },
    output_token_count: {
      unit: 'tokens',
      of: request => aiperfOutputTokens(request) - (request.reported?.reasoningTokens ?? 0),
    },
    reasoning_token_count: { unit: 'tokens', of: ({ reported }) => reported?.reasoningTokens ?? Number.NaN },
    input_sequence_length: { unit: 'tokens', of: inputTokensOf },
    usage_prompt_tokens: { unit: 'tokens', of: ({ reported }) => reported?.inputTokens ?? Number.NaN },
    usage_completion_tokens: { unit: 'tokens', of: ({ reported }) => reported?.outputTokens ?? Number.NaN },
    usage_prompt_cache_read_tokens: {
      unit: 'tokens',
      of: ({ reported }) => reported?.cachedTokens ?? Number.NaN,
    },
  }

/** Those of the tags that exist for this request. */
export function aiperfMetricsOf(request: RequestObservation): Record<string, AiperfValue> {
  const metrics: Record<string, AiperfValue> = {}
  for (const [tag, { unit, of }] of Object.entries(aiperfRequestMetrics)) {
    const value = of(request)
    if (typeof value === 'number' ? Number.isFinite(value) : value.length > 0) metrics[tag] = { value, unit }
  }
  return metrics
}
