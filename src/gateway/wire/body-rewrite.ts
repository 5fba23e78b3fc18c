/** A whole answer, not a stream, on its way to a client that speaks the upstream's dialect. */
import { isObject, type JsonObject } from '../../bench/endpoints/answer-json.ts'
import { newAnswerEvent } from '../../bench/endpoints/endpoint.ts'
import {
  type AnswerApi,
  type AnswerFacts,
  answerReader,
  audioSecondsIn,
  newAnswerFacts,
  noteAnswer,
  usageIn,
} from './answer-facts.ts'
import { bodySplices } from './answer-splices.ts'
import { fieldValue, scanObject } from './json-scan.ts'
import { splicedPieces } from './splice.ts'

export interface RewrittenBody {
  /** In pieces; the bytes are those of the upstream but for the name of the model. */
  readonly pieces: readonly Buffer[]
  readonly facts: AnswerFacts
}

export interface ReadBody {
  readonly facts: AnswerFacts
  /** null: it is no JSON object, or one that is not read as such. */
  readonly json: JsonObject | null
}

/** Answers without texts: megabytes of numbers, of which nothing but usage is read. */
const withoutText: ReadonlySet<AnswerApi> = new Set(['embeddings', 'rerank'])

/** The client's answer, with the alias for the model's name (null leaves it), and what is known of it. Throws nothing. */
export function rewriteBody(api: AnswerApi, body: Buffer, model: string | null): RewrittenBody {
  const { facts } = readBody(api, body)
  return { pieces: splicedPieces(body, bodySplices(body, api, model)), facts }
}

/** What is known of a whole answer. Throws nothing. */
export function readBody(api: AnswerApi, body: Buffer): ReadBody {
  return withoutText.has(api) ? { facts: numbersFacts(api, body), json: null } : readText(api, body)
}

function readText(api: AnswerApi, body: Buffer): ReadBody {
  const facts = newAnswerFacts()
  const event = newAnswerEvent()
  const parsed = answerReader(api).body(body, event)
  noteAnswer(facts, event)
  facts.textEvents = 0
  facts.complete = event.kind !== 'malformed' && event.kind !== 'error'
  if (event.kind === 'malformed') facts.problem = event.message
  const json = isObject(parsed) ? parsed : null
  if (json !== null) {
    facts.usage = usageIn(api, json, null)
    facts.audioSeconds = audioSecondsIn(api, json)
  }
  return { facts, json }
}

function numbersFacts(api: AnswerApi, body: Buffer): AnswerFacts {
  const facts = newAnswerFacts()
  try {
    const scanned = scanObject(body)
    facts.usage = usageIn(api, { usage: fieldValue(scanned, 'usage') }, null)
    facts.complete = true
  } catch {
    facts.problem = 'the answer is not a JSON object'
  }
  return facts
}
