/** Messages of chat completions, and the parts they are made of, as Anthropic's messages and blocks. */
import type { JsonObject } from '../../../bench/endpoints/answer-json.ts'
import { invalidField, unsupportedField } from '../gateway-error.ts'
import { asList, asObject, asText, checkFields, type TranslationNotes } from './closed-fields.ts'

/**
 * Dropped with a note: name of a message (Anthropic's have none), detail of an image and prompt_cache_breakpoint (how it is
 * read and kept), reasoning of earlier answers (it cannot be signed any more).
 */
const messageRules = {
  known: ['role', 'content', 'tool_calls', 'tool_call_id', 'refusal'],
  ignorable: ['name', 'reasoning_content', 'reasoning', 'annotations'],
}
const partRules = {
  known: ['type', 'text', 'image_url', 'file', 'refusal'],
  ignorable: ['prompt_cache_breakpoint'],
}

/** For the documentation: every field of a message or a part that is dropped with a note. */
export const droppedFromChatMessages: readonly string[] = [
  ...messageRules.ignorable.map(name => `messages[].${name}`),
  ...partRules.ignorable.map(name => `content[].${name}`),
  'image_url.detail',
]

export interface Conversation {
  /** What stands before the conversation; '' when there is nothing. */
  readonly system: string
  readonly messages: readonly JsonObject[]
}

type Turn = { readonly role: string; readonly content: JsonObject[] }

/**
 * Instructions at the beginning are the system's text; later ones stay in their place as messages of the system (Anthropic's
 * TypeScript client 1.12: SystemMessageParam). Messages of one role that follow each other become one, as the API would
 * join them: results of several tools must come in one message.
 */
export function conversationOf(list: readonly unknown[], notes: TranslationNotes): Conversation {
  const system: string[] = []
  const turns: Turn[] = []
  for (const [index, value] of list.entries()) {
    const where = `messages[${index}]`
    const message = asObject(value, where)
    checkFields(message, where, messageRules, notes)
    const { role } = message
    if (role === 'system' || role === 'developer') {
      const text = plainText(message.content, `${where}.content`, notes)
      if (turns.length === 0) system.push(text)
      else turns.push({ role: 'system', content: [{ type: 'text', text }] })
      continue
    }
    const turn = turnOf(message, where, notes)
    // Empty messages say nothing, and empty blocks are refused there.
    if (turn.content.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else turns.push(turn)
  }
  return { system: system.join('\n'), messages: turns.map(shortest) }
}

/** One text is a text, as most clients write it. */
function shortest({ role, content }: Turn): JsonObject {
  const [only] = content
  return { role, content: content.length === 1 && only?.type === 'text' ? only.text : content }
}

function turnOf(message: JsonObject, where: string, notes: TranslationNotes): Turn {
  const { role, content } = message
  const place = `${where}.content`
  switch (role) {
    case 'user':
      return { role, content: blocksOf(content, place, notes) }
    case 'assistant': {
      const said = content === undefined || content === null ? [] : blocksOf(content, place, notes)
      if (typeof message.refusal === 'string' && message.refusal !== '')
        said.push({ type: 'text', text: message.refusal })
      return { role, content: [...said, ...toolUses(message.tool_calls, `${where}.tool_calls`)] }
    }
    case 'tool': {
      const id = asText(message.tool_call_id, `${where}.tool_call_id`)
      const result = typeof content === 'string' ? content : plainText(content, place, notes)
      return { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] }
    }
    default:
      throw unsupportedField(`${where}.role`, 'it must be system, developer, user, assistant or tool')
  }
}

function toolUses(calls: unknown, where: string): readonly JsonObject[] {
  if (calls === undefined || calls === null) return []
  return asList(calls, where).map((value, index) => {
    const place = `${where}[${index}]`
    const call = asObject(value, place)
    if (call.type !== undefined && call.type !== 'function')
      throw unsupportedField(`${place}.type`, 'only functions can be called through this upstream')
    const { name, arguments: text } = asObject(call.function, `${place}.function`)
    return {
      type: 'tool_use',
      id: asText(call.id, `${place}.id`),
      name: asText(name, `${place}.function.name`),
      input: argumentsOf(asText(text, `${place}.function.arguments`), `${place}.function.arguments`),
    }
  })
}

function argumentsOf(text: string, where: string): JsonObject {
  if (text.trim() === '') return {}
  try {
    return asObject(JSON.parse(text), where)
  } catch {
    throw invalidField(where, 'must be a JSON object')
  }
}

function blocksOf(content: unknown, where: string, notes: TranslationNotes): JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return asList(content, where).flatMap((value, index) => {
    const place = `${where}[${index}]`
    const part = asObject(value, place)
    const type = asText(part.type, `${place}.type`)
    checkFields(part, place, partRules, notes)
    switch (type) {
      case 'text':
      case 'refusal': {
        const text = asText(part[type], `${place}.${type}`)
        return text === '' ? [] : [{ type: 'text', text }]
      }
      case 'image_url':
        return [{ type: 'image', source: imageSource(part.image_url, `${place}.image_url`, notes) }]
      case 'file':
        return [documentBlock(part.file, `${place}.file`)]
      default:
        throw unsupportedField(`${place}.type`, `Messages have no part “${type.slice(0, 60)}”`)
    }
  })
}

function plainText(content: unknown, where: string, notes: TranslationNotes): string {
  const texts = blocksOf(content, where, notes).map((block, index) => {
    if (block.type !== 'text') throw unsupportedField(`${where}[${index}]`, 'only texts can stand here')
    return String(block.text)
  })
  return texts.join('\n')
}

const dataUrlPattern = /^data:([a-z]+\/[a-z0-9.+-]+);base64,/i
/** The kinds of pictures that Base64ImageSource of Anthropic's TypeScript client 1.12 names. */
const imageKinds = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

function imageSource(value: unknown, where: string, notes: TranslationNotes): JsonObject {
  const image = asObject(value, where)
  checkFields(image, where, { known: ['url'], ignorable: ['detail'] }, notes)
  const url = asText(image.url, `${where}.url`)
  if (!url.startsWith('data:')) return { type: 'url', url }
  const [prefix, kind] = dataUrlPattern.exec(url.slice(0, 100)) ?? []
  if (prefix === undefined || kind === undefined || !imageKinds.includes(kind.toLowerCase()))
    throw unsupportedField(`${where}.url`, `it must be base64 of ${imageKinds.join(', ')}`)
  return { type: 'base64', media_type: kind.toLowerCase(), data: url.slice(prefix.length) }
}

function documentBlock(value: unknown, where: string): JsonObject {
  const file = asObject(value, where)
  const data = typeof file.file_data === 'string' ? file.file_data : ''
  const [prefix, kind] = dataUrlPattern.exec(data.slice(0, 100)) ?? []
  if (prefix === undefined || kind?.toLowerCase() !== 'application/pdf')
    throw unsupportedField(where, 'give a PDF as file_data in base64')
  const title = typeof file.filename === 'string' ? { title: file.filename } : {}
  const source = { type: 'base64', media_type: 'application/pdf', data: data.slice(prefix.length) }
  return { type: 'document', source, ...title }
}
