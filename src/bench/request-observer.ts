/** Listens to one request's answer and makes an observation of it. Runs for every streamed token: no allocation there. */
import { createEventScanner, type EventScanner } from '../live/http/event-scanner.ts'
import type { ResponseListener, SentFacts, TransportFailure } from '../live/http/types.ts'
import type {
  BenchPhase,
  FailureKind,
  ReportedUsage,
  RequestFailure,
  RequestObservation,
} from '../measure/observation.ts'
import type { RequestOutcome, WorkloadRequest } from '../workload/request.ts'
import { ChunkTimes } from './chunk-times.ts'
import { type AnswerReader, newAnswerEvent } from './endpoints/endpoint.ts'

export interface ObservedRequest {
  readonly request: WorkloadRequest
  readonly phase: BenchPhase
  readonly model: string
  readonly dispatchedUs: number
  readonly requestBytes: number
  readonly reader: AnswerReader
  /** Answers have tokens whose times mean something; an embedding has none. */
  readonly generates: boolean
  /** Keep the text of the answer: a tokenizer, a conversation or a transcript wants it. */
  readonly keepsText: boolean
  /** Once, when the first token is there or the request is over. */
  onFirstToken(): void
  /** Once, at the end. `texts` is null unless they were kept. */
  onEnd(observation: RequestObservation, texts: AnswerTexts | null): void
  readonly countTokens: ((text: string) => number) | null
}

export interface AnswerTexts {
  readonly reasoning: string
  /** What a user sees, and arguments of tool calls. */
  readonly content: string
}

export interface RequestObserver extends ResponseListener {
  /** The client broke it off: as planned, or because the run is at its end. */
  cancelled(atUs: number, why: 'cancelled' | 'unfinished'): void
}

/** Error bodies are read up to here, and quoted up to there. */
const mostErrorBytes = 64 * 1024
const mostMessageCharacters = 300

const nothing = Number.NaN

export function observeRequest(observed: ObservedRequest): RequestObserver {
  return new Observer(observed)
}

class Observer implements RequestObserver {
  readonly #observed: ObservedRequest
  readonly #event = newAnswerEvent()
  readonly #chunks = new ChunkTimes()
  #scanner: EventScanner | null = null
  #body: Buffer[] = []
  #bodyBytes = 0
  #readUs = nothing
  #sent: SentFacts | null = null
  #status = 0
  #retryAfterSeconds: number | null = null
  #headerId = ''
  #firstByteUs = nothing
  #firstEventUs = nothing
  #firstReasoningUs = nothing
  #firstContentUs = nothing
  #lastContentUs = nothing
  #usageUs = nothing
  #answerId = ''
  #finishReason: string | null = null
  #usage: ReportedUsage | null = null
  #reasoningChunks = 0
  #toolChunks = 0
  #contentCharacters = 0
  #reasoningCharacters = 0
  #responseBytes = 0
  #reasoning = ''
  #content = ''
  #done = false
  #over = false
  #problem: { readonly kind: FailureKind; readonly message: string } | null = null

  constructor(observed: ObservedRequest) {
    this.#observed = observed
  }

  sent(facts: SentFacts): void {
    this.#sent = facts
  }

  head(atUs: number, status: number, headers: ReadonlyMap<string, string>): void {
    this.#status = status
    this.#firstByteUs = atUs
    this.#headerId = headers.get('x-request-id') ?? headers.get('request-id') ?? ''
    this.#retryAfterSeconds = retryAfter(headers.get('retry-after'))
    const streams = (headers.get('content-type') ?? '').includes('text/event-stream')
    if (status === 200 && streams) this.#scanner = createEventScanner(data => this.#onEvent(data))
  }

  data(atUs: number, bytes: Uint8Array): void {
    this.#readUs = atUs
    this.#responseBytes += bytes.length
    if (this.#scanner !== null) {
      this.#scanner.push(bytes)
      return
    }
    if (this.#status !== 200 && this.#bodyBytes >= mostErrorBytes) return
    this.#body.push(Buffer.from(bytes))
    this.#bodyBytes += bytes.length
  }

  #onEvent(data: Buffer): void {
    const event = this.#event
    this.#observed.reader.event(data, event)
    if (event.kind === 'token') this.#onToken()
    else this.#onOther()
  }

  #onToken(): void {
    const event = this.#event
    const atUs = this.#readUs
    // biome-ignore lint/suspicious/noSelfCompare: the quickest test for NaN, this runs for every token
    const first = this.#lastContentUs !== this.#lastContentUs
    const content = event.contentText.length + event.toolText.length
    const reasoning = event.reasoningText.length
    if (reasoning > 0) {
      this.#reasoningChunks++
      this.#reasoningCharacters += reasoning
      if (!(this.#firstReasoningUs <= atUs)) this.#firstReasoningUs = atUs
    }
    if (content > 0 || reasoning === 0) {
      this.#contentCharacters += content
      if (!(this.#firstContentUs <= atUs)) this.#firstContentUs = atUs
    }
    if (event.toolText.length > 0) this.#toolChunks++
    if (first) {
      if (!(this.#firstEventUs <= atUs)) this.#firstEventUs = atUs
      this.#answerId = event.answerId
      this.#observed.onFirstToken()
    }
    this.#lastContentUs = atUs
    this.#chunks.add(atUs, content + reasoning, event.outputTokensSoFar)
    if (this.#observed.keepsText) {
      this.#reasoning += event.reasoningText
      this.#content += event.contentText + event.toolText
    }
    if (event.usage !== null) this.#onUsage(event.usage)
    if (event.finishReason !== null) this.#finishReason = event.finishReason
  }

  #onOther(): void {
    const event = this.#event
    if (event.answerId !== '') this.#answerId = event.answerId
    if (event.finishReason !== null) this.#finishReason = event.finishReason
    if (event.usage !== null) this.#onUsage(event.usage)
    switch (event.kind) {
      case 'start':
        if (!(this.#firstEventUs <= this.#readUs)) this.#firstEventUs = this.#readUs
        return
      case 'done':
        this.#done = true
        return
      case 'error':
        this.#problem ??= { kind: 'error-in-stream', message: event.message }
        return
      case 'malformed':
        this.#problem ??= { kind: 'malformed', message: event.message }
        return
    }
  }

  #onUsage(usage: ReportedUsage): void {
    this.#usage = usage
    this.#usageUs = this.#readUs
  }

  end(atUs: number): void {
    if (this.#status !== 200) {
      this.#finish(atUs, this.#status === 429 || this.#status === 503 ? 'rejected' : 'failed', {
        kind: 'http-status',
        status: this.#status,
        message: errorMessage(Buffer.concat(this.#body), this.#status),
        retryAfterSeconds: this.#retryAfterSeconds,
      })
      return
    }
    if (this.#scanner === null) this.#onBody(atUs)
    else this.#onLeftOver(this.#scanner)
    const broken = this.#scanner?.problem ?? null
    if (broken !== null) this.#problem ??= { kind: 'malformed', message: broken }
    const problem = this.#problem ?? this.#unfinished()
    if (problem === null) this.#finish(atUs, 'served', null)
    else this.#fail(atUs, problem.kind, problem.message)
  }

  /** A stream that just stops, without finish_reason and without [DONE], was cut; many servers leave one of the two out. */
  #unfinished(): { readonly kind: FailureKind; readonly message: string } | null {
    if (this.#scanner === null || this.#done || this.#finishReason !== null) return null
    return { kind: 'incomplete', message: 'the stream ended without finish_reason and without [DONE]' }
  }

  /** A last event without its blank line: dropped by the standard, but servers do end so, and then it is what they meant. */
  #onLeftOver(scanner: EventScanner): void {
    const rest = scanner.finish()
    if (rest === null || rest.length === 0) return
    this.#observed.reader.event(rest, this.#event)
    // Cut off in the middle of its JSON, it says nothing; whether the stream was complete is judged by what came before.
    if (this.#event.kind === 'malformed') return
    if (this.#event.kind === 'token') this.#onToken()
    else this.#onOther()
  }

  #onBody(atUs: number): void {
    const event = this.#event
    this.#readUs = atUs
    this.#observed.reader.body(Buffer.concat(this.#body), event)
    if (event.kind === 'error' || event.kind === 'malformed') {
      this.#problem = {
        kind: event.kind === 'error' ? 'error-in-stream' : 'malformed',
        message: event.message,
      }
      return
    }
    this.#answerId = event.answerId
    this.#finishReason = event.finishReason
    this.#contentCharacters = event.contentText.length + event.toolText.length
    this.#reasoningCharacters = event.reasoningText.length
    // The whole answer came at once: when it ended is known, when its tokens came is not.
    this.#lastContentUs = atUs
    if (event.usage !== null) this.#onUsage(event.usage)
    this.#reasoning = event.reasoningText
    this.#content = event.contentText + event.toolText
  }

  failure(atUs: number, failure: TransportFailure): void {
    this.#fail(atUs, failure.kind, failure.message)
  }

  cancelled(atUs: number, why: 'cancelled' | 'unfinished'): void {
    this.#finish(atUs, 'cancelled', {
      kind: why,
      status: this.#status,
      message: why === 'cancelled' ? 'cancelled by the client, as asked' : 'under way when the run ended',
      retryAfterSeconds: null,
    })
  }

  /** Reported tokens that chunks can show: some APIs think in secret, and bill it. Null without usage. */
  #shownTokens(): number | null {
    if (this.#usage === null) return null
    const { outputTokens, reasoningTokens } = this.#usage
    return this.#reasoningChunks === 0 ? outputTokens - (reasoningTokens ?? 0) : outputTokens
  }

  #fail(atUs: number, kind: FailureKind, message: string): void {
    this.#finish(atUs, 'failed', {
      kind,
      status: this.#status,
      message: shortened(message),
      retryAfterSeconds: this.#retryAfterSeconds,
    })
  }

  #finish(atUs: number, outcome: RequestOutcome, failure: RequestFailure | null): void {
    if (this.#over) return
    this.#over = true
    const { request, phase, model, dispatchedUs, requestBytes, countTokens, keepsText, generates } =
      this.#observed
    this.#observed.onFirstToken()
    const sent = this.#sent
    const texts = keepsText ? { reasoning: this.#reasoning, content: this.#content } : null
    const contentChunks = this.#chunks.count
    const observation: RequestObservation = {
      id: request.id,
      phase,
      session: request.session,
      turn: request.turn,
      tenant: request.tenant,
      model,
      requestedInputTokens: request.inputTokens,
      requestedOutputTokens: generates ? request.outputTokens : 0,
      times: {
        scheduledUs: request.arrivalUs,
        dispatchedUs,
        connectedUs: sent?.connectedUs ?? nothing,
        sentUs: sent?.sentUs ?? nothing,
        firstByteUs: this.#firstByteUs,
        firstEventUs: this.#firstEventUs,
        firstReasoningUs: this.#firstReasoningUs,
        firstContentUs: this.#firstContentUs,
        lastContentUs: this.#lastContentUs,
        usageUs: this.#usageUs,
        endedUs: atUs,
      },
      connection: { reused: sent?.reused ?? false, attempts: sent?.attempt ?? 0 },
      status: this.#status,
      outcome,
      failure,
      answerId: this.#answerId === '' ? this.#headerId : this.#answerId,
      finishReason: this.#finishReason,
      reported: this.#usage,
      counted: {
        contentChunks,
        reasoningChunks: this.#reasoningChunks,
        toolChunks: this.#toolChunks,
        contentCharacters: this.#contentCharacters,
        reasoningCharacters: this.#reasoningCharacters,
        tokens: countTokens === null || texts === null ? null : countTokens(texts.reasoning + texts.content),
      },
      chunks: this.#chunks.log(this.#shownTokens()),
      requestBytes,
      responseBytes: this.#responseBytes,
    }
    this.#observed.onEnd(observation, texts)
  }
}

/** Seconds, or a date (RFC 9110 §10.2.3); null when it is neither. A date is read by the wall clock: it times nothing. */
function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^\s*\d+\s*$/.test(text)) return Number(text)
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000)
}

/** The words of an error body: OpenAI's and Anthropic's `error.message`, FastAPI's `detail`, else its beginning. */
function errorMessage(body: Buffer, status: number): string {
  const text = body.toString('utf8').trim()
  try {
    const json: unknown = JSON.parse(text)
    const words = messageIn(json)
    if (words !== null) return shortened(words)
  } catch {
    // Not JSON: its beginning will do.
  }
  return text === '' ? `status ${status} without a body` : shortened(text)
}

function messageIn(json: unknown): string | null {
  if (typeof json !== 'object' || json === null) return null
  const fields = json as Readonly<Record<string, unknown>>
  if (typeof fields.message === 'string') return fields.message
  if (typeof fields.detail === 'string') return fields.detail
  if (typeof fields.error === 'string') return fields.error
  return messageIn(fields.error)
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= mostMessageCharacters ? line : `${line.slice(0, mostMessageCharacters - 1)}…`
}
