/** Token counts as OpenAI and vLLM write them. */
import type { Usage } from './format.ts'

/** Of chat and text completions. Cached tokens are part of prompt_tokens, reasoning tokens of completion_tokens. */
export function usageJson(usage: Usage): string {
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = usage
  return (
    `{"prompt_tokens":${promptTokens},"total_tokens":${promptTokens + completionTokens},` +
    `"completion_tokens":${completionTokens},"prompt_tokens_details":{"cached_tokens":${cachedTokens}},` +
    `"completion_tokens_details":{"reasoning_tokens":${reasoningTokens}}}`
  )
}

/** Of responses. */
export function responsesUsage(usage: Usage): Readonly<Record<string, unknown>> {
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.promptTokens + usage.completionTokens,
  }
}
