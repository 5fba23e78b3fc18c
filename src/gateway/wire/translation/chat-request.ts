/**
 * A request of OpenAI's chat completions in the words of Anthropic's Messages, for upstreams that speak those only. Fields as
 * ChatCompletionCreateParams of OpenAI's Node client 7.57 declares them.
 */
import { isObject, type JsonObject } from '../../../bench/endpoints/answer-json.ts'
import { invalidField, unsupportedField } from '../gateway-error.ts'
import { conversationOf } from './chat-content.ts'
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
import type { TranslatedRequest } from './messages-request.ts'

export interface ToMessagesOptions {
  /** The name of the model for the upstream. */
  readonly model: string
  /** Messages must have a limit: this one where the client sets none; null refuses such a request. */
  readonly defaultOutputLimit: number | null
}

/**
 * Dropped with a note. seed: OpenAI's is best effort, and Anthropic's API has none. store, metadata, service_tier,
 * prompt_cache_*: they change what is kept and paid, not the answer. prediction: it makes answers faster, not different.
 */
const requestRules = {
  known: [
    'model',
    'messages',
    'max_tokens',
    'max_completion_tokens',
    'stream',
    'stream_options',
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'reasoning_effort',
    'user',
    'safety_identifier',
    'n',
    'logprobs',
    'logit_bias',
    'presence_penalty',
    'frequency_penalty',
    'modalities',
    'verbosity',
  ],
  ignorable: [
    'seed',
    'store',
    'metadata',
    'service_tier',
    'prompt_cache_key',
    'prompt_cache_options',
    'prompt_cache_retention',
    'prediction',
  ],
}

/** For the documentation: every field of a request that is dropped with a note. */
export const droppedFromChat: readonly string[] = requestRules.ignorable

/** Throws a GatewayError (400) that names the field which has no words in Messages. */
export function chatToMessagesRequest(request: JsonObject, options: ToMessagesOptions): TranslatedRequest {
  const notes = createNotes()
  checkFields(request, '', requestRules, notes)
  refuseUnusual(request)
  const { system, messages } = conversationOf(asList(request.messages, 'messages'), notes)
  const limit = request.max_completion_tokens ?? request.max_tokens ?? options.defaultOutputLimit
  if (typeof limit !== 'number') {
    throw invalidField('max_completion_tokens', 'must be set: this upstream gives no answer without a limit')
  }
  const body: JsonObject = {
    model: options.model,
    max_tokens: limit,
    ...(system === '' ? {} : { system }),
    messages,
    ...copied(request, ['temperature', 'top_p', 'top_k']),
    ...stopFields(request.stop),
    ...toolFields(request, notes),
    ...formatAndEffort(request),
    ...userFields(request),
    ...(request.stream === true ? { stream: true } : {}),
  }
  return { body, dropped: notes.dropped }
}

/** What the other API does not do; its usual values pass. */
function refuseUnusual(request: JsonObject): void {
  mustBe(request, 'n', [1], 'one answer a request is all it gives')
  mustBe(request, 'logprobs', [false], 'it tells no probabilities')
  mustBe(request, 'presence_penalty', [0], 'it has no penalties')
  mustBe(request, 'frequency_penalty', [0], 'it has no penalties')
  mustBe(request, 'verbosity', ['medium'], 'it has no such setting')
  const { logit_bias: bias, modalities, temperature } = request
  if (isObject(bias) && Object.keys(bias).length > 0)
    throw unsupportedField('logit_bias', 'it biases no tokens')
  if (Array.isArray(modalities) && modalities.some(kind => kind !== 'text'))
    throw unsupportedField('modalities', 'it answers with text only')
  // OpenAI's goes to 2, Anthropic's to 1; cut, it would be another wish.
  if (typeof temperature === 'number' && temperature > 1)
    throw unsupportedField('temperature', 'it may be 1 at most')
}

function stopFields(stop: unknown): JsonObject {
  if (stop === undefined || stop === null) return {}
  const list = typeof stop === 'string' ? [stop] : asList(stop, 'stop')
  return list.length === 0 ? {} : { stop_sequences: list }
}

function userFields({ user, safety_identifier: identifier }: JsonObject): JsonObject {
  const said = user ?? identifier
  return said === undefined || said === null ? {} : { metadata: { user_id: asText(said, 'user') } }
}

/** Words of effort are the same but for none (thinking is off) and minimal (its least is low). */
function formatAndEffort({ response_format: format, reasoning_effort: effort }: JsonObject): JsonObject {
  const config: Record<string, unknown> = {}
  const fields: Record<string, unknown> = {}
  if (effort === 'none') fields.thinking = { type: 'disabled' }
  else if (effort !== undefined && effort !== null)
    config.effort = effort === 'minimal' ? 'low' : asText(effort, 'reasoning_effort')
  if (format !== undefined && format !== null) {
    const { type, json_schema: described } = asObject(format, 'response_format')
    if (type === 'json_schema') {
      const { schema } = asObject(described, 'response_format.json_schema')
      config.format = { type, schema: asObject(schema, 'response_format.json_schema.schema') }
    } else if (type !== 'text') {
      throw unsupportedField('response_format.type', 'give a json_schema')
    }
  }
  return Object.keys(config).length === 0 ? fields : { ...fields, output_config: config }
}

function toolFields(request: JsonObject, notes: TranslationNotes): JsonObject {
  const { tools: list, tool_choice: choice, parallel_tool_calls: parallel } = request
  const fields: Record<string, unknown> = {}
  if (list !== undefined && list !== null) {
    const tools = asList(list, 'tools').map((tool, index) => messagesTool(tool, `tools[${index}]`, notes))
    if (tools.length > 0) fields.tools = tools
  }
  const chosen = choice === undefined || choice === null ? null : toolChoice(choice)
  // One call at a time is a property of the choice there, and auto is the choice that was not made.
  if (parallel === false && fields.tools !== undefined && chosen?.type !== 'none')
    fields.tool_choice = { ...(chosen ?? { type: 'auto' }), disable_parallel_tool_use: true }
  else if (chosen !== null) fields.tool_choice = chosen
  return fields
}

function messagesTool(value: unknown, where: string, notes: TranslationNotes): JsonObject {
  const tool = asObject(value, where)
  if (tool.type !== 'function')
    throw unsupportedField(`${where}.type`, 'only functions can be called through this upstream')
  checkFields(tool, where, { known: ['type', 'function'], ignorable: [] }, notes)
  const place = `${where}.function`
  const described = asObject(tool.function, place)
  checkFields(
    described,
    place,
    { known: ['name', 'description', 'parameters', 'strict'], ignorable: [] },
    notes,
  )
  const { parameters } = described
  return {
    name: asText(described.name, `${place}.name`),
    ...copied(described, ['description', 'strict']),
    // A function without parameters takes none.
    input_schema:
      parameters === undefined || parameters === null ? { type: 'object', properties: {} } : parameters,
  }
}

function toolChoice(choice: unknown): JsonObject {
  if (choice === 'auto' || choice === 'none') return { type: choice }
  if (choice === 'required') return { type: 'any' }
  const object = asObject(choice, 'tool_choice')
  if (object.type !== 'function')
    throw unsupportedField('tool_choice.type', 'name one function, or auto, none, required')
  const { name } = asObject(object.function, 'tool_choice.function')
  return { type: 'tool', name: asText(name, 'tool_choice.function.name') }
}
