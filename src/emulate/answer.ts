/**
 * What the emulator will say to a request, decided when it arrives: length, words, where it stops, which tool it calls.
 * A pure function of the request and the run's seed, so a repeated request gets the same answer. Only *when* each token
 * comes is the engine's business.
 */
import { RandomStream } from '../core/random.ts'
import { answerWords } from './answer-words.ts'
import { special } from './chat-template.ts'
import { exampleJson, type JsonSchema } from './example-json.ts'
import { decode, encode } from './tokenizer.ts'

export interface AnswerRequest {
  /** Depends on prompt, sampling seed and the run's seed. */
  readonly hash: number
  /** Most tokens that may come: the client's limit or what the context leaves. ≥ 1. */
  readonly limit: number
  readonly minimumTokens: number
  readonly ignoreEnd: boolean
  readonly stop: readonly string[]
  readonly includeStop: boolean
  /** Mean length of free text, tokens. */
  readonly meanTokens: number
  /** Share of the tokens that are reasoning, [0, 1). */
  readonly reasoningShare: number
  readonly tool: { readonly name: string; readonly parameters: JsonSchema } | null
  /** The text must be JSON of this schema; null: free text. */
  readonly schema: JsonSchema | null
}

export interface Answer {
  /** All its tokens, in order: reasoning, then text or the tool call. */
  readonly ids: readonly number[]
  /** What each token adds to the text a client sees; '' for what a stop string cut off. */
  readonly pieces: readonly string[]
  readonly reasoningTokens: number
  readonly finish: 'stop' | 'length'
  /** The stop string that ended it. */
  readonly stopReason: string | null
  /** Its tokens are reasoning, then `headTokens` that name the function, then its arguments. */
  readonly call: { readonly name: string; readonly headTokens: number } | null
}

/** A full stop ends every sentence of 15 words, so that stop sequences have something to find. */
const sentenceTokens = 16
const fullStop = { piece: '.', id: encode('.')[0]! }
const inner = answerWords.map(word => ({ piece: ` ${word}`, id: encode(` ${word}`)[0]! }))
const leading = answerWords.map(word => ({ piece: word, id: encode(word)[0]! }))

/**
 * Length of free text: geometric, as if every token had the same chance to be the last (rounded up from an exponential of
 * the given mean): P(more than n tokens) = exp(−n/mean). Assumed: real answers have longer tails; load tests set the
 * length themselves by max_tokens with ignore_eos.
 */
function naturalLength(random: RandomStream, meanTokens: number): number {
  return Math.max(1, Math.ceil(random.exponential() * meanTokens))
}

export function planAnswer(request: AnswerRequest): Answer {
  const random = new RandomStream(request.hash)
  const length = naturalLength(random, request.meanTokens)
  if (request.tool !== null || request.schema !== null) return planJson(request, random)
  const wanted = request.ignoreEnd ? request.limit : Math.max(length, request.minimumTokens)
  const total = Math.min(wanted, request.limit)
  const reasoningTokens = Math.floor(total * request.reasoningShare)
  const ids: number[] = []
  const pieces: string[] = []
  appendWords(random, reasoningTokens, ids, pieces)
  appendWords(random, total - reasoningTokens, ids, pieces)
  const finish = request.ignoreEnd || wanted > request.limit ? 'length' : 'stop'
  const answer = { ids, pieces, reasoningTokens, finish, stopReason: null, call: null } as const
  return request.stop.length === 0 ? answer : cutAtStop(answer, request)
}

function appendWords(random: RandomStream, count: number, ids: number[], pieces: string[]): void {
  for (let index = 0; index < count; index++) {
    const place = index % sentenceTokens
    const token =
      place === sentenceTokens - 1 ? fullStop : (index === 0 ? leading : inner)[random.bits() >>> 24]!
    ids.push(token.id)
    pieces.push(token.piece)
  }
}

/** Tool calls and structured answers end with their JSON, whatever min_tokens and ignore_eos say. */
function planJson(request: AnswerRequest, random: RandomStream): Answer {
  const ids: number[] = []
  const pieces: string[] = []
  const schema = request.tool === null ? request.schema! : request.tool.parameters
  const body = encode(JSON.stringify(exampleJson(schema, random)))
  const share = request.reasoningShare
  appendWords(random, Math.floor((body.length * share) / (1 - share)), ids, pieces)
  const reasoningTokens = Math.min(ids.length, request.limit)
  let call: Answer['call'] = null
  if (request.tool !== null) {
    const head = [special.call, ...encode(request.tool.name)]
    call = { name: request.tool.name, headTokens: head.length }
    ids.push(...head)
    for (const _ of head) pieces.push('')
  }
  ids.push(...body)
  for (const id of body) pieces.push(decode([id], () => ''))
  const cut = ids.length > request.limit
  ids.length = Math.min(ids.length, request.limit)
  pieces.length = ids.length
  return { ids, pieces, reasoningTokens, finish: cut ? 'length' : 'stop', stopReason: null, call }
}

/** Ends the answer with the token that completes a stop string; the client sees the text before it. */
function cutAtStop(answer: Answer, request: AnswerRequest): Answer {
  const longest = Math.max(...request.stop.map(stop => stop.length))
  let text = ''
  for (let index = answer.reasoningTokens; index < answer.ids.length; index++) {
    const from = Math.max(0, text.length - longest + 1)
    text += answer.pieces[index]!
    if (index + 1 < request.minimumTokens) continue
    let found = -1
    let foundStop = ''
    for (const stop of request.stop) {
      const at = text.indexOf(stop, from)
      if (at >= 0 && (found < 0 || at < found)) {
        found = at
        foundStop = stop
      }
    }
    if (found < 0) continue
    const pieces = answer.pieces.slice(0, index + 1)
    let excess = text.length - (request.includeStop ? found + foundStop.length : found)
    for (let back = index; excess > 0 && back >= answer.reasoningTokens; back--) {
      const piece = pieces[back]!
      pieces[back] = piece.slice(0, Math.max(0, piece.length - excess))
      excess -= piece.length
    }
    return { ...answer, ids: answer.ids.slice(0, index + 1), pieces, finish: 'stop', stopReason: foundStop }
  }
  return answer
}
