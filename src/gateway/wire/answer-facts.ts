/** What the ledger wants of an answer: its usage, why it ended, and how much of it there was, for estimates when usage is missing. */
import { isObject, type JsonObject, objectIn } from '../../bench/endpoints/answer-json.ts'
import type { AnswerEvent, AnswerReader } from '../../bench/endpoints/endpoint.ts'
import { endpointKind } from '../../bench/endpoints/endpoint-kinds.ts'
import type { JsonApi } from './request-facts.ts'
import {
  anthropicStartUsage,
  anthropicUsage,
  completionsUsage,
  llamaTimings,
  responsesUsage,
  type WireUsage,
} from './wire-usage.ts'

/** APIs whose answers are read; requests of transcriptions are multipart, their answers are not. */
export type AnswerApi = JsonApi | 'transcription'

export interface AnswerFacts {
  /** null: the server has not told; to be estimated from the rest. */
  usage: WireUsage | null
  /** Length of what was transcribed, as the server says it: some APIs are paid by it. null: it does not say. */
  audioSeconds: number | null
  /** In the server's own words; null as long as it has not ended. */
  finishReason: string | null
  /** Of content, reasoning and arguments of tools, in UTF-16 units. */
  outputCharacters: number
  /** Of a stream: events with text. Most servers send one a token. */
  textEvents: number
  answerId: string
  /** The end mark of the API came ([DONE], message_stop, response.completed), or a whole body. */
  complete: boolean
  /** What the server said went wrong after status 200. */
  problem: string | null
}

export function newAnswerFacts(): AnswerFacts {
  return {
    usage: null,
    audioSeconds: null,
    finishReason: null,
    outputCharacters: 0,
    textEvents: 0,
    answerId: '',
    complete: false,
    problem: null,
  }
}

/** Reads the events, or the whole body, of one answer; shared with the load generator. */
export function answerReader(api: AnswerApi): AnswerReader {
  return endpointKind(api).reader()
}

/** Adds an event, or a whole body, to what is known. */
export function noteAnswer(facts: AnswerFacts, event: AnswerEvent): void {
  const characters = event.contentText.length + event.reasoningText.length + event.toolText.length
  if (characters > 0) {
    facts.outputCharacters += characters
    facts.textEvents++
  }
  if (event.finishReason !== null) facts.finishReason = event.finishReason
  if (event.answerId !== '') facts.answerId = event.answerId
  if (event.kind === 'done') facts.complete = true
  if (event.kind === 'error') facts.problem = event.message
}

/** Of a transcription: usage by duration (OpenAI's Whisper models), or the length that verbose answers tell. null for all others. */
export function audioSecondsIn(api: AnswerApi, json: JsonObject): number | null {
  if (api !== 'transcription') return null
  const seconds = objectIn(json, 'usage')?.seconds ?? json.duration
  return typeof seconds === 'number' && seconds >= 0 && seconds <= mostAudioSeconds ? seconds : null
}

/** Of one recording: eleven days. Assumed; what is longer was no length. */
const mostAudioSeconds = 1_000_000

/** Usage in an event or a body of an API; Messages tell theirs in two parts, of which `first` is the earlier. */
export function usageIn(api: AnswerApi, json: JsonObject, first: JsonObject | null): WireUsage | null {
  switch (api) {
    case 'messages':
      if (json.type === 'message_start') return anthropicStartUsage(objectIn(json, 'message')?.usage)
      return isObject(json.usage) ? anthropicUsage(first, json.usage) : null
    case 'transcription':
    case 'responses':
      return responsesUsage(objectIn(json, 'response')?.usage ?? json.usage)
    case 'chat':
    case 'completions':
    case 'embeddings':
    case 'rerank':
      return completionsUsage(json.usage) ?? llamaTimings(json.timings)
  }
}
