/** Messages of Anthropic's API, and the blocks they are made of, as messages of chat completions. */
import { isObject, type JsonObject } from '../../../bench/endpoints/answer-json.ts'
import { invalidField, unsupportedField } from '../gateway-error.ts'
import { asList, asObject, asText, checkFields, type TranslationNotes } from './closed-fields.ts'

/**
 * Dropped with a note, block by block: cache_control as everywhere. citations of texts (what the model quoted before) are
 * marks on a text that stays. is_error of a tool's result: the result says so itself. Blocks of thinking in earlier turns:
 * chat completions take none back, and their signatures mean something to Anthropic only.
 */
const blockRules: Readonly<
  Record<string, { readonly known: readonly string[]; readonly ignorable: readonly string[] }>
> = {
  text: { known: ['type', 'text'], ignorable: ['cache_control', 'citations'] },
  image: { known: ['type', 'source'], ignorable: ['cache_control'] },
  document: { known: ['type', 'source', 'title', 'context'], ignorable: ['cache_control'] },
  tool_use: { known: ['type', 'id', 'name', 'input', 'caller'], ignorable: ['cache_control'] },
  tool_result: { known: ['type', 'tool_use_id', 'content'], ignorable: ['cache_control', 'is_error'] },
}

/** For the documentation: every field of a block that is dropped with a note. */
export const droppedFromBlocks: readonly string[] = [
  ...Object.entries(blockRules).flatMap(([type, { ignorable }]) => ignorable.map(name => `${type}.${name}`)),
  'thinking',
  'redacted_thinking',
]

/** '' when there is none. Several blocks are lines of one text: many chat templates take no list here. */
export function systemText(system: unknown, notes: TranslationNotes): string {
  if (system === undefined || system === null) return ''
  return typeof system === 'string' ? system : textOfBlocks(system, 'system', notes)
}

export function chatMessages(messages: readonly unknown[], notes: TranslationNotes): readonly JsonObject[] {
  return messages.flatMap((value, index) => {
    const where = `messages[${index}]`
    const message = asObject(value, where)
    checkFields(message, where, { known: ['role', 'content'], ignorable: [] }, notes)
    const { role, content } = message
    switch (role) {
      case 'system':
        return [
          {
            role,
            content: typeof content === 'string' ? content : textOfBlocks(content, `${where}.content`, notes),
          },
        ]
      case 'user':
        return typeof content === 'string'
          ? [{ role, content }]
          : userMessages(content, `${where}.content`, notes)
      case 'assistant':
        return [
          typeof content === 'string'
            ? { role, content }
            : assistantMessage(content, `${where}.content`, notes),
        ]
      default:
        throw invalidField(`${where}.role`, 'must be user or assistant')
    }
  })
}

function blocksOf(
  content: unknown,
  where: string,
): readonly { readonly block: JsonObject; readonly place: string }[] {
  return asList(content, where).map((value, index) => {
    const place = `${where}[${index}]`
    return { block: asObject(value, place), place }
  })
}

function checkBlock(block: JsonObject, place: string, notes: TranslationNotes): string {
  const type = asText(block.type, `${place}.type`)
  const rules = Object.hasOwn(blockRules, type) ? blockRules[type] : undefined
  if (rules === undefined)
    throw unsupportedField(`${place}.type`, `chat completions have no block “${type.slice(0, 60)}”`)
  checkFields(block, place, rules, notes)
  return type
}

function textOfBlocks(content: unknown, where: string, notes: TranslationNotes): string {
  const texts = blocksOf(content, where).map(({ block, place }) => {
    if (checkBlock(block, place, notes) !== 'text') throw unsupportedField(place, 'only texts can stand here')
    return asText(block.text, `${place}.text`)
  })
  return texts.join('\n')
}

/** Results of tools are messages of their own there, and come first: they answer the calls of the message before. */
function userMessages(content: unknown, where: string, notes: TranslationNotes): readonly JsonObject[] {
  const results: JsonObject[] = []
  const parts: JsonObject[] = []
  const images: JsonObject[] = []
  for (const { block, place } of blocksOf(content, where)) {
    if (block.type === 'tool_result') results.push(toolMessage(block, place, images, notes))
    else parts.push(userPart(block, place, notes))
  }
  // Messages of tools hold texts only: the pictures among their results come right behind them.
  const all = [...images, ...parts]
  if (all.length === 0) return results
  const [only] = all
  const plain = all.length === 1 && only?.type === 'text' ? only.text : all
  return [...results, { role: 'user', content: plain }]
}

function toolMessage(
  block: JsonObject,
  place: string,
  images: JsonObject[],
  notes: TranslationNotes,
): JsonObject {
  checkBlock(block, place, notes)
  const id = asText(block.tool_use_id, `${place}.tool_use_id`)
  const { content } = block
  if (content === undefined || content === null) return { role: 'tool', tool_call_id: id, content: '' }
  if (typeof content === 'string') return { role: 'tool', tool_call_id: id, content }
  const texts: string[] = []
  for (const inner of blocksOf(content, `${place}.content`)) {
    const part = userPart(inner.block, inner.place, notes)
    if (part.type === 'text') texts.push(asText(part.text, inner.place))
    else images.push(part)
  }
  return { role: 'tool', tool_call_id: id, content: texts.join('\n') }
}

function userPart(block: JsonObject, place: string, notes: TranslationNotes): JsonObject {
  switch (checkBlock(block, place, notes)) {
    case 'text':
      return { type: 'text', text: asText(block.text, `${place}.text`) }
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: imageUrl(asObject(block.source, `${place}.source`), `${place}.source`) },
      }
    case 'document':
      return documentPart(block, place)
    default:
      throw unsupportedField(`${place}.type`, 'it cannot stand in a message of the user')
  }
}

function imageUrl(source: JsonObject, where: string): string {
  switch (source.type) {
    case 'base64':
      return dataUrl(source, where)
    case 'url':
      return asText(source.url, `${where}.url`)
    default:
      throw unsupportedField(`${where}.type`, 'give the image as base64 or url')
  }
}

function dataUrl(source: JsonObject, where: string): string {
  return `data:${asText(source.media_type, `${where}.media_type`)};base64,${asText(source.data, `${where}.data`)}`
}

/** A plain text is a text; a PDF is a file part. */
function documentPart(block: JsonObject, place: string): JsonObject {
  const where = `${place}.source`
  const source = asObject(block.source, where)
  const title = typeof block.title === 'string' ? block.title : null
  if (typeof block.context === 'string') throw unsupportedField(`${place}.context`, 'put it into a text')
  if (source.type === 'text') {
    const text = asText(source.data, `${where}.data`)
    return { type: 'text', text: title === null ? text : `${title}\n${text}` }
  }
  if (source.type !== 'base64') throw unsupportedField(`${where}.type`, 'give the document as text or base64')
  return { type: 'file', file: { filename: title ?? 'document.pdf', file_data: dataUrl(source, where) } }
}

function assistantMessage(content: unknown, where: string, notes: TranslationNotes): JsonObject {
  const texts: string[] = []
  const calls: JsonObject[] = []
  for (const { block, place } of blocksOf(content, where)) {
    if (block.type === 'thinking' || block.type === 'redacted_thinking') {
      notes.add(place)
      continue
    }
    switch (checkBlock(block, place, notes)) {
      case 'text':
        texts.push(asText(block.text, `${place}.text`))
        break
      case 'tool_use':
        if (isObject(block.caller) && block.caller.type !== 'direct') {
          throw unsupportedField(`${place}.caller`, 'the model calls directly only')
        }
        calls.push({
          id: asText(block.id, `${place}.id`),
          type: 'function',
          function: {
            name: asText(block.name, `${place}.name`),
            arguments: JSON.stringify(block.input ?? {}),
          },
        })
        break
      default:
        throw unsupportedField(`${place}.type`, 'it cannot stand in a message of the assistant')
    }
  }
  const text = texts.length === 0 ? null : texts.join('')
  return {
    role: 'assistant',
    content: text ?? (calls.length > 0 ? null : ''),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
}
