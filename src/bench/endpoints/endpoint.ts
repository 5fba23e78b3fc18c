/** One kind of endpoint: how a request is worded, and what its answer's events mean. Nothing here knows time or sockets. */
import type { ReportedUsage } from '../../measure/observation.ts'

/** What a request asks for, whatever the endpoint calls it. */
export interface AskedRequest {
  readonly model: string
  readonly prompt: BenchPrompt
  readonly outputTokens: number
  readonly stream: boolean
  /** Output is to be as long as asked for: ignore_eos and min_tokens, for engines that know them. */
  readonly exactLength: boolean
  readonly seed: number | null
  /** Further fields of the body, as the user gave them; they win. */
  readonly extra: Readonly<Record<string, unknown>>
}

export type BenchPrompt =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'messages'; readonly messages: readonly ChatMessage[] }
  /** Token ids, for text completions only: nothing is left to the server's tokenizer. */
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  /** Several texts (embeddings), or documents to rank by a query; the query is '' where there is none. */
  | { readonly kind: 'texts'; readonly query: string; readonly texts: readonly string[] }
  | {
      readonly kind: 'audio'
      readonly fileName: string
      readonly bytes: Uint8Array
      readonly seconds: number
    }
  /** A whole body in the endpoint's own words: its fields win over ours. */
  | { readonly kind: 'payload'; readonly body: unknown }

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface RequestBody {
  readonly contentType: string
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

export interface EndpointKind {
  /** chat, completions, responses, messages, embeddings, rerank, transcription, template. */
  readonly name: string
  /** Below the base URL: /v1/chat/completions. */
  readonly path: string
  /** Answers can come as a stream of events. */
  readonly streams: boolean
  /** Answers have output tokens whose times mean something. */
  readonly generates: boolean
  body(asked: AskedRequest): RequestBody
  /** Reads one answer; one reader a request. */
  reader(): AnswerReader
}

/** Fed with the data of server-sent events, or with the whole body. Throws nothing: what it cannot read is 'malformed'. */
export interface AnswerReader {
  event(data: Buffer, into: AnswerEvent): void
  /** Answers the JSON it was, undefined when it was none: a caller may want more of it. */
  body(data: Buffer, into: AnswerEvent): unknown
}

/** One object a request, filled anew for every event: no allocation per token. */
export interface AnswerEvent {
  /**
   * start: choices without any text (a role). token: content, reasoning or tool arguments. usage: nothing but usage. done:
   * the end mark. error: the server says so under status 200. malformed: not what the endpoint sends. other: comments, pings.
   * Whatever the kind, usage, finishReason and outputTokensSoFar may come with it: many servers put them on the last chunk
   * or on the end mark.
   */
  kind: 'start' | 'token' | 'usage' | 'done' | 'error' | 'malformed' | 'other'
  contentText: string
  reasoningText: string
  toolText: string
  /** Output tokens up to and with this event, by usage in it; −1 when it says nothing. */
  outputTokensSoFar: number
  usage: ReportedUsage | null
  /** In the server's own words: stop, length, max_tokens, max_output_tokens, end_turn … */
  finishReason: string | null
  answerId: string
  /** Of an error. */
  message: string
}

export function newAnswerEvent(): AnswerEvent {
  return {
    kind: 'other',
    contentText: '',
    reasoningText: '',
    toolText: '',
    outputTokensSoFar: -1,
    usage: null,
    finishReason: null,
    answerId: '',
    message: '',
  }
}
