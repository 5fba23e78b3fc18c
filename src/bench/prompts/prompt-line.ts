/** One line of a file of prompts. */
import { TokenwrightError } from '../../core/errors.ts'
import { isObject, type JsonObject, listIn, textIn } from '../endpoints/answer-json.ts'
import type { BenchPrompt, ChatMessage } from '../endpoints/endpoint.ts'

/** One line: a session of one turn, or of several. */
export interface PromptSession {
  /** session_id; null when the line has none. */
  readonly id: string | null
  readonly turns: readonly PromptTurn[]
}

export interface PromptTurn {
  readonly prompt: BenchPrompt
  /** Tokens to ask for; null when the line does not say. */
  readonly outputTokens: number | null
  /** When it is due, ms from the start of the run (`timestamp`), and ms after the turn before (`delay`). */
  readonly timestampMs: number | null
  readonly delayMs: number | null
  /** Further fields of the request's body. */
  readonly extra: JsonObject
}

/** @throws TokenwrightError('trace') that names the place and what to write there. */
export function readPromptLine(line: string, where: string): PromptSession {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw fault(where, `the line is not JSON: ${cause}`, 'write one JSON object a line')
  }
  if (!isObject(json)) throw fault(where, 'the line is not a JSON object', 'write {"text": "…"} for a prompt')
  const id = json.session_id ?? json.id ?? null
  const turns = listIn(json, 'turns')
  if (json.turns !== undefined && (turns === null || turns.length === 0)) {
    throw fault(where, 'turns is not a list of at least one turn', 'write "turns": [{"text": "…"}, …]')
  }
  return {
    id: id === null ? null : String(id),
    turns:
      turns === null
        ? [readTurn(json, where)]
        : turns.map((turn, index) => {
            const place = `${where}, turns[${index}]`
            if (typeof turn === 'string') return readTurn({ text: turn }, place)
            if (isObject(turn)) return readTurn(turn, place)
            throw fault(place, 'the turn is no object', 'write {"text": "…", "output_length": 100}')
          }),
  }
}

function readTurn(json: JsonObject, where: string): PromptTurn {
  const outputField = ['output_length', 'output_tokens', 'max_tokens'].find(name => json[name] !== undefined)
  const extra = json.extra ?? {}
  if (!isObject(extra)) throw fault(where, 'extra is not an object', 'write "extra": {"temperature": 0}')
  return {
    prompt: readPrompt(json, where),
    outputTokens: outputField === undefined ? null : tokenCount(json[outputField], outputField, where),
    timestampMs: milliseconds(json.timestamp, 'timestamp', where),
    delayMs: milliseconds(json.delay, 'delay', where),
    extra,
  }
}

/** Ways to say what is asked; exactly one is taken, in this order. */
function readPrompt(json: JsonObject, where: string): BenchPrompt {
  for (const medium of ['image', 'audio', 'video']) {
    if (json[medium] === undefined && json[`${medium}s`] === undefined) continue
    throw fault(
      where,
      `the prompt holds ${medium}, which is not sent`,
      'remove these fields; sound files for transcription are given as a folder',
    )
  }
  if (json.payload !== undefined) {
    if (isObject(json.payload)) return { kind: 'payload', body: json.payload }
    throw fault(where, 'payload is not an object', 'write the body of a request, such as {"messages": […]}')
  }
  if (json.messages !== undefined) return { kind: 'messages', messages: readMessages(json.messages, where) }
  const documents = json.documents ?? json.passages
  if (documents !== undefined) {
    return { kind: 'texts', query: textIn(json, 'query'), texts: readTexts(documents, where) }
  }
  if (Array.isArray(json.prompt) || Array.isArray(json.token_ids)) return readTokens(json, where)
  const texts = ['text', 'prompt', 'text_input', 'input'].map(name => json[name])
  const text = texts.find(value => value !== undefined)
  const several = json.texts === undefined ? null : readTexts(json.texts, where)
  if (text !== undefined && (typeof text !== 'string' || text === '')) {
    throw fault(where, 'the text of the prompt is empty or no text', 'write {"text": "…"}')
  }
  if (text === undefined && several === null) {
    throw fault(
      where,
      'there is no prompt',
      'give text, texts, prompt, messages, turns, query and documents, or payload',
    )
  }
  const role = textIn(json, 'role')
  const whole = text ?? (several?.length === 1 ? several[0]! : null)
  if (role !== '' && role !== 'user') {
    const content = whole ?? several!.join('\n')
    return { kind: 'messages', messages: readMessages([{ role, content }], where) }
  }
  return whole === null ? { kind: 'texts', query: '', texts: several! } : { kind: 'text', text: whole }
}

function readTokens(json: JsonObject, where: string): BenchPrompt {
  const ids = (json.token_ids ?? json.prompt) as readonly unknown[]
  if (ids.length > 0 && ids.every(id => Number.isSafeInteger(id) && (id as number) >= 0)) {
    return { kind: 'tokens', ids: ids as readonly number[] }
  }
  throw fault(where, 'the list is none of token ids', 'write whole numbers, or the prompt as a text')
}

/** Texts, or AIPerf's {"name", "contents": [texts]}. */
function readTexts(value: unknown, where: string): readonly string[] {
  const texts = (Array.isArray(value) ? value : [value]).flatMap(entry =>
    isObject(entry) ? (listIn(entry, 'contents') ?? [entry.text]) : [entry],
  )
  if (texts.length > 0 && texts.every(text => typeof text === 'string' && text !== '')) {
    return texts as readonly string[]
  }
  throw fault(where, 'the texts are not a list of texts', 'write "texts": ["…", "…"]')
}

const roles = ['system', 'user', 'assistant'] as const

function readMessages(value: unknown, where: string): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw fault(where, 'messages is not a list', 'write "messages": [{"role": "user", "content": "…"}]')
  }
  return value.map((entry: unknown, index) => {
    const message = isObject(entry) ? entry : {}
    const given = message.role === 'developer' ? 'system' : message.role
    const role = roles.find(known => known === given)
    if (role === undefined) {
      throw fault(
        `${where}, messages[${index}]`,
        `the role ${JSON.stringify(message.role ?? null)} is not sent`,
        `use ${roles.join(', ')}, or give the whole body as payload`,
      )
    }
    const content = messageText(message.content)
    if (content !== null) return { role, content }
    throw fault(
      `${where}, messages[${index}]`,
      'the content is no text',
      'write "content": "…", or give the whole body as payload',
    )
  })
}

/** A text, or parts that all are texts. */
function messageText(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content) || content.length === 0) return null
  const parts = content.map((part: unknown) =>
    isObject(part) && typeof part.text === 'string' ? part.text : null,
  )
  return parts.includes(null) ? null : parts.join('\n')
}

function tokenCount(value: unknown, field: string, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw fault(where, `${field} is ${JSON.stringify(value)}`, 'give a whole number of tokens, at least 1')
}

function milliseconds(value: unknown, field: string, where: string): number | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw fault(where, `${field} is ${JSON.stringify(value)}`, 'give milliseconds, 0 or more')
}

function fault(where: string, message: string, fix: string): TokenwrightError {
  return new TokenwrightError('trace', message, { where, fix })
}
