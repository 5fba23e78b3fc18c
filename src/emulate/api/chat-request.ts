/** Body of POST /v1/chat/completions (and the messages of POST /tokenize) as tokens and wishes. */
import { badRequest } from '../api-error.ts'
import { renderChat, type TemplateMessage, type TemplatePart } from '../chat-template.ts'
import type { JsonSchema } from '../example-json.ts'
import { isObject, type JsonObject, optionalInteger } from './fields.ts'
import {
  type GenerationRequest,
  readFunction,
  readSampling,
  readStreamOptions,
  readTools,
} from './generation-request.ts'

export function readChatRequest(body: JsonObject): GenerationRequest {
  const tools = readTools(
    body,
    tool => (tool.type === 'function' ? readFunction(tool.function) : null),
    choice => (isObject(choice.function) ? choice.function.name : null),
  )
  return {
    promptIds: renderChat(readMessages(body), toolsJson(body)),
    ...readStreamOptions(body),
    maximumTokens:
      optionalInteger(body, 'max_completion_tokens', 1) ?? optionalInteger(body, 'max_tokens', 1),
    sampling: readSampling(body),
    tools,
    schema: readResponseFormat(body.response_format),
    reasoning: body.reasoning_effort !== 'none',
  }
}

/** The tools as the prompt holds them: their JSON, as real templates do. */
export function toolsJson(body: JsonObject): string {
  const tools = body.tools
  return Array.isArray(tools) && tools.length > 0 ? JSON.stringify(tools) : ''
}

export function readMessages(body: JsonObject): TemplateMessage[] {
  const messages = body.messages
  if (!Array.isArray(messages) || messages.length === 0) {
    throw badRequest('messages must be a list of at least one message.', 'messages')
  }
  return messages.map((message: unknown, index) => {
    if (!isObject(message) || typeof message.role !== 'string') {
      throw badRequest(`messages[${index}] needs a role.`, 'messages')
    }
    const parts = readContent(message.content, `messages[${index}].content`)
    if (Array.isArray(message.tool_calls)) parts.push(...message.tool_calls.map(readCall))
    return { role: message.role, parts }
  })
}

/** Content as a string or a list of parts; parts that are no text are media. */
export function readContent(content: unknown, where: string): TemplatePart[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw badRequest(`${where} must be a string or a list of parts.`, 'messages')
  return content.map((part: unknown): TemplatePart => {
    if (typeof part === 'string') return { kind: 'text', text: part }
    if (!isObject(part)) throw badRequest(`${where} holds a part that is no object.`, 'messages')
    if (typeof part.text === 'string') return { kind: 'text', text: part.text }
    if (typeof part.refusal === 'string') return { kind: 'text', text: part.refusal }
    return { kind: 'media', identity: mediaIdentity(JSON.stringify(part)) }
  })
}

/** Start, end and length of a part: tells pictures apart without hashing megabytes of base64. */
function mediaIdentity(json: string): string {
  return `${json.slice(0, 100)}${json.slice(-100)}${json.length}`
}

function readCall(call: unknown): TemplatePart {
  const called = isObject(call) && isObject(call.function) ? call.function : {}
  return { kind: 'call', name: String(called.name ?? ''), arguments: String(called.arguments ?? '') }
}

function readResponseFormat(format: unknown): JsonSchema | null {
  if (!isObject(format)) return null
  if (format.type === 'json_object') return { type: 'object' }
  if (format.type !== 'json_schema') return null
  const described = format.json_schema
  return isObject(described) && isObject(described.schema) ? described.schema : { type: 'object' }
}
