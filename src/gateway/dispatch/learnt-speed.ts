/**
 * How fast a candidate answers, learnt from what it did: time to first token against the prompt tokens to compute before it, time
 * per output token against the requests there. Equations and constants: docs/models/dispatch.md#estimates.
 */
import type { PerformancePrior } from '../config/gateway-config.ts'
import { ForgettingLine } from './forgetting-line.ts'
import { RecentMedian } from './recent-median.ts'

/** Assumed: 64 requests are of late. */
const window = 64
/** Assumed of a first token: half of its time goes with the prompt, until prompts of different lengths were seen. */
const promptShare = 0.5
/** A configured prior counts as much as so many requests (assumed): it is somebody's guess. */
const priorObservations = 2
/** Requests that must have been seen where nothing is configured (assumed). */
const enough = 3
/**
 * Of an engine of one's own, until it was seen busier and less busy: a hundred requests at once make each token take twice as long as
 * one alone, or a tenth of it is due to the others (assumed: decoding is flat at first, and grows). An API has room of its own.
 */
const requestsThatDouble = 100
const sharedShare = 0.1
/** Answers shorter than this tell too little of the time per token (assumed). */
const shortestAnswer = 4

export class LearntSpeed {
  readonly #firstToken: ForgettingLine
  readonly #perToken: ForgettingLine
  /** Of whole answers, whose first token nobody saw: duration against output tokens. */
  readonly #whole = new ForgettingLine({ window, slopeShare: 0.9 }, null)
  readonly #hasPrior: boolean
  readonly recentTtftMs = new RecentMedian()
  readonly recentTpotMs = new RecentMedian()
  /** Requests there at once, of late. */
  #batch = 1
  #batches = 0
  #lastUs = Number.NEGATIVE_INFINITY
  #answers = 0

  constructor(prior: PerformancePrior | null, kind: 'replica' | 'offer') {
    this.#hasPrior = prior !== null
    const perRequest = kind === 'replica' ? 1 / requestsThatDouble : 0
    const counted = { observations: priorObservations }
    this.#firstToken = new ForgettingLine(
      { window, slopeShare: promptShare },
      prior === null ? null : { intercept: prior.ttftMs, slope: prior.msPerPromptToken, ...counted },
    )
    this.#perToken = new ForgettingLine(
      { window, slopeShare: kind === 'replica' ? sharedShare : 0 },
      prior === null
        ? null
        : { intercept: prior.tpotMs * (1 - perRequest), slope: prior.tpotMs * perRequest, ...counted },
    )
  }

  get isKnown(): boolean {
    if (this.#hasPrior || this.#whole.seen >= enough) return true
    return this.#firstToken.seen >= enough && this.#answers > 0
  }

  /** When it was last learnt from, µs. */
  get lastUs(): number {
    return this.#lastUs
  }

  /** Requests there at once, of late. */
  get batch(): number {
    return this.#batch
  }

  /** tokens: of its own prompt and of those before it, not cached. */
  sawFirstToken(nowUs: number, tokens: number, ttftMs: number): void {
    this.#lastUs = nowUs
    this.recentTtftMs.add(ttftMs)
    this.#firstToken.observe(tokens, ttftMs)
  }

  /** The rest of an answer; requests: there meanwhile, itself included, on average. */
  sawAnswer(nowUs: number, requests: number, outputTokens: number, sinceFirstTokenMs: number): void {
    this.#answers++
    if (outputTokens < shortestAnswer) return
    this.#lastUs = nowUs
    this.#sawBatch(requests)
    const tpotMs = sinceFirstTokenMs / (outputTokens - 1)
    this.recentTpotMs.add(tpotMs)
    this.#perToken.observe(requests, tpotMs)
  }

  /** An answer without tokens, as embeddings are: what there is comes at once. */
  sawNoTokens(nowUs: number, tokens: number, durationMs: number): void {
    this.#answers++
    this.sawFirstToken(nowUs, tokens, durationMs)
  }

  /** An answer in one piece. */
  sawWhole(nowUs: number, requests: number, outputTokens: number, durationMs: number): void {
    this.#lastUs = nowUs
    this.#sawBatch(requests)
    this.#whole.observe(outputTokens, durationMs)
  }

  /** The mean of what was seen, until that is more than is of late. */
  #sawBatch(requests: number): void {
    this.#batches = Math.min(window, this.#batches + 1)
    this.#batch += (requests - this.#batch) / this.#batches
  }

  /** NaN while nothing is known. */
  ttftMs(tokens: number): number {
    if (this.#hasPrior || this.#firstToken.seen > 0) return this.#firstToken.at(tokens)
    return this.#whole.seen > 0 ? this.#whole.at(0) : Number.NaN
  }

  tpotMs(requests: number): number {
    if (this.#hasPrior || this.#perToken.seen > 0) return this.#perToken.at(requests)
    if (this.#whole.seen > 0) return this.#whole.slope
    // Answers of a token or none take no time beyond the first.
    return this.#answers > 0 ? 0 : Number.NaN
  }

  /** Of a prompt token to compute. */
  msPerPromptToken(): number {
    return this.#hasPrior || this.#firstToken.seen > 0 ? this.#firstToken.slope : Number.NaN
  }
}
