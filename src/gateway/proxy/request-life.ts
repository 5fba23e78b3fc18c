/**
 * A request that was let in, until it is over: sent where the routers say, elsewhere when that fails before the first byte, twice when a
 * hedge is worth it, read on for its usage when the client has gone. Driven by callbacks only; every way ends in #finish(), once.
 */
import type { Choice, Explanation, ModelPool, Waiting } from '../dispatch/types.ts'
import type { RequestOutcome } from '../observe/request-summary.ts'
import { errorEvent, GatewayError } from '../wire/index.ts'
import { answerError, answerHeaders, explainedSending } from './answer-head.ts'
import { type AnswerSink, createAnswerSink } from './answer-sink.ts'
import type { Attempt, AttemptEnd, AttemptOwner } from './attempt.ts'
import { dispatchRequest, type LifeSetting, sendUpstream } from './life-setting.ts'
import { dispatchError } from './refusals.ts'
import type { Sending } from './request-books.ts'
import { speaks } from './upstream-request.ts'

interface Flying {
  readonly attempt: Attempt
  readonly choice: Sending
  isFirstTokenTold: boolean
}

/** Leases are held on this often while an answer runs: a tenth of what they last (holdMs in tenants/allowance-policy.ts). */
const extendEveryUs = 60_000_000

export class RequestLife implements AttemptOwner {
  /** Where it stands among the others (lives.ts). */
  place = -1
  readonly #setting: LifeSetting
  readonly #sink: AnswerSink
  readonly #excluded = new Set<number>()
  readonly #flying: Flying[] = []
  readonly #readyUs: number
  #poolIndex = 0
  #attempts = 0
  #winner: Flying | null = null
  #waiting: Waiting | null = null
  #waitedFromUs = Number.NaN
  #queuedUs = 0
  #firstSentUs = Number.NaN
  #firstByteUs = Number.NaN
  #goneUs = Number.NaN
  #extendedUs: number
  #isHedged = false
  #isFinished = false
  #lastError: GatewayError | null = null
  #explanation: Explanation | null = null

  constructor(setting: LifeSetting) {
    const { parts, config, response, client, turnEnd } = setting
    this.#setting = setting
    this.#readyUs = parts.clock.nowUs()
    this.#extendedUs = this.#readyUs
    this.#sink = createAnswerSink(response, config.limits.waitingAnswerBytes, turnEnd, {
      gone: () => this.#clientGone(),
      pause: () => this.#winner?.attempt.pause(),
      resume: () => this.#winner?.attempt.resume(),
    })
    for (const candidate of parts.dispatcher.candidates) {
      if (!speaks(candidate, client.api)) this.#excluded.add(candidate.id)
    }
  }

  start(): void {
    this.#choose()
  }

  get #pool(): ModelPool {
    return this.#setting.pools[this.#poolIndex]!
  }

  #choose(): void {
    const { clock } = this.#setting.parts
    const choice = this.#pool.choose(
      clock.nowUs(),
      dispatchRequest(this.#setting, this.#pool, this.#excluded),
    )
    if (choice.kind !== 'waiting') {
      this.#take(choice)
      return
    }
    this.#waiting = choice
    this.#waitedFromUs = clock.nowUs()
    void choice.choice.then(later => {
      this.#waiting = null
      this.#queuedUs += clock.nowUs() - this.#waitedFromUs
      if (!this.#isFinished) this.#take(later)
      else if (later.kind === 'send') later.flight.ended(notSent)
    })
  }

  #take(choice: Choice): void {
    this.#explanation ??= choice.explanation
    if (choice.kind === 'send') this.#send(choice)
    else if (this.#poolIndex + 1 < this.#setting.pools.length) {
      this.#poolIndex++
      this.#choose()
    } else if (this.#lastError === null) {
      this.#giveUp('refused', dispatchError(choice.reason, choice.retryAfterSeconds), choice.reason)
    } else {
      // What an upstream said is nearer to the cause than that nobody is left.
      this.#giveUp('failed', this.#lastError)
    }
  }

  #send(choice: Sending): void {
    const { parts, books } = this.#setting
    this.#excluded.add(choice.candidate.id)
    let attempt: Attempt
    try {
      attempt = sendUpstream(
        this.#setting,
        choice.candidate,
        this.#attempts++,
        this.#pool.config.attempts,
        this,
      )
    } catch (error) {
      // Words that this upstream does not have; another one may have them.
      choice.flight.ended(notSent)
      const told = error instanceof GatewayError ? error : notSendable
      if (this.#flying.length === 0) this.#tryNext(told)
      return
    }
    this.#flying.push({ attempt, choice, isFirstTokenTold: false })
    if (Number.isNaN(this.#firstSentUs)) this.#firstSentUs = parts.clock.nowUs()
    books.sent(attempt)
  }

  claims(attempt: Attempt): boolean {
    if (this.#winner !== null || this.#isFinished) return this.#winner?.attempt === attempt
    this.#winner = this.#flying.find(one => one.attempt === attempt) ?? null
    if (this.#winner === null) return false
    for (const other of [...this.#flying]) if (other !== this.#winner) other.attempt.cancel()
    return true
  }

  head(attempt: Attempt, headers: ReadonlyMap<string, string>, bytes: number | null): void {
    if (this.#sink.gone) return
    const { requestId, client, hints } = this.#setting
    const explained = hints.explain ? explainedSending(attempt, this.#winner!.choice) : null
    const head = answerHeaders(headers, bytes === null, requestId, client.dialect, explained)
    if (bytes !== null) head['content-length'] = String(bytes)
    this.#sink.head(200, head)
  }

  bytes(_attempt: Attempt, bytes: Buffer): void {
    this.#tellFirstToken(this.#winner!)
    if (this.#sink.gone) return
    if (Number.isNaN(this.#firstByteUs)) this.#firstByteUs = this.#setting.parts.clock.nowUs()
    this.#sink.write(bytes)
  }

  #tellFirstToken(flight: Flying): void {
    const { attempt, choice } = flight
    if (flight.isFirstTokenTold || Number.isNaN(attempt.firstTextUs)) return
    flight.isFirstTokenTold = true
    choice.flight.firstToken((attempt.firstTextUs - attempt.sentUs) / 1000)
    this.#setting.books.firstToken(attempt)
  }

  over(attempt: Attempt, end: AttemptEnd): void {
    const index = this.#flying.findIndex(one => one.attempt === attempt)
    const flight = this.#flying[index]!
    this.#flying.splice(index, 1)
    const isWinner = flight === this.#winner
    const isGone = !Number.isNaN(this.#goneUs)
    const isForClient = isWinner || (isGone && this.#winner === null)
    this.#tellFirstToken(flight)
    flight.choice.flight.ended(
      this.#setting.books.over(attempt, flight.choice, { end, isForClient, isDrained: isGone }),
    )
    if (isWinner) this.#endAnswer(end)
    else if (this.#winner !== null || this.#flying.length > 0) return
    else if (isGone) this.#finish('cancelled', 499, clientClosed)
    else if (end.kind === 'refused') this.#giveUp('refused', end.error)
    else if (end.kind === 'failed' || end.kind === 'limited') this.#tryNext(end.error)
  }

  #tryNext(error: GatewayError): void {
    this.#lastError = error
    if (this.#attempts < this.#pool.config.attempts.maximum) this.#choose()
    else if (this.#poolIndex + 1 < this.#setting.pools.length) {
      this.#poolIndex++
      this.#choose()
    } else this.#giveUp('failed', error)
  }

  #endAnswer(end: AttemptEnd): void {
    const { client, requestId, books } = this.#setting
    const isGone = !Number.isNaN(this.#goneUs)
    // First the books, then the end: what a client has in full is never lost from the ledger. At the end of the turn they are
    // written, and then the answer is (data-plane.ts).
    books.close()
    if (end.kind === 'served') {
      if (Number.isNaN(this.#firstByteUs)) this.#firstByteUs = this.#setting.parts.clock.nowUs()
      this.#sink.end(end.tail)
      this.#finish(isGone ? 'cancelled' : 'served', 200, isGone ? clientClosed : null)
    } else if (end.kind === 'cancelled') {
      this.#sink.destroy()
      this.#finish('cancelled', 200, clientClosed)
    } else {
      // It began with status 200: only an event, or a broken connection, can still say that it failed.
      if (client.stream) this.#sink.end(errorEvent(end.error, client.dialect, requestId))
      else this.#sink.destroy()
      this.#finish('failed', 200, end.error.code)
    }
  }

  #giveUp(outcome: 'refused' | 'failed', error: GatewayError, reason: string = error.code): void {
    const { client, requestId, hints, books } = this.#setting
    books.close()
    answerError(this.#sink, error, client.dialect, requestId, hints.explain ? this.#explanation : null)
    this.#finish(outcome, error.status, reason)
  }

  #clientGone(): void {
    if (this.#isFinished) return
    const { parts, config } = this.#setting
    this.#goneUs = parts.clock.nowUs()
    this.#waiting?.withdraw()
    if (this.#flying.length === 0) this.#finish('cancelled', 499, clientClosed)
    for (const flight of [...this.#flying]) {
      // One's own engine stops at once, its time is measured anyway; an API's answer is paid by usage, which is read on for.
      const { attempt } = flight
      const isPaidByUsage = attempt.candidate.target.kind === 'offer' && config.limits.drainSeconds > 0
      if (isPaidByUsage && flight === this.#winner) attempt.resume()
      else attempt.cancel()
    }
  }

  #finish(outcome: RequestOutcome, status: number, reason: string | null): void {
    if (this.#isFinished) return
    this.#isFinished = true
    const { parts, requestId, key, client, books, startedUs, startedMs, headers, pools } = this.#setting
    const nowUs = parts.clock.nowUs()
    const since = (us: number, fromUs: number): number | null =>
      Number.isNaN(us) ? null : (us - fromUs) / 1000
    this.#setting.over(this)
    books.close()
    parts.observer.requestEnded({
      requestId,
      startedMs,
      tenant: key.tenant,
      keyId: key.id,
      modelAlias: pools[0]!.config.alias,
      api: client.api,
      stream: client.stream,
      outcome,
      status,
      reason,
      attempts: books.attempts,
      queuedMs: this.#queuedUs / 1000,
      ttftMs: since(this.#firstByteUs, startedUs),
      tpotMs: books.tpotMs,
      durationMs: (nowUs - startedUs) / 1000,
      overheadMs: since(this.#firstSentUs, this.#readyUs + this.#queuedUs),
      traceparent: headers.values.get('traceparent') ?? null,
      explanation: this.#explanation,
    })
  }

  /** From time to time: time-outs, hedges, clients that hold up or have gone. */
  tick(nowUs: number): void {
    const { config, admitted } = this.#setting
    const { limits } = config
    for (const { attempt } of [...this.#flying]) attempt.tick(nowUs)
    if (this.#isFinished) return
    if (nowUs - this.#extendedUs > extendEveryUs) {
      this.#extendedUs = nowUs
      admitted.extend()
    }
    const { heldSinceMs } = this.#sink
    if (heldSinceMs !== null && performance.now() - heldSinceMs > limits.stalledClientSeconds * 1000)
      this.#sink.destroy()
    if (Number.isNaN(this.#goneUs)) this.#hedge(nowUs)
    else {
      const isLong = nowUs - this.#goneUs > limits.drainSeconds * 1e6
      for (const { attempt } of [...this.#flying]) {
        if (isLong || attempt.bytesRead > limits.drainBytes) attempt.cancel()
      }
    }
  }

  #hedge(nowUs: number): void {
    const { hedging, attempts } = this.#pool.config
    const [first] = this.#flying
    if (hedging === null || this.#isHedged || this.#winner !== null || this.#flying.length !== 1) return
    if (this.#attempts >= attempts.maximum || nowUs - first!.attempt.startedUs < hedging.afterMs * 1000)
      return
    this.#isHedged = true
    const choice = this.#pool.choose(nowUs, dispatchRequest(this.#setting, this.#pool, this.#excluded))
    if (choice.kind === 'waiting') choice.withdraw()
    else if (choice.kind === 'send') {
      // Priced before it is done: what nobody can price is not done.
      const { predictedNanoUsd } = choice
      if (predictedNanoUsd !== null && Number(predictedNanoUsd) / 1e9 <= hedging.maximumUsd)
        this.#send(choice)
      else choice.flight.ended(notSent)
    }
  }
}

const clientClosed = 'client_closed_request'

const notSendable = new GatewayError(502, 'upstream_error', 'the request cannot be sent to this upstream')

/** Of a choice that was not followed: says nothing of the candidate. */
const notSent = {
  kind: 'cancelled',
  retryAfterSeconds: null,
  durationMs: 0,
  ttftMs: null,
  outputTokens: null,
  cachedTokens: null,
  inputTokens: null,
} as const
