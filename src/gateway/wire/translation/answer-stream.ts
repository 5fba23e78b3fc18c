/** What every translation of a stream has: bytes in, bytes out, and what the ledger wants. */

import { isObject, type JsonObject, parseJson } from '../../../bench/endpoints/answer-json.ts'
import { type AnswerEvent, newAnswerEvent } from '../../../bench/endpoints/endpoint.ts'
import type { Writable } from '../../../core/writable.ts'
import { createEventScanner } from '../../../live/index.ts'
import {
  type AnswerApi,
  type AnswerFacts,
  answerReader,
  newAnswerFacts,
  noteAnswer,
} from '../answer-facts.ts'
import { createEventOutput, type EventOutput } from '../event-output.ts'
import type { StreamRewriter } from '../stream-rewrite.ts'

/** One API's events in another's words; everything is written to the output that it was made with. */
export interface StreamTranslation {
  /** An event with one text and nothing else: the cheap way for what a stream is made of. false: take the other way. */
  text(event: AnswerEvent): boolean
  /** Any other event, parsed. */
  event(json: JsonObject): void
  /** [DONE]. */
  done(): void
  comment(): void
  /** The upstream's stream is at its end, whether or not it was complete. */
  end(): void
  /** The upstream says what went wrong, or sends what is no JSON. */
  problem(message: string): void
}

export function translateStream(
  api: AnswerApi,
  translation: (output: EventOutput, facts: AnswerFacts) => StreamTranslation,
): StreamRewriter {
  const output = createEventOutput()
  const facts = newAnswerFacts()
  const words = translation(output, facts)
  const reader = answerReader(api)
  const event = newAnswerEvent()
  const take = (data: Buffer): void => {
    // An error is the end: no client reads on.
    if (facts.problem !== null) return
    reader.event(data, event)
    noteAnswer(facts, event)
    const { kind, message } = event
    if (kind === 'error') {
      words.problem(message)
      return
    }
    const plain =
      kind === 'token' && event.usage === null && event.finishReason === null && event.toolText === ''
    if (plain && words.text(event)) return
    const json = parseJson(data)
    if (isObject(json)) words.event(json)
    else if (kind === 'done') words.done()
    else {
      facts.problem = message
      words.problem(message)
    }
  }
  const scanner = createEventScanner(take, () => {
    if (facts.problem === null) words.comment()
  })
  const rewriter: Writable<StreamRewriter> = {
    facts,
    problem: null,
    push(bytes) {
      scanner.push(bytes)
      rewriter.problem = scanner.problem
      return output.take()
    },
    finish() {
      const rest = scanner.finish()
      if (rest !== null && rest.length > 0) take(rest)
      if (facts.problem === null) words.end()
      rewriter.problem = scanner.problem
      return output.take()
    },
    readUsage() {},
  }
  return rewriter
}
