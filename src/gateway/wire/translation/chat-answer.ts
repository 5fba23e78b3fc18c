/** A whole answer of chat completions as a message of Anthropic's API. */
import { isObject, type JsonObject, listIn, objectIn, textIn } from '../../../bench/endpoints/answer-json.ts'
import { contentText } from '../../../bench/endpoints/completion-choices.ts'
import { GatewayError } from '../gateway-error.ts'
import { completionsUsage, llamaTimings } from '../wire-usage.ts'
import { stopReasonOf } from './stop-reasons.ts'
import { anthropicMessageUsage } from './usage-wording.ts'

/** Message with all fields that Anthropic's TypeScript client 1.12 declares. */
export function emptyMessage(id: string, model: string): JsonObject {
  return {
    id: id.startsWith('msg_') ? id : `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: null,
    stop_sequence: null,
    usage: anthropicMessageUsage(null),
  }
}

/** `model` is the client's name of it. Throws a GatewayError (502) when the answer has no choice. */
export function chatToMessagesAnswer(answer: JsonObject, model: string): JsonObject {
  const [choice] = listIn(answer, 'choices') ?? []
  const message = isObject(choice) ? objectIn(choice, 'message') : null
  if (!isObject(choice) || message === null) {
    throw new GatewayError(502, 'upstream_error', 'the upstream’s answer has no message')
  }
  const thinking = textIn(message, 'reasoning_content') || textIn(message, 'reasoning')
  const text = contentText(message.content) || textIn(message, 'refusal')
  const calls = (listIn(message, 'tool_calls') ?? []).filter(isObject).map(toolUse)
  const usage = completionsUsage(answer.usage) ?? llamaTimings(answer.timings)
  return {
    ...emptyMessage(textIn(answer, 'id'), model),
    content: [
      ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }]),
      ...(text === '' ? [] : [textBlock(text)]),
      ...calls,
    ],
    stop_reason: stopReasonOf(
      textIn(choice, 'finish_reason') || null,
      calls.length > 0,
      stopSequenceOf(choice),
    ),
    stop_sequence: stopSequenceOf(choice),
    usage: anthropicMessageUsage(usage),
  }
}

export function textBlock(text: string): JsonObject {
  return { type: 'text', text, citations: null }
}

/** vLLM says in `stop_reason` which text ended the answer (a number is a token's id). null when nobody says. */
export function stopSequenceOf(choice: JsonObject): string | null {
  return textIn(choice, 'stop_reason') || null
}

function toolUse(call: JsonObject): JsonObject {
  const called = objectIn(call, 'function')
  return toolUseBlock(textIn(call, 'id'), textIn(called, 'name'), inputOf(textIn(called, 'arguments')))
}

export function toolUseBlock(id: string, name: string, input: unknown): JsonObject {
  return { type: 'tool_use', id, name, input, caller: { type: 'direct' } }
}

/** Arguments are a text there and an object here; what is no object (cut by the limit of tokens) is kept as text in one. */
function inputOf(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Kept below.
  }
  return { unparsed_arguments: text }
}
