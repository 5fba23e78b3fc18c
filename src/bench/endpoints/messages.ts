/**
 * POST /v1/messages, Anthropic's API (https://platform.claude.com/docs/en/build-with-claude/streaming), which vLLM serves
 * too (vllm/entrypoints/anthropic/protocol.py). Usage comes in two parts: with message_start that of the prompt, with
 * message_delta, cumulatively, that of the answer.
 */
import { isObject, type JsonObject, listIn, objectIn, textIn } from './answer-json.ts'
import { samplingFields } from './chat.ts'
import { hasText } from './completion-choices.ts'
import type { AnswerEvent, AskedRequest, EndpointKind } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { type AnswerDialect, createJsonReader } from './json-reader.ts'
import { messagesUsage } from './reported-usage.ts'
import { jsonBody, promptMessages } from './request-json.ts'

export function messagesEndpoint(options: EndpointOptions): EndpointKind {
  const headers = { 'anthropic-version': options.anthropicVersion }
  return {
    name: 'messages',
    path: options.path ?? '/v1/messages',
    streams: true,
    generates: true,
    body: asked =>
      jsonBody(
        asked,
        { model: asked.model, stream: asked.stream },
        () => ({
          ...conversationOf(asked),
          max_tokens: asked.outputTokens,
          // The API itself has no seed.
          ...samplingFields(options.engineFields ? asked : { ...asked, seed: null }, options),
        }),
        headers,
      ),
    reader: () => createJsonReader(messagesDialect()),
  }
}

/** System messages are a field of their own here. */
function conversationOf(asked: AskedRequest): JsonObject {
  const messages = promptMessages(asked.prompt, 'messages')
  const system = messages.filter(message => message.role === 'system').map(message => message.content)
  return {
    ...(system.length === 0 ? {} : { system: system.join('\n') }),
    messages: messages.filter(message => message.role !== 'system'),
  }
}

function messagesDialect(): AnswerDialect {
  let usageOfStart: JsonObject | null = null
  return {
    // What message_start said matters for message_delta only, never for a text.
    stateless: true,
    event(json, into) {
      switch (json.type) {
        case 'message_start': {
          const message = objectIn(json, 'message')
          into.answerId = textIn(message, 'id')
          usageOfStart = objectIn(message, 'usage')
          into.kind = 'start'
          return
        }
        case 'content_block_start':
          readBlock(objectIn(json, 'content_block'), into)
          into.kind = hasText(into) ? 'token' : 'start'
          return
        case 'content_block_delta':
          readDelta(objectIn(json, 'delta'), into)
          return
        case 'message_delta': {
          into.kind = 'usage'
          into.usage = messagesUsage(usageOfStart, objectIn(json, 'usage'))
          if (into.usage !== null) into.outputTokensSoFar = into.usage.outputTokens
          into.finishReason = textIn(objectIn(json, 'delta'), 'stop_reason') || null
          return
        }
        case 'message_stop':
          into.kind = 'done'
          return
        default:
          // The documentation asks clients to let kinds pass that they do not know.
          into.kind = typeof json.type === 'string' ? 'other' : 'malformed'
      }
    },
    body(json, into) {
      const blocks = listIn(json, 'content')
      if (blocks === null) {
        into.kind = 'malformed'
        return
      }
      into.answerId = textIn(json, 'id')
      for (const block of blocks) if (isObject(block)) readBlock(block, into)
      into.usage = messagesUsage(null, objectIn(json, 'usage'))
      if (into.usage !== null) into.outputTokensSoFar = into.usage.outputTokens
      into.finishReason = textIn(json, 'stop_reason') || null
      into.kind = hasText(into) ? 'token' : 'start'
    },
  }
}

/** A whole block, or the beginning of one: then its texts are empty, and only the name of a tool is there. */
function readBlock(block: JsonObject | null, into: AnswerEvent): void {
  into.contentText += textIn(block, 'text')
  into.reasoningText += textIn(block, 'thinking')
  if (block?.type !== 'tool_use') return
  const input = objectIn(block, 'input')
  const hasInput = input !== null && Object.keys(input).length > 0
  into.toolText += textIn(block, 'name') + (hasInput ? JSON.stringify(input) : '')
}

/** Signatures and citations are no tokens. */
function readDelta(delta: JsonObject | null, into: AnswerEvent): void {
  switch (delta?.type) {
    case 'text_delta':
      into.contentText = textIn(delta, 'text')
      break
    case 'thinking_delta':
      into.reasoningText = textIn(delta, 'thinking')
      break
    case 'input_json_delta':
      into.toolText = textIn(delta, 'partial_json')
      break
    default:
      return
  }
  into.kind = hasText(into) ? 'token' : 'start'
}
