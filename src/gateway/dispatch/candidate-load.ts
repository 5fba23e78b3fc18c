/**
 * What routers see of a candidate: its metrics as they were read last, and what this gateway itself has under way there for all aliases.
 * One object per candidate, refreshed in place, so that a decision among a hundred allocates nothing.
 */
import type { CandidateEstimate, CandidateState } from '../../routing/index.ts'
import type { PolledState } from '../engine-state/index.ts'

interface MutableState extends CandidateState {
  ready: boolean
  waiting: number
  running: number
  pendingPromptTokens: number
  cacheUse: number
  estimate: CandidateEstimate | null
  cacheTokens?: number
  isForeignCache?: boolean
}

/** Metrics are read once a second (pollDefaults); looked at so often: assumed. */
const lookAgainUs = 50_000
export class CandidateLoad {
  readonly state: MutableState
  /** Of this gateway: under way, those among them with a first token, and prompt tokens of the others. */
  inFlight = 0
  answering = 0
  pendingTokens = 0
  #polled: PolledState | null = null
  #lookUs = Number.NEGATIVE_INFINITY
  #wasReady = false
  readonly #poll: ((id: number) => PolledState | null) | null

  /** poll: null where nobody reads metrics; it is ready then unless it cools down, which is the breaker's business. */
  constructor(id: number, capacity: number | null, poll: ((id: number) => PolledState | null) | null) {
    this.#poll = poll
    this.state = {
      id,
      ready: true,
      waiting: 0,
      running: 0,
      pendingPromptTokens: 0,
      cacheUse: 0,
      capacity: capacity ?? Number.POSITIVE_INFINITY,
      estimate: null,
    }
  }

  get polled(): PolledState | null {
    return this.#polled
  }

  sent(pendingTokens: number): void {
    this.inFlight++
    this.pendingTokens += pendingTokens
  }

  firstToken(pendingTokens: number): void {
    this.answering++
    this.pendingTokens -= pendingTokens
  }

  ended(pendingTokens: number, hadFirstToken: boolean): void {
    this.inFlight--
    if (hadFirstToken) this.answering--
    else this.pendingTokens -= pendingTokens
  }

  /** Its readiness changed: look at once. */
  stale(): void {
    this.#lookUs = Number.NEGATIVE_INFINITY
  }

  refresh(nowUs: number): CandidateState {
    const { state } = this
    state.pendingPromptTokens = this.pendingTokens
    if (this.#poll === null) {
      state.running = this.inFlight
      return state
    }
    if (nowUs >= this.#lookUs) this.#look(nowUs, this.#poll)
    const waiting = this.#polled?.waiting ?? 0
    const running = this.#polled?.running ?? 0
    if (this.inFlight <= waiting + running) {
      state.waiting = waiting
      state.running = running
      return state
    }
    // More was sent than was read: it runs when it answers and waits otherwise.
    state.running = Math.min(this.inFlight, Math.max(running, this.answering))
    state.waiting = this.inFlight - state.running
    return state
  }

  #look(nowUs: number, poll: (id: number) => PolledState | null): void {
    const { state } = this
    this.#lookUs = nowUs + lookAgainUs
    this.#polled = poll(state.id)
    const isReady = this.#polled?.ready ?? false
    if (isReady) this.#wasReady = true
    // Servers without metrics are servers too: only those fall silent that were heard before. One that is not there fails, and is left alone.
    state.ready = isReady || !this.#wasReady
    state.cacheUse = this.#polled?.cacheUse ?? 0
    const cacheTokens = this.#polled?.cacheTokens
    if (cacheTokens !== undefined) state.cacheTokens = cacheTokens
  }
}
