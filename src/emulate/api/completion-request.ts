/** Body of POST /v1/completions as tokens and wishes. */
import { badRequest } from '../api-error.ts'
import { encode } from '../tokenizer.ts'
import { type JsonObject, optionalInteger, tokenList } from './fields.ts'
import { type GenerationRequest, readSampling, readStreamOptions } from './generation-request.ts'

/** vLLM's and OpenAI's default of max_tokens for text completions. */
const defaultMaximumTokens = 16

export function readCompletionRequest(body: JsonObject): GenerationRequest {
  return {
    promptIds: readPrompt(body.prompt),
    ...readStreamOptions(body),
    maximumTokens: optionalInteger(body, 'max_tokens', 1) ?? defaultMaximumTokens,
    sampling: readSampling(body),
    tools: null,
    schema: null,
    reasoning: false,
  }
}

/** Text or token ids; a list of one prompt counts as that prompt. */
function readPrompt(prompt: unknown): number[] {
  if (typeof prompt === 'string' && prompt !== '') return encode(prompt)
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (typeof prompt[0] === 'number') return tokenList(prompt, 'prompt')
    if (prompt.length === 1) return readPrompt(prompt[0])
    throw badRequest(
      'Several prompts in one request are not supported here: send one request each.',
      'prompt',
    )
  }
  throw badRequest('prompt must be a text or a list of token ids, and not empty.', 'prompt')
}
