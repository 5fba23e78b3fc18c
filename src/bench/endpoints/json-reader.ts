/** Reads answers of JSON: what all endpoints have in common. Each endpoint says what its objects mean. */
import { isObject, type JsonObject, parseJson, problemIn } from './answer-json.ts'
import { type AnswerEvent, type AnswerReader, newAnswerEvent } from './endpoint.ts'
import { type EventTemplate, isPlain, learnTemplate } from './event-template.ts'

/** Meaning of an endpoint's objects. Both fill an event that was emptied before; kind 'malformed' is what they do not know. */
export interface AnswerDialect {
  event(json: JsonObject, into: AnswerEvent): void
  body(json: JsonObject, into: AnswerEvent): void
  /** A body that is no JSON object; left out where that is malformed. */
  otherBody?(data: Buffer, into: AnswerEvent): void
  /** The text of an event depends on this event alone: its form may be learned. */
  readonly stateless: boolean
}

type TextField = 'contentText' | 'reasoningText' | 'toolText'

/**
 * Learned forms that were not met again twice before the next had to be learned: after so many the stream is taken to
 * change its form with every event, and is parsed. Assumed.
 */
const mostUselessForms = 8

/** One reader a request. */
export function createJsonReader(dialect: AnswerDialect): AnswerReader {
  const scratch = newAnswerEvent()
  let template: EventTemplate | null = null
  let field: TextField = 'contentText'
  let templateId = ''
  let answerId = ''
  let hits = 0
  let useless = 0

  /** Ids come with the first event in some dialects, with every one in others: the last one known is always told. */
  const keepId = (into: AnswerEvent): void => {
    if (into.answerId === '') into.answerId = answerId
    else answerId = into.answerId
  }

  const parse = (data: Buffer, into: AnswerEvent): void => {
    clearEvent(into)
    const json = parseJson(data)
    if (isObject(json)) readObject(json, into, dialect.event)
    else if (isDone(data)) into.kind = 'done'
    else malformed(into, data)
  }

  const learn = (data: Buffer, event: AnswerEvent): void => {
    const learned = learnableField(event)
    if (learned === null || useless >= mostUselessForms) return
    const { answerId: id } = event
    const text = event[learned]
    const found = learnTemplate(data, text, (other, asked) => {
      parse(other, scratch)
      return scratch.answerId === id && learnableField(scratch) === learned && scratch[learned] === asked
    })
    if (found === null) {
      if (isPlain(text)) useless++
      return
    }
    useless = template !== null && hits < 2 ? useless + 1 : 0
    template = found
    templateId = id
    field = learned
    hits = 0
  }

  return {
    event(data, into) {
      const text = template === null ? null : template.textOf(data)
      if (text !== null) {
        hits++
        clearEvent(into)
        into.kind = 'token'
        into[field] = text
        into.answerId = templateId
        keepId(into)
        return
      }
      parse(data, into)
      if (dialect.stateless && into.kind === 'token') learn(data, into)
      keepId(into)
    },
    body(data, into) {
      clearEvent(into)
      const json = parseJson(data)
      if (isObject(json)) readObject(json, into, dialect.body)
      else if (dialect.otherBody !== undefined) dialect.otherBody(data, into)
      else malformed(into, data)
      keepId(into)
      return json
    },
  }
}

function readObject(
  json: JsonObject,
  into: AnswerEvent,
  read: (json: JsonObject, into: AnswerEvent) => void,
): void {
  const problem = problemIn(json)
  if (problem !== null) {
    into.kind = 'error'
    into.message = problem
    return
  }
  read(json, into)
  if (into.kind === 'malformed' && into.message === '') {
    into.message = `an object that this endpoint does not send, with ${Object.keys(json).slice(0, 8).join(', ') || 'no fields'}`
  }
}

export function clearEvent(into: AnswerEvent): void {
  into.kind = 'other'
  into.contentText = ''
  into.reasoningText = ''
  into.toolText = ''
  into.outputTokensSoFar = -1
  into.usage = null
  into.finishReason = null
  into.answerId = ''
  into.message = ''
}

/** The one text of an event that says nothing else; null when there is more to it. */
function learnableField(event: AnswerEvent): TextField | null {
  if (event.kind !== 'token' || event.outputTokensSoFar !== -1) return null
  if (event.usage !== null || event.finishReason !== null) return null
  const { contentText, reasoningText, toolText } = event
  if (contentText !== '') return reasoningText === '' && toolText === '' ? 'contentText' : null
  if (reasoningText !== '') return toolText === '' ? 'reasoningText' : null
  return toolText === '' ? null : 'toolText'
}

function isDone(data: Buffer): boolean {
  return data.length < 16 && data.toString('latin1').trim() === '[DONE]'
}

/** Characters of what could not be read that a message quotes. */
const quotedCharacters = 60

function malformed(into: AnswerEvent, data: Buffer): void {
  into.kind = 'malformed'
  const text = data.toString('utf8', 0, 4 * quotedCharacters)
  const shown = text.length <= quotedCharacters ? text : `${text.slice(0, quotedCharacters)}…`
  into.message =
    data.length === 0 ? 'empty where JSON was expected' : `no JSON object: ${JSON.stringify(shown)}`
}
