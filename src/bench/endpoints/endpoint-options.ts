/** What a user can say about an endpoint's wording. */
import type { TemplateOptions } from './template.ts'

export interface EndpointOptions {
  /** Path below the base URL in place of the usual one; null for that. */
  readonly path: string | null
  /** How chat limits the output: OpenAI's newer models refuse max_tokens, older engines know nothing else. */
  readonly outputLimit: 'max_tokens' | 'max_completion_tokens'
  /** Ask for usage at the end of a stream (stream_options.include_usage). */
  readonly includeUsage: boolean
  /** Ask for usage with every chunk (vLLM, SGLang): tokens of a chunk are then known, at the price of parsing them all. */
  readonly continuousUsage: boolean
  /**
   * Fields that only engines know (ignore_eos, min_tokens, continuous_usage_stats …) may be sent. Public APIs answer 400
   * to them: `refusesUnknownFields` names those we know of, `namesEngineField` recognises the refusal of another.
   */
  readonly engineFields: boolean
  /** Header of Anthropic's API. */
  readonly anthropicVersion: string
  readonly transcription: TranscriptionOptions
  /** For the endpoint called template; null otherwise. */
  readonly template: TemplateOptions | null
}

export interface TranscriptionOptions {
  readonly responseFormat: 'json' | 'verbose_json' | 'text' | 'srt' | 'vtt'
  /** ISO 639-1 code; null lets the model find out. */
  readonly language: string | null
}

export const defaultEndpointOptions: EndpointOptions = {
  path: null,
  outputLimit: 'max_tokens',
  includeUsage: true,
  continuousUsage: false,
  engineFields: true,
  // The version that Anthropic's documentation of Messages tells clients to send, and the only one with this format.
  anthropicVersion: '2023-06-01',
  transcription: { responseFormat: 'json', language: null },
  template: null,
}

/**
 * Hosts that refuse fields they do not know. OpenAI: genai-bench's pull request 124 leaves ignore_eos out for that reason;
 * the others from memory.
 */
const strictHosts = [
  'api.openai.com',
  'openai.azure.com',
  'api.anthropic.com',
  'api.mistral.ai',
  'api.groq.com',
]

/** Is the host a public API known to refuse engines' own fields? Then `engineFields` is better false. */
export function refusesUnknownFields(host: string): boolean {
  const name = host.toLowerCase()
  return strictHosts.some(strict => name === strict || name.endsWith(`.${strict}`))
}

/** Names of the fields that `engineFields` allows. */
export const engineFieldNames = [
  'ignore_eos',
  'min_tokens',
  'continuous_usage_stats',
  'stream_include_usage',
  'stream_continuous_usage_stats',
] as const

/** Does the message of a 400 or 422 complain about one of our engine fields? Then leave them out and ask again. */
export function namesEngineField(message: string): boolean {
  return engineFieldNames.some(name => message.includes(name))
}
