/**
 * POST /v1/chat/completions. Chunks as OpenAI's Node client 7.57 declares them, with what engines add: reasoning_content
 * (DeepSeek, SGLang, llama.cpp, vLLM to 0.10) or reasoning (vLLM since, OpenRouter), usage with every chunk, timings.
 */
import { type JsonObject, objectIn, textIn } from './answer-json.ts'
import { contentText, readChoices, toolText } from './completion-choices.ts'
import type { AnswerEvent, AskedRequest, EndpointKind } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { type AnswerDialect, createJsonReader } from './json-reader.ts'
import { jsonBody, promptMessages } from './request-json.ts'

export function chatEndpoint(options: EndpointOptions): EndpointKind {
  return {
    name: 'chat',
    path: options.path ?? '/v1/chat/completions',
    streams: true,
    generates: true,
    body: asked =>
      jsonBody(asked, streamFields(asked, options), () => ({
        messages: promptMessages(asked.prompt, 'chat'),
        [options.outputLimit]: asked.outputTokens,
        ...samplingFields(asked, options),
      })),
    reader: () => createJsonReader(chatDialect),
  }
}

/** Model, stream and its options; the same for text completions. */
export function streamFields(asked: AskedRequest, options: EndpointOptions): JsonObject {
  const { model, stream } = asked
  if (!stream || !options.includeUsage) return { model, stream }
  const continuous = options.continuousUsage && options.engineFields ? { continuous_usage_stats: true } : {}
  return { model, stream, stream_options: { include_usage: true, ...continuous } }
}

/** Exact lengths by engines' own fields (vLLM, SGLang, TensorRT-LLM: ignore_eos; vLLM, SGLang: min_tokens); the seed. */
export function samplingFields(asked: AskedRequest, options: EndpointOptions): JsonObject {
  const exact = asked.exactLength && options.engineFields
  return {
    ...(exact ? { min_tokens: asked.outputTokens, ignore_eos: true } : {}),
    ...(asked.seed === null ? {} : { seed: asked.seed }),
  }
}

/** Of a delta or a whole message. Engines that send reasoning under two names send the same text twice. */
function readMessage(message: JsonObject | null, into: AnswerEvent): void {
  if (message === null) return
  into.contentText += contentText(message.content) + textIn(message, 'refusal')
  into.contentText += textIn(objectIn(message, 'audio'), 'transcript')
  into.reasoningText += textIn(message, 'reasoning_content') || textIn(message, 'reasoning')
  into.toolText += toolText(message)
}

const chatDialect: AnswerDialect = {
  stateless: true,
  event: (json, into) => readChoices(json, into, readDelta),
  body: (json, into) => readChoices(json, into, readWhole),
}

function readDelta(choice: JsonObject, into: AnswerEvent): void {
  readMessage(objectIn(choice, 'delta'), into)
}

function readWhole(choice: JsonObject, into: AnswerEvent): void {
  readMessage(objectIn(choice, 'message'), into)
}
