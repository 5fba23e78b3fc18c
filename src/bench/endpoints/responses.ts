/**
 * POST /v1/responses. Events as OpenAI's Node client 7.57 declares them: deltas of text, reasoning and arguments, and one
 * of completed, incomplete and failed at the end, with usage. There is no [DONE]; vLLM sends one more all the same.
 */
import { isObject, type JsonObject, listIn, objectIn, textIn } from './answer-json.ts'
import { samplingFields } from './chat.ts'
import { hasText } from './completion-choices.ts'
import type { AnswerEvent, AskedRequest, EndpointKind } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { type AnswerDialect, createJsonReader } from './json-reader.ts'
import { inputOutputUsage } from './reported-usage.ts'
import { jsonBody, promptText } from './request-json.ts'

export function responsesEndpoint(options: EndpointOptions): EndpointKind {
  return {
    name: 'responses',
    path: options.path ?? '/v1/responses',
    streams: true,
    generates: true,
    body: asked =>
      jsonBody(asked, { model: asked.model, stream: asked.stream, store: false }, () => ({
        input: inputOf(asked),
        max_output_tokens: asked.outputTokens,
        // The API itself has no seed.
        ...samplingFields(options.engineFields ? asked : { ...asked, seed: null }, options),
      })),
    reader: () => createJsonReader(responsesDialect),
  }
}

function inputOf({ prompt }: AskedRequest): unknown {
  if (prompt.kind !== 'messages') return promptText(prompt, 'responses')
  return prompt.messages.map(({ role, content }) => ({ role, content }))
}

const responsesDialect: AnswerDialect = {
  stateless: true,
  event: readEvent,
  body(json, into) {
    if (!Array.isArray(json.output)) {
      into.kind = 'malformed'
      return
    }
    into.answerId = textIn(json, 'id')
    for (const item of json.output) if (isObject(item)) readItem(item, into)
    readEnd(json, into)
    into.kind = json.status === 'failed' ? 'error' : hasText(into) ? 'token' : 'start'
    if (into.kind === 'error') into.message = 'the response failed'
  },
}

function readEvent(json: JsonObject, into: AnswerEvent): void {
  const type = textIn(json, 'type')
  if (type.endsWith('.delta')) {
    readDelta(type, json, into)
    return
  }
  const response = objectIn(json, 'response')
  into.answerId = textIn(response, 'id')
  switch (type) {
    case '':
      into.kind = 'malformed'
      return
    case 'response.output_item.added':
      into.toolText = calledName(objectIn(json, 'item'))
      into.kind = into.toolText === '' ? 'start' : 'token'
      return
    case 'response.completed':
    case 'response.incomplete':
      into.kind = 'done'
      readEnd(response, into)
      return
    case 'response.failed':
      into.kind = 'error'
      into.message = textIn(objectIn(response, 'error'), 'message') || 'the response failed'
      readEnd(response, into)
      return
  }
}

/** Kinds of deltas that are arguments or code for a tool. */
const toolDeltas =
  /^response\.(function_call_arguments|mcp_call_arguments|custom_tool_call_input|code_interpreter_call_code)\./

function readDelta(type: string, json: JsonObject, into: AnswerEvent): void {
  const text = textIn(json, 'delta')
  if (type === 'response.output_text.delta' || type === 'response.refusal.delta') into.contentText = text
  else if (type.startsWith('response.reasoning')) into.reasoningText = text
  else if (toolDeltas.test(type)) into.toolText = text
  else if (type === 'response.audio.transcript.delta') into.contentText = text
  else return
  into.kind = text === '' ? 'start' : 'token'
}

/** The name of a tool is written by the model before its arguments. */
function calledName(item: JsonObject | null): string {
  const type = textIn(item, 'type')
  return type === 'function_call' || type === 'custom_tool_call' ? textIn(item, 'name') : ''
}

function readItem(item: JsonObject, into: AnswerEvent): void {
  switch (item.type) {
    case 'message':
      into.contentText += textsOf(item, 'content')
      return
    case 'reasoning':
      into.reasoningText += textsOf(item, 'content') || textsOf(item, 'summary')
      return
    case 'function_call':
    case 'custom_tool_call':
      into.toolText += calledName(item) + (textIn(item, 'arguments') || textIn(item, 'input'))
      return
  }
}

function textsOf(item: JsonObject, field: string): string {
  const parts = listIn(item, field) ?? []
  return parts.map(part => (isObject(part) ? textIn(part, 'text') || textIn(part, 'refusal') : '')).join('')
}

/** Usage, and why it ended: the reason of an incomplete response, else its status. */
function readEnd(response: JsonObject | null, into: AnswerEvent): void {
  into.usage = inputOutputUsage(response?.usage)
  if (into.usage !== null) into.outputTokensSoFar = into.usage.outputTokens
  const reason = textIn(objectIn(response, 'incomplete_details'), 'reason') || textIn(response, 'status')
  if (reason !== '') into.finishReason = reason
}
