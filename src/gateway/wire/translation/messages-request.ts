/**
 * A request of Anthropic's Messages in the words of OpenAI's chat completions, for upstreams that speak those only. Fields as
 * MessageCreateParams of Anthropic's TypeScript client 1.12 declares them.
 */
import type { JsonObject } from '../../../bench/endpoints/answer-json.ts'
import { invalidField, unsupportedField } from '../gateway-error.ts'
import {
  asList,
  asObject,
  asText,
  checkFields,
  copied,
  createNotes,
  mustBe,
  type TranslationNotes,
} from './closed-fields.ts'
import { chatMessages, systemText } from './messages-content.ts'

export interface ToChatOptions {
  /** How the upstream limits the output: OpenAI's newer models refuse max_tokens, older engines know nothing else. */
  readonly outputLimit: 'max_tokens' | 'max_completion_tokens'
  /** The upstream is an engine (vLLM, SGLang, llama.cpp) that knows top_k; OpenAI's API refuses it. */
  readonly engineFields: boolean
  /** The name of the model for the upstream. */
  readonly model: string
}

export interface TranslatedRequest {
  readonly body: JsonObject
  /** Places of what was left out: names of fields, no contents. */
  readonly dropped: readonly string[]
}

/**
 * Dropped with a note. cache_control, eager_input_streaming: what the upstream caches and how it cuts its events changes no
 * answer. thinking: whether and how long a model thinks is its own affair there; effort is passed on. service_tier, and
 * metadata but for user_id: between the gateway and the client.
 */
const requestRules = {
  known: [
    'model',
    'messages',
    'system',
    'max_tokens',
    'stream',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'tools',
    'tool_choice',
    'metadata',
    'output_config',
    'speed',
  ],
  ignorable: ['cache_control', 'thinking', 'service_tier'],
}

/** Throws a GatewayError (400) that names the field which has no words in chat completions. */
export function messagesToChatRequest(request: JsonObject, options: ToChatOptions): TranslatedRequest {
  const notes = createNotes()
  checkFields(request, '', requestRules, notes)
  mustBe(request, 'speed', ['standard'], 'there is no faster mode')
  const { max_tokens: limit, top_k: topK } = request
  if (typeof limit !== 'number') throw invalidField('max_tokens', 'must be a number of tokens')
  if (topK !== undefined && topK !== null && !options.engineFields) {
    throw unsupportedField('top_k', 'the upstream has no such field')
  }
  const system = systemText(request.system, notes)
  const messages = chatMessages(asList(request.messages, 'messages'), notes)
  const stops = request.stop_sequences
  const body: JsonObject = {
    model: options.model,
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...messages],
    [options.outputLimit]: limit,
    ...copied(request, ['temperature', 'top_p', 'top_k']),
    ...(Array.isArray(stops) && stops.length > 0 ? { stop: stops } : {}),
    ...userField(request.metadata, notes),
    ...tools(request, notes),
    ...outputFields(request.output_config, notes),
    // Its last chunk is where the message's usage comes from.
    ...(request.stream === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  }
  return { body, dropped: notes.dropped }
}

function userField(metadata: unknown, notes: TranslationNotes): JsonObject {
  if (metadata === undefined || metadata === null) return {}
  const object = asObject(metadata, 'metadata')
  checkFields(object, 'metadata', { known: ['user_id'], ignorable: [] }, notes)
  return typeof object.user_id === 'string' ? { user: object.user_id } : {}
}

/** `effort` has the same words in both APIs. */
function outputFields(config: unknown, notes: TranslationNotes): JsonObject {
  if (config === undefined || config === null) return {}
  const object = asObject(config, 'output_config')
  checkFields(object, 'output_config', { known: ['effort', 'format'], ignorable: [] }, notes)
  const { effort, format } = object
  const fields: Record<string, unknown> = {}
  if (effort !== undefined && effort !== null)
    fields.reasoning_effort = asText(effort, 'output_config.effort')
  if (format !== undefined && format !== null) {
    const { type, schema } = asObject(format, 'output_config.format')
    if (type !== 'json_schema')
      throw unsupportedField('output_config.format.type', 'only json_schema is known')
    // The name is required there and has no meaning to the model.
    fields.response_format = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } }
  }
  return fields
}

const toolRules = {
  known: ['type', 'name', 'description', 'input_schema', 'strict', 'allowed_callers', 'defer_loading'],
  ignorable: ['cache_control', 'eager_input_streaming'],
}

function tools(request: JsonObject, notes: TranslationNotes): JsonObject {
  const fields: Record<string, unknown> = {}
  const { tools: list, tool_choice: choice } = request
  if (list !== undefined && list !== null) {
    const functions = asList(list, 'tools').map((tool, index) => chatTool(tool, `tools[${index}]`, notes))
    if (functions.length > 0) fields.tools = functions
  }
  if (choice !== undefined && choice !== null) {
    const object = asObject(choice, 'tool_choice')
    checkFields(
      object,
      'tool_choice',
      { known: ['type', 'name', 'disable_parallel_tool_use'], ignorable: [] },
      notes,
    )
    fields.tool_choice = chatToolChoice(object)
    if (object.disable_parallel_tool_use === true) fields.parallel_tool_calls = false
  }
  return fields
}

/** For the documentation: every field of a request that is dropped with a note. */
export const droppedFromMessages: readonly string[] = [
  ...requestRules.ignorable,
  ...toolRules.ignorable.map(name => `tools[].${name}`),
]

function chatTool(value: unknown, where: string, notes: TranslationNotes): JsonObject {
  const tool = asObject(value, where)
  const { type } = tool
  if (type !== undefined && type !== null && type !== 'custom') {
    throw unsupportedField(`${where}.type`, 'only custom tools can be called through this upstream')
  }
  checkFields(tool, where, toolRules, notes)
  if (tool.defer_loading === true) throw unsupportedField(`${where}.defer_loading`, 'there is no tool search')
  const callers = tool.allowed_callers
  if (Array.isArray(callers) && callers.some(caller => caller !== 'direct')) {
    throw unsupportedField(`${where}.allowed_callers`, 'the model calls directly only')
  }
  return {
    type: 'function',
    function: {
      name: asText(tool.name, `${where}.name`),
      ...copied(tool, ['description', 'strict']),
      parameters: asObject(tool.input_schema, `${where}.input_schema`),
    },
  }
}

function chatToolChoice(choice: JsonObject): unknown {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return choice.type
    case 'any':
      return 'required'
    case 'tool':
      return { type: 'function', function: { name: asText(choice.name, 'tool_choice.name') } }
    default:
      throw invalidField('tool_choice.type', 'must be auto, any, tool or none')
  }
}
