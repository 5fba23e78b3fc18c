/** A whole answer, not a stream, on its way to a client that speaks the upstream's dialect. */
import { isObject, parseJson } from '../../bench/endpoints/answer-json.ts'
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

/** Answers without texts: megabytes of numbers, of which nothing but usage is read. */
const withoutText: ReadonlySet<AnswerApi> = new Set(['embeddings', 'rerank'])

/** The client's answer, with the alias for the model's name (null leaves it), and what is known of it. Throws nothing. */
export function rewriteBody(api: AnswerApi, body: Buffer, model: string | null): RewrittenBody {
  const facts = withoutText.has(api) ? numbersFacts(api, body) : textFacts(api, body)
  return { pieces: splicedPieces(body, bodySplices(body, api, model)), facts }
}

function textFacts(api: AnswerApi, body: Buffer): AnswerFacts {
  const facts = newAnswerFacts()
  const event = newAnswerEvent()
  answerReader(api).body(body, event)
  noteAnswer(facts, event)
  facts.textEvents = 0
  facts.complete = event.kind !== 'malformed' && event.kind !== 'error'
  if (event.kind === 'malformed') facts.problem = event.message
  const json = parseJson(body)
  if (isObject(json)) {
    facts.usage = usageIn(api, json, null)
    facts.audioSeconds = audioSecondsIn(api, json)
  }
  return facts
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
