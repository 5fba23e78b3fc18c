/** What the three generating endpoints make of an answer: JSON at once, or events of a stream. */

import type { Answer } from '../answer.ts'
import type { ApiProblem } from '../api-error.ts'
import { asciiJsonInner } from '../http/json-text.ts'

/** Who answers what, the same in every format. */
export interface AnswerHead {
  readonly id: string
  readonly model: string
  /** Seconds since 1970. */
  readonly created: number
  readonly answer: Answer
  readonly promptTokens: number
  /** The client named the function to call: it then ends with 'stop' (OpenAI and vLLM). */
  readonly namedTool: boolean
  readonly includeUsage: boolean
  readonly continuousUsage: boolean
}

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
  readonly reasoningTokens: number
}

export interface AnswerFormat {
  /** Events before the first token. */
  open(): string
  /** Events of the tokens [from, to); '' when they show a client nothing yet. */
  tokens(from: number, to: number): string
  /** Events after the last token. usage null: left out by a fault; done false: the last event is left out by a fault. */
  close(usage: Usage | null, done: boolean): string
  /** Events that tell that it broke, and end the stream. */
  failure(problem: ApiProblem): string
  /** The whole answer as one JSON text. */
  body(usage: Usage | null): string
}

/** 'tool_calls' when the model chose to call; 'stop' and 'length' as for text. */
export function finishReason(head: AnswerHead): 'stop' | 'length' | 'tool_calls' {
  const { answer, namedTool } = head
  return answer.call !== null && answer.finish === 'stop' && !namedTool ? 'tool_calls' : answer.finish
}

/** Text that the tokens [from, to) add, escaped for JSON. */
export function escapedText(answer: Answer, from: number, to: number): string {
  if (to - from === 1) return asciiPiece(answer.pieces[from]!)
  let text = ''
  for (let index = from; index < to; index++) text += answer.pieces[index]!
  return asciiPiece(text)
}

/** Most pieces are plain words. */
function asciiPiece(text: string): string {
  return /^[a-z. ]*$/.test(text) ? text : asciiJsonInner(text)
}

/** The parts of an answer: where its reasoning, the head of a call and its text or arguments begin and end. */
export interface AnswerParts {
  readonly reasoningEnd: number
  /** From here on text, or arguments of the call. */
  readonly bodyStart: number
  readonly end: number
}

export function answerParts(answer: Answer): AnswerParts {
  const end = answer.ids.length
  const bodyStart = Math.min(end, answer.reasoningTokens + (answer.call?.headTokens ?? 0))
  return { reasoningEnd: answer.reasoningTokens, bodyStart, end }
}

/** Name of a call whose head is complete; null when the answer was cut before. */
export function calledName(answer: Answer): string | null {
  const { call } = answer
  return call !== null && answer.ids.length >= answer.reasoningTokens + call.headTokens ? call.name : null
}
