/** An attempt under way: told once of its first token, once of its end; counts come back to what they were, and what it did is learnt. */
import type { MonotonicClock } from '../../live/clock.ts'
import type { Router } from '../../routing/index.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import { computedTokens } from './estimate.ts'
import type { DispatchRequest, Flight, FlightOutcome } from './types.ts'

export interface FlightOwner {
  readonly clock: MonotonicClock
  /** After the books were changed: there may be room now. */
  moved(nowUs: number): void
  ended(nowUs: number, entry: CandidateEntry, ticket: number, outcome: FlightOutcome): void
}

export class FlightRecord implements Flight {
  readonly #owner: FlightOwner
  readonly #router: Router
  readonly #entry: CandidateEntry
  readonly #request: DispatchRequest
  readonly #ticket: number
  readonly #cachedTokens: number
  /** Prompt tokens it has to compute, and those before it when it was sent. */
  readonly #ownTokens: number
  readonly #tokensBefore: number
  /** Requests there with it. */
  readonly #requests: number
  #firstTokenMs: number | null = null
  #isOver = false

  /** The router has been told that it was sent. */
  constructor(
    owner: FlightOwner,
    router: Router,
    entry: CandidateEntry,
    request: DispatchRequest,
    cachedTokens: number,
    nowUs: number,
  ) {
    const { load, breaker, tokens } = entry
    const { state } = load
    this.#owner = owner
    this.#router = router
    this.#entry = entry
    this.#request = request
    this.#cachedTokens = cachedTokens
    this.#ticket = breaker.sent(nowUs)
    this.#ownTokens = computedTokens(request.prompt.inputTokens, cachedTokens, tokens.trust)
    this.#tokensBefore = state.pendingPromptTokens
    this.#requests = state.running + state.waiting + 1
    load.sent(this.#ownTokens)
  }

  firstToken(ttftMs: number): void {
    if (this.#isOver || this.#firstTokenMs !== null) return
    const nowUs = this.#owner.clock.nowUs()
    this.#firstTokenMs = ttftMs
    this.#entry.load.firstToken(this.#ownTokens)
    this.#router.firstToken(nowUs, this.#request.number, this.#entry.candidate.id)
    this.#entry.speed.sawFirstToken(nowUs, this.#ownTokens + this.#tokensBefore, ttftMs)
    this.#owner.moved(nowUs)
  }

  ended(outcome: FlightOutcome): void {
    if (this.#isOver) return
    this.#isOver = true
    const { load, candidate } = this.#entry
    const nowUs = this.#owner.clock.nowUs()
    load.ended(this.#ownTokens, this.#firstTokenMs !== null)
    if (outcome.kind === 'served') this.#learn(nowUs, outcome)
    this.#router.ended(nowUs, this.#request.number, candidate.id)
    this.#owner.ended(nowUs, this.#entry, this.#ticket, outcome)
    this.#owner.moved(nowUs)
  }

  #learn(nowUs: number, { durationMs, outputTokens, inputTokens, cachedTokens }: FlightOutcome): void {
    const { load, speed, tokens } = this.#entry
    tokens.saw(this.#request.prompt.inputTokens, this.#cachedTokens, inputTokens, cachedTokens)
    if (outputTokens === null) return
    if (outputTokens === 0 && this.#firstTokenMs === null) {
      speed.sawNoTokens(nowUs, this.#ownTokens + this.#tokensBefore, durationMs)
      return
    }
    const { running, waiting } = load.refresh(nowUs)
    const requests = (this.#requests + running + waiting + 1) / 2
    const ttftMs = this.#firstTokenMs
    if (ttftMs === null) speed.sawWhole(nowUs, requests, outputTokens, durationMs)
    else speed.sawAnswer(nowUs, requests, outputTokens, durationMs - ttftMs)
  }
}
