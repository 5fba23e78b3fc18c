/**
 * Drives a workload in real time: asks it for requests, sends each when it is due, tells it of ends. Deadlines are absolute
 * on the monotonic clock, so a late request makes none of the others late. Caps hold requests back here, in the open: a
 * request that waits has been scheduled and not dispatched, and response latencies count the wait.
 */
import { assert } from '../core/assert.ts'
import type { Cancellation, HttpRequest, StreamingClient } from '../live/http/types.ts'
import type { Pacer } from '../live/pacer.ts'
import type { BenchPhase, RequestObservation } from '../measure/observation.ts'
import type { Workload, WorkloadRequest } from '../workload/request.ts'
import type { AnswerReader } from './endpoints/endpoint.ts'
import { type AnswerTexts, observeRequest, type RequestObserver } from './request-observer.ts'

/** A request in the words of its endpoint, ready to be sent. */
export interface WordedRequest {
  readonly http: HttpRequest
  readonly reader: AnswerReader
}

export interface LoadLimits {
  /** Requests sent and not over; null: no cap. */
  readonly maximumInFlight: number | null
  /** Requests sent whose first token is not there yet; null: no cap. */
  readonly maximumPrefills: number | null
  /** So many of the requests are broken off by the client after so long; null: none. */
  readonly cancellation: {
    readonly isCancelled: (requestId: number) => boolean
    readonly afterUs: number
  } | null
}

export interface LoadAgentSettings {
  readonly workload: Workload
  /** The workload does not listen to ends: its requests can be made and worded before they are due. */
  readonly open: boolean
  readonly client: StreamingClient
  readonly pacer: Pacer
  readonly nowUs: () => number
  readonly phase: BenchPhase
  readonly model: string
  readonly generates: boolean
  readonly limits: LoadLimits
  readonly keepsText: boolean
  readonly countTokens: ((text: string) => number) | null
  word(request: WorkloadRequest): WordedRequest
  /** Once for every request sent. */
  onEnd(observation: RequestObservation, ended: EndedRequest): void
}

export interface EndedRequest {
  readonly request: WorkloadRequest
  /** Null unless texts are kept. */
  readonly texts: AnswerTexts | null
  /** A cap kept it back before it was sent. */
  readonly held: boolean
}

export interface LoadAgent {
  /** Resolves when the workload is over and so are all its requests. */
  readonly over: Promise<void>
  readonly inFlight: number
  readonly dispatched: number
  /** Made, due, and held back by a cap. */
  readonly waiting: number
  /** Due and never sent, because the run was stopped while a cap held them back. */
  readonly abandoned: number
  /** Sends no more; what is under way goes on. */
  stop(): void
  /** Breaks off what is under way. */
  cancelAll(): void
}

/** Open loops are worded so long before they are due: long prompts take milliseconds to make. */
const lookAheadUs = 250_000
/** And no more than so many at a time. */
const mostAhead = 256
/**
 * Work of one turn of the event loop: then the sockets are looked at, or the first of a hundred requests that are due at once
 * would have its answer noticed only after the last one was sent. Assumed: as much as timers are late anyway.
 */
const turnUs = 1_000

interface Pending {
  readonly request: WorkloadRequest
  /** Null until it is worded. */
  worded: WordedRequest | null
}

export function startLoadAgent(settings: LoadAgentSettings): LoadAgent {
  const { workload, client, pacer, nowUs, limits } = settings
  const made: WorkloadRequest[] = []
  /** Not yet sent, in order of their due times. */
  const ahead: Pending[] = []
  /** Those at the front of it that are worded. */
  let wordedAhead = 0
  /** Due, held back by a cap. */
  const held: Pending[] = []
  const underWay = new Map<
    number,
    { readonly observer: RequestObserver; readonly cancellation: Cancellation }
  >()
  const { promise: over, resolve } = Promise.withResolvers<void>()
  let inFlight = 0
  let prefills = 0
  let dispatched = 0
  let abandoned = 0
  let stopped = false
  let finished = false
  let pumping = false
  /** Time of the last call into the workload, which must not run backwards. */
  let lastUs = 0

  function fits(): boolean {
    return (
      (limits.maximumInFlight === null || inFlight < limits.maximumInFlight) &&
      (limits.maximumPrefills === null || prefills < limits.maximumPrefills)
    )
  }

  /** Makes what is due, or will be soon, and sends what is due and fits; a turn's worth of it, the rest in the next turn. */
  function pump(): void {
    if (pumping || finished) return
    pumping = true
    const endUs = nowUs() + turnUs
    let more = true
    while (more && nowUs() < endUs) {
      take()
      more = sendNext() || wordNext()
    }
    pumping = false
    if (more) setImmediate(pump)
    else arm()
  }

  function take(): void {
    const untilUs = nowUs() + (settings.open ? lookAheadUs : 0)
    while (!stopped && ahead.length < mostAhead && workload.nextUs() <= untilUs) {
      lastUs = Math.max(lastUs, workload.nextUs())
      workload.wake(lastUs, made)
      for (const request of made) ahead.push({ request, worded: null })
      made.length = 0
    }
  }

  /** One request that is due and may go; what is due and may not stands in line from now on. */
  function sendNext(): boolean {
    if (held.length > 0 && fits()) {
      dispatch(held.shift()!, true)
      return true
    }
    const [first] = ahead
    if (first === undefined || first.request.arrivalUs > nowUs()) return false
    ahead.shift()
    wordedAhead = Math.max(0, wordedAhead - 1)
    if (held.length === 0 && fits()) dispatch(first, false)
    else held.push(first)
    return true
  }

  /** Words one request before it is due. */
  function wordNext(): boolean {
    const next = ahead[wordedAhead]
    if (next === undefined) return false
    next.worded = settings.word(next.request)
    wordedAhead++
    return true
  }

  function arm(): void {
    const nextMade = stopped || ahead.length >= mostAhead ? Number.POSITIVE_INFINITY : workload.nextUs()
    const nextUs = Math.min(
      ahead.length > 0 ? ahead[0]!.request.arrivalUs : Number.POSITIVE_INFINITY,
      settings.open ? nextMade - lookAheadUs : nextMade,
    )
    if (nextUs !== Number.POSITIVE_INFINITY) {
      pacer.wakeAt(Math.max(0, nextUs))
      return
    }
    if (inFlight === 0 && held.length === 0) {
      finished = true
      resolve()
    }
  }

  function dispatch({ request, worded: wordedBefore }: Pending, wasHeld: boolean): void {
    const worded = wordedBefore ?? settings.word(request)
    inFlight++
    prefills++
    dispatched++
    let prefilling = true
    const dispatchedUs = nowUs()
    const observer = observeRequest({
      request,
      phase: settings.phase,
      model: settings.model,
      dispatchedUs,
      requestBytes: worded.http.body?.length ?? 0,
      reader: worded.reader,
      generates: settings.generates,
      keepsText: settings.keepsText,
      countTokens: settings.countTokens,
      onFirstToken() {
        if (!prefilling) return
        prefilling = false
        prefills--
        if (limits.maximumPrefills !== null && held.length > 0) queueMicrotask(pump)
      },
      onEnd(observation, texts) {
        inFlight--
        underWay.delete(request.id)
        settings.onEnd(observation, { request, texts, held: wasHeld })
        if (!settings.open) {
          lastUs = Math.max(lastUs, nowUs())
          // Who breaks off an answer, as planned, goes on as if it had ended; users whom the server failed pause.
          const outcome = observation.outcome === 'cancelled' ? 'served' : observation.outcome
          workload.accept(lastUs, { request, outcome }, made)
          assert(made.length === 0, 'a workload emits when it is woken')
        }
        pump()
      },
    })
    const cancellation = client.send(worded.http, observer)
    underWay.set(request.id, { observer, cancellation })
    if (limits.cancellation?.isCancelled(request.id)) {
      const timer = setTimeout(() => cancel(request.id, 'cancelled'), limits.cancellation.afterUs / 1000)
      timer.unref()
    }
  }

  function cancel(requestId: number, why: 'cancelled' | 'unfinished'): void {
    const request = underWay.get(requestId)
    if (request === undefined) return
    request.cancellation.cancel()
    request.observer.cancelled(nowUs(), why)
  }

  pacer.onWake(pump)
  pump()
  return {
    over,
    get inFlight() {
      return inFlight
    },
    get dispatched() {
      return dispatched
    },
    get waiting() {
      return held.length
    },
    get abandoned() {
      return abandoned
    },
    stop() {
      stopped = true
      abandoned += held.length
      ahead.length = 0
      wordedAhead = 0
      held.length = 0
      pump()
    },
    cancelAll() {
      for (const id of [...underWay.keys()]) cancel(id, 'unfinished')
    },
  }
}
