/**
 * Traffic from client models: each client is a renewal process whose clock is bent by its rate, so that rates are met and
 * gaps keep their window's shape (Gerhardt and Nelson 2009, "Transforming renewal processes for simulation of
 * nonstationary arrival processes"). A client starts in equilibrium: its first gap is the rest of one already begun.
 */
import { EventHeap } from '../core/event-heap.ts'
import type { RandomSource, RandomStream } from '../core/random.ts'
import { logGamma } from '../core/special-functions.ts'
import type { RequestEnd, Workload, WorkloadRequest } from './request.ts'
import { expectedRequests, ServeGenLengths } from './serve-gen-lengths.ts'
import type { RateWindow, ServeGenClient, ServeGenModel } from './serve-gen-model.ts'

export interface ServeGenOptions {
  /** Mean rate over the window asked for; default: the clients' own. All clients are scaled alike. */
  readonly requestsPerSecond?: number
  /** Part of the model's time, seconds; default all of it. */
  readonly fromSeconds?: number
  readonly untilSeconds?: number
  readonly maximumRequests?: number
  readonly inputFactor?: number
  readonly outputFactor?: number
  /** Requests with more input and output tokens are drawn again, at most 100 times, and then cut. */
  readonly maximumContextTokens?: number
}

/** Tries at lengths within the context before they are cut (assumed: enough for all but absurd limits). */
const mostDraws = 100

export class ServeGenWorkload implements Workload {
  /** Random, so not known beforehand. */
  readonly totalRequests: number | null = null
  readonly #options: ServeGenOptions
  readonly #lengths: ServeGenLengths
  readonly #arrivals = new EventHeap<ClientArrivals>()
  readonly #fromSeconds: number
  #id = 0

  constructor(model: ServeGenModel, options: ServeGenOptions, random: RandomSource) {
    const { fromSeconds = 0, untilSeconds = model.spanSeconds, requestsPerSecond } = options
    this.#options = options
    this.#lengths = new ServeGenLengths(model)
    this.#fromSeconds = fromSeconds
    const until = Math.min(untilSeconds, model.spanSeconds)
    const own = model.clients.reduce((sum, client) => sum + expectedRequests(client, fromSeconds, until), 0)
    const factor =
      requestsPerSecond === undefined || own === 0 ? 1 : (requestsPerSecond * (until - fromSeconds)) / own
    for (const client of model.clients) {
      this.#plan(new ClientArrivals(client, fromSeconds, until, factor, random))
    }
  }

  nextUs(): number {
    const { maximumRequests = Number.POSITIVE_INFINITY } = this.#options
    return this.#id >= maximumRequests ? Number.POSITIVE_INFINITY : this.#arrivals.nextUs()
  }

  accept(_nowUs: number, _end: RequestEnd, _out: WorkloadRequest[]): void {
    // An open loop does not listen.
  }

  wake(nowUs: number, out: WorkloadRequest[]): void {
    for (let dueUs = this.nextUs(); dueUs <= nowUs; dueUs = this.nextUs()) {
      const arrivals = this.#arrivals.pop()!
      out.push(this.#request(arrivals, dueUs))
      this.#plan(arrivals)
    }
  }

  #plan(arrivals: ClientArrivals): void {
    const seconds = arrivals.next()
    if (Number.isFinite(seconds))
      this.#arrivals.push(Math.round((seconds - this.#fromSeconds) * 1e6), arrivals)
  }

  #request({ client, seconds, lengths }: ClientArrivals, arrivalUs: number): WorkloadRequest {
    const {
      inputFactor = 1,
      outputFactor = 1,
      maximumContextTokens = Number.POSITIVE_INFINITY,
    } = this.#options
    let inputTokens = 0
    let outputTokens = 0
    for (let draw = 0; draw < mostDraws; draw++) {
      const drawn = this.#lengths.draw(client, seconds, lengths)
      inputTokens = Math.max(1, Math.round(drawn.inputTokens * inputFactor))
      outputTokens = Math.max(1, Math.round(drawn.outputTokens * outputFactor))
      if (inputTokens + outputTokens <= maximumContextTokens) break
    }
    if (inputTokens + outputTokens > maximumContextTokens) {
      inputTokens = Math.max(1, Math.min(inputTokens, Math.floor(maximumContextTokens / 2)))
      outputTokens = Math.max(1, Math.min(outputTokens, Math.floor(maximumContextTokens) - inputTokens))
    }
    return {
      id: this.#id++,
      arrivalUs,
      inputTokens,
      outputTokens,
      content: null,
      session: -1,
      turn: 0,
      tenant: `client-${client.name}`,
      model: '',
      priority: 0,
    }
  }
}

/** Arrival times of one client, one after the other. */
class ClientArrivals {
  readonly client: ServeGenClient
  readonly lengths: RandomStream
  /** Time of the last arrival given out. */
  seconds: number
  readonly #gaps: RandomStream
  readonly #untilSeconds: number
  readonly #rateFactor: number
  #window = 0
  #begun = false

  constructor(
    client: ServeGenClient,
    fromSeconds: number,
    untilSeconds: number,
    rateFactor: number,
    random: RandomSource,
  ) {
    this.client = client
    this.seconds = fromSeconds
    this.lengths = random.stream('client', client.name, 'lengths')
    this.#gaps = random.stream('client', client.name, 'arrivals')
    this.#untilSeconds = untilSeconds
    this.#rateFactor = rateFactor
  }

  /** Infinity after the end. */
  next(): number {
    const { windows } = this.client
    let rest = Number.NaN
    for (; this.#window < windows.length; this.#window++) {
      const window = windows[this.#window]!
      const rate = window.requestsPerSecond * this.#rateFactor
      const from = Math.max(this.seconds, window.startSeconds)
      if (rate <= 0 || from >= window.endSeconds) continue
      // The gap has the shape of the window in which it begins.
      if (Number.isNaN(rest)) rest = this.#begun ? unitGap(window, this.#gaps) : unitRest(window, this.#gaps)
      this.#begun = true
      const due = from + rest / rate
      if (due < window.endSeconds) {
        this.seconds = due
        return due < this.#untilSeconds ? due : Number.POSITIVE_INFINITY
      }
      rest -= (window.endSeconds - from) * rate
      this.seconds = window.endSeconds
    }
    return Number.POSITIVE_INFINITY
  }
}

/** A gap of mean 1. */
function unitGap({ gaps, shape }: RateWindow, random: RandomStream): number {
  return gaps === 'gamma'
    ? random.gamma(shape) / shape
    : random.exponential() ** (1 / shape) / weibullMean(shape)
}

/** What is left of a gap of mean 1 in which one looks at a random moment: a uniform part of a length-biased gap. */
function unitRest({ gaps, shape }: RateWindow, random: RandomStream): number {
  const whole =
    gaps === 'gamma'
      ? random.gamma(shape + 1) / shape
      : random.gamma(1 + 1 / shape) ** (1 / shape) / weibullMean(shape)
  return random.uniform() * whole
}

/** Γ(1 + 1/k): the mean of a Weibull distribution of scale 1. */
function weibullMean(shape: number): number {
  return Math.exp(logGamma(1 + 1 / shape))
}
