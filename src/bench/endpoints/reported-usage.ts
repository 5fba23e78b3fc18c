/**
 * Token counts in the words of each API, as one: parts are included in their wholes. Anthropic is the odd one out: its
 * input_tokens leave out what was read from or written to the cache, so the three are added here.
 */
import type { ReportedUsage } from '../../measure/observation.ts'
import { countIn, isObject, type JsonObject, objectIn } from './answer-json.ts'

const nothing = {
  cachedTokens: null,
  cacheWriteTokens: null,
  inputAudioTokens: null,
  reasoningTokens: null,
  outputAudioTokens: null,
  acceptedPredictionTokens: null,
  rejectedPredictionTokens: null,
} as const

/**
 * Usage of chat and text completions, embeddings and rerankings. Names of OpenAI's API as its Node client 7.57 declares
 * them; besides, DeepSeek's prompt_cache_hit_tokens and SGLang's reasoning_tokens beside the totals. Rerankers that know
 * total_tokens only (Jina's) have read them all. null when there are no counts.
 */
export function completionUsage(value: unknown): ReportedUsage | null {
  if (!isObject(value)) return null
  const input = countIn(value, 'prompt_tokens')
  const output = countIn(value, 'completion_tokens')
  const total = countIn(value, 'total_tokens')
  if (input === null && output === null && total === null) return null
  const prompt = objectIn(value, 'prompt_tokens_details')
  const completion = objectIn(value, 'completion_tokens_details')
  return {
    inputTokens: input ?? Math.max(0, (total ?? 0) - (output ?? 0)),
    cachedTokens: countIn(prompt, 'cached_tokens') ?? countIn(value, 'prompt_cache_hit_tokens'),
    cacheWriteTokens: countIn(prompt, 'cache_write_tokens'),
    inputAudioTokens: countIn(prompt, 'audio_tokens'),
    outputTokens: output ?? Math.max(0, (total ?? 0) - (input ?? total ?? 0)),
    reasoningTokens: countIn(completion, 'reasoning_tokens') ?? countIn(value, 'reasoning_tokens'),
    outputAudioTokens: countIn(completion, 'audio_tokens'),
    acceptedPredictionTokens: countIn(completion, 'accepted_prediction_tokens'),
    rejectedPredictionTokens: countIn(completion, 'rejected_prediction_tokens'),
  }
}

/**
 * What llama.cpp's server says under `timings` with its last chunk, or with every one (timings_per_token): prompt_n tokens
 * were processed, cache_n reused, predicted_n written; of draft_n guessed ones draft_n_accepted were taken. For answers
 * without usage.
 */
export function timingsUsage(value: unknown): ReportedUsage | null {
  if (!isObject(value)) return null
  const processed = countIn(value, 'prompt_n')
  const output = countIn(value, 'predicted_n')
  if (processed === null || output === null) return null
  const cached = countIn(value, 'cache_n')
  const drafted = countIn(value, 'draft_n')
  const accepted = countIn(value, 'draft_n_accepted')
  return {
    ...nothing,
    inputTokens: processed + (cached ?? 0),
    cachedTokens: cached,
    outputTokens: output,
    acceptedPredictionTokens: accepted,
    rejectedPredictionTokens: drafted === null || accepted === null ? null : Math.max(0, drafted - accepted),
  }
}

/**
 * Usage of Responses (input_tokens_details) and of transcriptions counted in tokens (input_token_details), as OpenAI's
 * Node client 7.57 declares them. A transcription paid by duration (vLLM, Whisper: `"type": "duration"`) has no tokens.
 */
export function inputOutputUsage(value: unknown): ReportedUsage | null {
  if (!isObject(value)) return null
  const input = countIn(value, 'input_tokens')
  const output = countIn(value, 'output_tokens')
  if (input === null && output === null) return null
  const inputDetails = objectIn(value, 'input_tokens_details') ?? objectIn(value, 'input_token_details')
  const outputDetails = objectIn(value, 'output_tokens_details') ?? objectIn(value, 'output_token_details')
  return {
    inputTokens: input ?? 0,
    cachedTokens: countIn(inputDetails, 'cached_tokens'),
    cacheWriteTokens: countIn(inputDetails, 'cache_write_tokens'),
    inputAudioTokens: countIn(inputDetails, 'audio_tokens'),
    outputTokens: output ?? 0,
    reasoningTokens: countIn(outputDetails, 'reasoning_tokens'),
    outputAudioTokens: countIn(outputDetails, 'audio_tokens'),
    acceptedPredictionTokens: countIn(outputDetails, 'accepted_prediction_tokens'),
    rejectedPredictionTokens: countIn(outputDetails, 'rejected_prediction_tokens'),
  }
}

/**
 * Usage of Anthropic's Messages. A stream tells it in two parts, cumulatively: the later one wins field by field. vLLM's
 * input_tokens are the whole prompt (vllm/entrypoints/anthropic/serving.py), and it sends no cache counts, so the sum is
 * right for it too.
 */
export function messagesUsage(first: JsonObject | null, last: JsonObject | null): ReportedUsage | null {
  const count = (field: string) => countIn(last, field) ?? countIn(first, field)
  const uncached = count('input_tokens')
  const output = count('output_tokens')
  if (uncached === null && output === null) return null
  const read = count('cache_read_input_tokens')
  const written = count('cache_creation_input_tokens')
  return {
    ...nothing,
    inputTokens: (uncached ?? 0) + (read ?? 0) + (written ?? 0),
    cachedTokens: read,
    cacheWriteTokens: written,
    outputTokens: output ?? 0,
  }
}
