/** What chat and text completions have in common: choices, usage with any of the events, timings of llama.cpp. */
import { isObject, type JsonObject, listIn, objectIn, textIn } from './answer-json.ts'
import type { AnswerEvent } from './endpoint.ts'
import { completionUsage, timingsUsage } from './reported-usage.ts'

/**
 * Reads a chunk, or a whole answer, of an API with choices; `readChoice` adds the texts of one of them. Several choices
 * are one event: their texts are joined, because usage counts them together.
 */
export function readChoices(
  json: JsonObject,
  into: AnswerEvent,
  readChoice: (choice: JsonObject, into: AnswerEvent) => void,
): void {
  into.answerId = textIn(json, 'id')
  into.usage = completionUsage(json.usage) ?? timingsUsage(json.timings)
  if (into.usage !== null) into.outputTokensSoFar = into.usage.outputTokens
  const choices = listIn(json, 'choices')
  if (choices === null || choices.length === 0) {
    // Without choices an event is usage or, with none of either, something like Azure's prompt_filter_results.
    into.kind = into.usage !== null ? 'usage' : choices === null ? 'malformed' : 'other'
    return
  }
  for (const choice of choices) {
    if (!isObject(choice)) continue
    readChoice(choice, into)
    const reason = textIn(choice, 'finish_reason')
    if (reason !== '') into.finishReason = reason
  }
  into.kind = hasText(into) ? 'token' : 'start'
}

export function hasText(into: AnswerEvent): boolean {
  return into.contentText !== '' || into.reasoningText !== '' || into.toolText !== ''
}

/** A text, or parts of a message with texts (`[{"type": "text", "text": …}]`). */
export function contentText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value.map(part => (isObject(part) ? textIn(part, 'text') : '')).join('')
}

/** Names and arguments of tool calls: both are tokens that the model wrote. */
export function toolText(message: JsonObject): string {
  const calls = listIn(message, 'tool_calls')
  let text = calledText(objectIn(message, 'function_call'))
  if (calls === null) return text
  for (const call of calls) {
    if (isObject(call)) text += calledText(objectIn(call, 'function')) + calledText(objectIn(call, 'custom'))
  }
  return text
}

function calledText(called: JsonObject | null): string {
  if (called === null) return ''
  return textIn(called, 'name') + (textIn(called, 'arguments') || textIn(called, 'input'))
}
