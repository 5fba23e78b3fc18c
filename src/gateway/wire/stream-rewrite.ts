/**
 * A stream of events on its way to a client that speaks the upstream's dialect: the alias stands where the upstream's name of
 * the model stood, usage that the client did not ask for is gone, and what the ledger wants is read off. Everything else
 * stays as it came. Most events differ in their text only: their beginning is recognised and replaced in one piece.
 */

import { isObject, type JsonObject, objectIn, parseJson, textIn } from '../../bench/endpoints/answer-json.ts'
import { newAnswerEvent } from '../../bench/endpoints/endpoint.ts'
import type { Writable } from '../../core/writable.ts'
import { createEventScanner } from '../../live/index.ts'
import {
  type AnswerApi,
  type AnswerFacts,
  answerReader,
  newAnswerFacts,
  noteAnswer,
  usageIn,
} from './answer-facts.ts'
import { answerSplices } from './answer-splices.ts'
import { beginsWith, type EventHead, findUsage, learnHead, type UsagePlace } from './event-head.ts'
import { createEventOutput } from './event-output.ts'
import { splicedPieces } from './splice.ts'

export interface StreamRewriteOptions {
  readonly api: AnswerApi
  /** The name that the client used; null leaves the upstream's. */
  readonly model: string | null
  /** The client did not ask for usage: it gets none. For chat and text completions; the other APIs always tell. */
  readonly stripUsage: boolean
}

export interface StreamRewriter {
  /** The upstream's next bytes; what the client gets for them, often nothing while an event is incomplete. */
  push(bytes: Uint8Array): Buffer
  /** The upstream has ended its stream: an event without its blank line is still handed on. */
  finish(): Buffer
  /** What is known so far, but for usage that was told beside text (readUsage): the same object throughout. */
  readonly facts: Readonly<AnswerFacts>
  /** Brings `facts.usage` up to date; done by finish() as well. Usage beside text is cumulative, so only its last is read. */
  readUsage(): void
  /** Why the rest of the stream is ignored (an event without an end); null as a rule. */
  readonly problem: string | null
}

const lineFeed = 0x0a
const noHead: EventHead = { before: Buffer.alloc(0), after: Buffer.alloc(0) }

/** Messages and Responses name an event by its type. */
function nameOf(data: Buffer): string {
  const json = parseJson(data)
  return isObject(json) ? textIn(json, 'type') : ''
}

export function createStreamRewriter(options: StreamRewriteOptions): StreamRewriter {
  const { api, model } = options
  const stripUsage = options.stripUsage && (api === 'chat' || api === 'completions')
  const output = createEventOutput()
  const reader = answerReader(api)
  const event = newAnswerEvent()
  const facts = newAnswerFacts()
  /** Events with text hold nothing to change: Messages and Responses name the model, and tell usage, elsewhere. */
  const textIsAlone = api === 'messages' || api === 'responses' || (model === null && !stripUsage)
  let head: EventHead | null = model === null ? noHead : null
  const place: UsagePlace = { start: -1, end: -1 }
  let usageOfStart: JsonObject | null = null
  let keptUsage: Buffer = Buffer.alloc(0)
  let usageBytes = 0

  const readUsage = (data: Buffer): void => {
    const json = parseJson(data)
    if (!isObject(json)) return
    if (json.type === 'message_start') usageOfStart = objectIn(objectIn(json, 'message'), 'usage')
    facts.usage = usageIn(api, json, usageOfStart) ?? facts.usage
  }

  /** Some servers tell usage with every event; it is cumulative wherever it comes more than once, so the last one is read. */
  const readKeptUsage = (): void => {
    if (usageBytes === 0) return
    readUsage(keptUsage.subarray(0, usageBytes))
    usageBytes = 0
  }

  const keepUsage = (data: Buffer): void => {
    if (keptUsage.length < data.length) keptUsage = Buffer.allocUnsafeSlow(2 * data.length)
    usageBytes = data.copy(keptUsage)
  }

  const pass = (data: Buffer): void => {
    if (data.indexOf(lineFeed) < 0) output.bytes(data)
    else output.text(data.toString('utf8').replaceAll('\n', '\ndata: '))
  }

  /** The rest of an event with text, without usage; false when it is not plain to see where that is. */
  const passRest = (data: Buffer, from: number): boolean => {
    if (!stripUsage) {
      output.part(data, from, data.length)
      return true
    }
    let at = from
    for (;;) {
      if (!findUsage(data, at, place)) return false
      if (place.start < 0) break
      output.part(data, at, place.start)
      at = place.end
    }
    output.part(data, at, data.length)
    return true
  }

  /** Through the scanner, once in a stream as a rule. */
  const rewrite = (data: Buffer, name: string): void => {
    const splices = answerSplices(data, api, model, stripUsage)
    if (splices === null) return
    output.begin(name)
    if (splices.length === 0) pass(data)
    else {
      for (const piece of splicedPieces(data, splices)) pass(piece)
      if (event.kind === 'token' && model !== null) head = learnHead(data, splices)
    }
    output.end()
  }

  const take = (data: Buffer, name: string): void => {
    reader.event(data, event)
    noteAnswer(facts, event)
    const { kind } = event
    if (event.usage !== null) keepUsage(data)
    else if (kind === 'start' && api === 'messages') readUsage(data)
    if (kind === 'token') {
      if (textIsAlone) {
        output.begin(name)
        pass(data)
        output.end()
        return
      }
      if (head !== null && beginsWith(data, head.before) && data.indexOf(lineFeed) < 0) {
        const mark = output.mark()
        output.begin(name)
        output.bytes(head.after)
        if (passRest(data, head.before.length)) {
          output.end()
          return
        }
        output.back(mark)
      }
    }
    rewrite(data, name)
  }

  const scanner = createEventScanner(take, comment => {
    output.text(':')
    output.bytes(comment)
    output.end()
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
      if (rest !== null && rest.length > 0) take(rest, nameOf(rest))
      rewriter.problem = scanner.problem
      readKeptUsage()
      return output.take()
    },
    readUsage: readKeptUsage,
  }
  return rewriter
}
