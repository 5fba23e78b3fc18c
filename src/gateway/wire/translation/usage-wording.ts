/** Usage worded for the client: the reverse of reading it, and the same classes come out when it is read again. */
import type { WireUsage } from '../wire-usage.ts'

/** As in OpenAI's `usage`: parts are included in their wholes. */
export function openAiUsage({ classes }: WireUsage): object {
  const { uncachedInput, cachedInput, cacheWrite, inputAudio, output, outputAudio, reasoning } = classes
  const prompt = uncachedInput + cachedInput + cacheWrite + inputAudio
  const completion = output + outputAudio
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: cachedInput,
      cache_write_tokens: cacheWrite,
      audio_tokens: inputAudio,
    },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: outputAudio },
  }
}

/** As in Anthropic's `message_delta`: kinds of input exclude each other. Without usage the counts are zeros. */
export function anthropicDeltaUsage(usage: WireUsage | null): object {
  if (usage === null)
    return { ...noInput, output_tokens: 0, output_tokens_details: null, server_tool_use: null }
  const { uncachedInput, cachedInput, cacheWrite, inputAudio, output, outputAudio, reasoning } = usage.classes
  return {
    input_tokens: uncachedInput + inputAudio,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cachedInput,
    output_tokens: output + outputAudio,
    output_tokens_details: { thinking_tokens: reasoning },
    server_tool_use: null,
  }
}

/** As in a whole message, and in `message_start`. */
export function anthropicMessageUsage(usage: WireUsage | null): object {
  const oneHour = usage?.cacheWriteOneHour ?? 0
  return {
    ...anthropicDeltaUsage(usage),
    cache_creation: {
      ephemeral_1h_input_tokens: oneHour,
      ephemeral_5m_input_tokens: (usage?.classes.cacheWrite ?? 0) - oneHour,
    },
    inference_geo: null,
    service_tier: null,
    speed: null,
  }
}

const noInput = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
