/** What the three generating endpoints (chat, completions, responses) have in common once they are read. */

import { badRequest } from '../api-error.ts'
import type { JsonSchema } from '../example-json.ts'
import {
  isObject,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalString,
  stringList,
} from './fields.ts'

export interface GenerationRequest {
  readonly promptIds: readonly number[]
  readonly stream: boolean
  readonly includeUsage: boolean
  /** Usage so far in every chunk (vLLM's stream_options.continuous_usage_stats). */
  readonly continuousUsage: boolean
  /** null: as many as the context leaves. */
  readonly maximumTokens: number | null
  readonly sampling: SamplingFields
  readonly tools: ToolUse | null
  readonly schema: JsonSchema | null
  /** false: the client wants no reasoning. */
  readonly reasoning: boolean
}

export interface SamplingFields {
  readonly minimumTokens: number
  readonly ignoreEnd: boolean
  readonly stop: readonly string[]
  readonly includeStop: boolean
  readonly seed: number
  readonly priority: number
  readonly tenant: string
  readonly session: string
}

export interface ToolUse {
  readonly tools: readonly Tool[]
  /** auto: the emulator's setting decides whether a tool is called. */
  readonly choice: 'auto' | 'required' | { readonly name: string }
}

export interface Tool {
  readonly name: string
  readonly parameters: JsonSchema
}

/** Fields with the same names in chat and text completions; all but the first are vLLM's own, harmless elsewhere. */
export function readSampling(body: JsonObject): SamplingFields {
  const count = optionalInteger(body, 'n', 1) ?? 1
  if (count > 1) throw badRequest('n > 1 is not supported here: send the request n times.', 'n')
  return {
    stop: stringList(body, 'stop'),
    minimumTokens: optionalInteger(body, 'min_tokens', 0) ?? 0,
    ignoreEnd: optionalBoolean(body, 'ignore_eos'),
    includeStop: optionalBoolean(body, 'include_stop_str_in_output'),
    seed: optionalInteger(body, 'seed', Number.MIN_SAFE_INTEGER) ?? 0,
    priority: optionalInteger(body, 'priority', Number.MIN_SAFE_INTEGER) ?? 0,
    tenant: optionalString(body, 'user'),
    session: optionalString(body, 'session_id'),
  }
}

export function readStreamOptions(body: JsonObject): {
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly continuousUsage: boolean
} {
  const stream = optionalBoolean(body, 'stream')
  const options = body.stream_options
  if (options === undefined || options === null)
    return { stream, includeUsage: false, continuousUsage: false }
  if (!isObject(options)) throw badRequest('stream_options must be an object.', 'stream_options')
  if (!stream) throw badRequest('Stream options can only be defined when `stream=True`.', 'stream_options')
  const includeUsage = optionalBoolean(options, 'include_usage')
  return {
    stream,
    includeUsage,
    continuousUsage: includeUsage && optionalBoolean(options, 'continuous_usage_stats'),
  }
}

/**
 * Tools and what the client wants done with them; null when none may be called. `readTool` knows the endpoint's form of
 * a tool and gives null for kinds that the emulator cannot call.
 */
export function readTools(
  body: JsonObject,
  readTool: (tool: JsonObject) => Tool | null,
  nameOfChoice: (choice: JsonObject) => unknown,
): ToolUse | null {
  const list = body.tools
  const choice = body.tool_choice
  if (list === undefined || list === null || (Array.isArray(list) && list.length === 0)) {
    if (choice === 'required' || isObject(choice)) {
      throw badRequest('When using `tool_choice`, `tools` must be set.', 'tool_choice')
    }
    return null
  }
  if (!Array.isArray(list)) throw badRequest('tools must be a list.', 'tools')
  const tools: Tool[] = []
  for (const item of list) {
    const tool = isObject(item) ? readTool(item) : null
    if (tool !== null) tools.push(tool)
  }
  if (choice === 'none' || tools.length === 0) return null
  if (choice === undefined || choice === null || choice === 'auto') return { tools, choice: 'auto' }
  if (choice === 'required') return { tools, choice: 'required' }
  const name = isObject(choice) ? nameOfChoice(choice) : null
  if (typeof name !== 'string' || !tools.some(tool => tool.name === name)) {
    throw badRequest(
      'The tool specified in `tool_choice` does not match any of the specified `tools`.',
      'tool_choice',
    )
  }
  return { tools, choice: { name } }
}

/** A function as chat and responses describe it. */
export function readFunction(value: unknown): Tool | null {
  if (!isObject(value)) return null
  const name = value.name
  if (typeof name !== 'string' || name === '') throw badRequest('A tool has no name.', 'tools')
  return { name, parameters: isObject(value.parameters) ? value.parameters : {} }
}
