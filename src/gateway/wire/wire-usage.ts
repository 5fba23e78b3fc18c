/**
 * Usage in any API's words as classes that do not overlap. OpenAI's counts include their parts (prompt_tokens holds the cached
 * ones), Anthropic's leave the cache out of input_tokens; mixing them up bills tokens twice or not at all. Whatever a server
 * says, here holds: no class is negative, the classes of the input add up to its prompt tokens, those of the output to
 * its completion tokens.
 */
import { countIn, isObject, type JsonObject, objectIn } from '../../bench/endpoints/answer-json.ts'
import { completionUsage, inputOutputUsage, timingsUsage } from '../../bench/endpoints/reported-usage.ts'
import type { UsageClasses } from '../usage.ts'

export interface WireUsage {
  /** Parts that nobody reported are 0 here; `said` tells those from a zero that was. */
  readonly classes: UsageClasses
  /** Of cacheWrite, written for an hour instead of five minutes: Anthropic prices that apart. */
  readonly cacheWriteOneHour: number
  readonly said: SaidCounts
  /** What the server said could not be, and was read as follows; for logs and alarms. Empty as a rule. */
  readonly corrections: readonly UsageCorrection[]
}

/** false: the server told no such count, so it is to be estimated; true with a 0: it said zero, and zero it is. */
export interface SaidCounts {
  readonly input: boolean
  readonly output: boolean
  readonly cached: boolean
}

export type UsageCorrection =
  /** Parts of the input are more than the whole: they were cut, cached tokens last. */
  | 'input parts exceed input'
  | 'output parts exceed output'
  /** total_tokens is more than prompt and completion: the model's thoughts were left out of completion_tokens. */
  | 'output completed from total'
  | 'cache writes by time to live disagree with their sum'

interface Counts {
  readonly input: number | null
  readonly cached: number | null
  readonly cacheWrite: number | null
  readonly cacheWriteOneHour: number
  readonly inputAudio: number | null
  readonly output: number | null
  readonly outputAudio: number | null
  readonly reasoning: number | null
  readonly corrections: readonly UsageCorrection[]
}

const noCounts: Counts = {
  input: null,
  cached: null,
  cacheWrite: null,
  cacheWriteOneHour: 0,
  inputAudio: null,
  output: null,
  outputAudio: null,
  reasoning: null,
  corrections: [],
}

function toUsage(counts: Counts): WireUsage | null {
  const { input, output } = counts
  if (input === null && output === null) return null
  const corrections = [...counts.corrections]
  const whole = input ?? 0
  const cachedInput = Math.min(counts.cached ?? 0, whole)
  const cacheWrite = Math.min(counts.cacheWrite ?? 0, whole - cachedInput)
  const inputAudio = Math.min(counts.inputAudio ?? 0, whole - cachedInput - cacheWrite)
  const cut = (counts.cached ?? 0) + (counts.cacheWrite ?? 0) > whole || (counts.inputAudio ?? 0) > whole
  if (cut) corrections.push('input parts exceed input')
  const written = output ?? 0
  const outputAudio = Math.min(counts.outputAudio ?? 0, written)
  const reasoning = Math.min(counts.reasoning ?? 0, written - outputAudio)
  if ((counts.outputAudio ?? 0) + (counts.reasoning ?? 0) > written)
    corrections.push('output parts exceed output')
  return {
    classes: {
      uncachedInput: whole - cachedInput - cacheWrite - inputAudio,
      cachedInput,
      cacheWrite,
      inputAudio,
      output: written - outputAudio,
      outputAudio,
      reasoning,
    },
    cacheWriteOneHour: Math.min(counts.cacheWriteOneHour, cacheWrite),
    said: { input: input !== null, output: output !== null, cached: counts.cached !== null },
    corrections,
  }
}

/**
 * Usage of chat and text completions, embeddings and rerankings, as OpenAI, vLLM, SGLang, DeepSeek, xAI and Gemini's
 * OpenAI-compatible API tell it; null without any counts.
 *
 * Gemini (and xAI) leave thoughts out of completion_tokens and count them in total_tokens only, while they bill them as
 * output (mozilla-ai/any-llm#1290, envoyproxy/ai-gateway#1438; of xAI from memory): what the total has more is output.
 * Moonshot tells cached_tokens beside the totals (from memory). Gemini also repeats its usage with every chunk (ogx-ai/ogx#5122): the last one counts, nothing is ever added up.
 */
export function completionsUsage(usage: unknown): WireUsage | null {
  const reported = completionUsage(usage)
  if (reported === null || !isObject(usage)) return null
  const prompt = wholeIn(usage, 'prompt_tokens')
  const completion = wholeIn(usage, 'completion_tokens')
  const total = wholeIn(usage, 'total_tokens')
  const input = prompt ?? whole(total === null ? null : reported.inputTokens)
  const surplus = total === null || input === null ? 0 : total - input - (completion ?? 0)
  const completed = surplus > 0 && (completion !== null || prompt !== null)
  const said = completion !== null || completed
  return toUsage({
    ...noCounts,
    input,
    cached: whole(reported.cachedTokens) ?? wholeIn(usage, 'cached_tokens'),
    cacheWrite: whole(reported.cacheWriteTokens),
    inputAudio: whole(reported.inputAudioTokens),
    output: said ? (completion ?? 0) + Math.max(0, surplus) : null,
    outputAudio: whole(reported.outputAudioTokens),
    reasoning: whole(reported.reasoningTokens),
    corrections: completed && completion !== null ? ['output completed from total'] : [],
  })
}

/** llama.cpp's `timings`, for answers without usage: processed and reused tokens are told apart, so they are added. */
export function llamaTimings(timings: unknown): WireUsage | null {
  const reported = timingsUsage(timings)
  if (reported === null) return null
  return toUsage({
    ...noCounts,
    input: whole(reported.inputTokens),
    cached: whole(reported.cachedTokens),
    output: whole(reported.outputTokens),
  })
}

/** Usage of Responses and of transcriptions that are counted in tokens; null for one that is paid by its duration. */
export function responsesUsage(usage: unknown): WireUsage | null {
  const reported = inputOutputUsage(usage)
  if (reported === null || !isObject(usage)) return null
  return toUsage({
    ...noCounts,
    input: wholeIn(usage, 'input_tokens'),
    cached: whole(reported.cachedTokens),
    cacheWrite: whole(reported.cacheWriteTokens),
    inputAudio: whole(reported.inputAudioTokens),
    output: wholeIn(usage, 'output_tokens'),
    outputAudio: whole(reported.outputAudioTokens),
    reasoning: whole(reported.reasoningTokens),
  })
}

/**
 * Usage of Anthropic's Messages: the three kinds of input exclude each other and are added. A stream tells it twice, with
 * message_start and, cumulatively, with message_delta: `later` wins field by field and null in it says nothing
 * (Usage and MessageDeltaUsage of Anthropic's TypeScript client 1.12).
 */
export function anthropicUsage(first: unknown, later: unknown = null): WireUsage | null {
  const start = isObject(first) ? first : null
  const end = isObject(later) ? later : null
  // Some servers end a stream with zeros for the input that its start told: zeros all over say nothing.
  const inputOfEnd =
    inputFields.some(field => (wholeIn(end, field) ?? 0) > 0) || !hasCounts(start) ? end : null
  const count = (field: string) => wholeIn(inputOfEnd, field) ?? wholeIn(start, field)
  const uncached = count('input_tokens')
  const output = wholeIn(end, 'output_tokens') ?? wholeIn(start, 'output_tokens')
  const cached = count('cache_read_input_tokens')
  const byLife = objectIn(end, 'cache_creation') ?? objectIn(start, 'cache_creation')
  const oneHour = wholeIn(byLife, 'ephemeral_1h_input_tokens')
  const fiveMinutes = wholeIn(byLife, 'ephemeral_5m_input_tokens')
  const parts = oneHour === null && fiveMinutes === null ? null : (oneHour ?? 0) + (fiveMinutes ?? 0)
  const sum = count('cache_creation_input_tokens')
  const cacheWrite = sum ?? parts
  const hasInput = uncached !== null || cached !== null || cacheWrite !== null
  const details = objectIn(end, 'output_tokens_details') ?? objectIn(start, 'output_tokens_details')
  return toUsage({
    ...noCounts,
    input: hasInput ? (uncached ?? 0) + (cached ?? 0) + (cacheWrite ?? 0) : null,
    cached,
    cacheWrite,
    cacheWriteOneHour: oneHour ?? 0,
    output,
    reasoning: wholeIn(details, 'thinking_tokens'),
    corrections:
      sum !== null && parts !== null && parts !== sum && parts !== 0
        ? ['cache writes by time to live disagree with their sum']
        : [],
  })
}

/** Of a stream that has begun: its input is known, the output_tokens with it are those of the first event only. */
export function anthropicStartUsage(usage: unknown): WireUsage | null {
  return isObject(usage)
    ? anthropicUsage({ ...usage, output_tokens: null, output_tokens_details: null })
    : null
}

const inputFields = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens']

function hasCounts(part: JsonObject | null): boolean {
  return inputFields.some(field => wholeIn(part, field) !== null)
}

/** Of one request. Assumed: a hundred times the longest context there is; sums of a ledger of such counts stay far within 64 bits. */
const mostTokens = 1_000_000_000

/** Tokens are whole, and not beyond all measure; what is not was no count. */
function whole(count: number | null): number | null {
  return count !== null && Number.isInteger(count) && count <= mostTokens ? count : null
}

function wholeIn(object: JsonObject | null, field: string): number | null {
  return whole(countIn(object, field))
}
