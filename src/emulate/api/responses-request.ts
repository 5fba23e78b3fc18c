/** Body of POST /v1/responses as tokens and wishes. */
import { badRequest } from '../api-error.ts'
import { renderChat, type TemplateMessage } from '../chat-template.ts'
import type { JsonSchema } from '../example-json.ts'
import { readContent, toolsJson } from './chat-request.ts'
import {
  isObject,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
} from './fields.ts'
import { type GenerationRequest, readFunction, readSampling, readTools } from './generation-request.ts'

export function readResponsesRequest(body: JsonObject): GenerationRequest {
  for (const field of ['previous_response_id', 'conversation', 'prompt']) {
    if (body[field] !== undefined && body[field] !== null) {
      throw badRequest(
        `${field} is not supported here: nothing is stored; send the whole conversation.`,
        field,
      )
    }
  }
  if (optionalBoolean(body, 'background')) throw badRequest('background is not supported here.', 'background')
  const tools = readTools(
    body,
    tool => (tool.type === 'function' ? readFunction(tool) : null),
    choice => choice.name,
  )
  return {
    promptIds: renderChat(readInput(body), toolsJson(body)),
    stream: optionalBoolean(body, 'stream'),
    includeUsage: true,
    continuousUsage: false,
    maximumTokens: optionalInteger(body, 'max_output_tokens', 1),
    sampling: readSampling(body),
    tools,
    schema: readTextFormat(optionalObject(body, 'text').format),
    reasoning: optionalObject(body, 'reasoning').effort !== 'none',
  }
}

function readInput(body: JsonObject): TemplateMessage[] {
  const messages: TemplateMessage[] = []
  const instructions = optionalString(body, 'instructions')
  if (instructions !== '') messages.push({ role: 'system', parts: [{ kind: 'text', text: instructions }] })
  const input = body.input
  if (typeof input === 'string') {
    messages.push({ role: 'user', parts: [{ kind: 'text', text: input }] })
  } else if (Array.isArray(input) && input.length > 0) {
    input.forEach((item: unknown, index) => {
      const message = readItem(item, index)
      if (message !== null) messages.push(message)
    })
  } else {
    throw badRequest('input must be a text or a list of at least one item.', 'input')
  }
  return messages
}

/** Reasoning items are left out of the prompt, as chat templates do with earlier reasoning. */
function readItem(item: unknown, index: number): TemplateMessage | null {
  if (!isObject(item)) throw badRequest(`input[${index}] must be an object.`, 'input')
  switch (item.type) {
    case 'reasoning':
      return null
    case 'function_call':
      return {
        role: 'assistant',
        parts: [{ kind: 'call', name: String(item.name ?? ''), arguments: String(item.arguments ?? '') }],
      }
    case 'function_call_output': {
      const output = item.output
      return { role: 'tool', parts: readContent(output, `input[${index}].output`) }
    }
    default: {
      const role = item.role
      if (typeof role !== 'string') throw badRequest(`input[${index}] needs a role.`, 'input')
      return { role, parts: readContent(item.content, `input[${index}].content`) }
    }
  }
}

function readTextFormat(format: unknown): JsonSchema | null {
  if (!isObject(format)) return null
  if (format.type === 'json_object') return { type: 'object' }
  if (format.type !== 'json_schema') return null
  return isObject(format.schema) ? format.schema : { type: 'object' }
}
