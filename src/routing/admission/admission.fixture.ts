/** Drives a router with a line in front of one place that holds so many requests at once: arrivals, ends, retries, cancels in time. */
import { EventHeap } from '../../core/event-heap.ts'
import { RandomSource } from '../../core/random.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import { createRouter } from '../create-router.ts'
import type { RouterSpec } from '../router-spec.ts'
import { candidate } from '../routing.fixture.ts'
import type { CandidateState, RejectReason } from '../types.ts'
import { AdmissionRouter } from './admission-router.ts'
import type { AdmissionSpec } from './admission-spec.ts'

/** Around the least loaded policy, unless told otherwise. */
export function admission(
  spec: AdmissionSpec = {},
  policy: RouterSpec = { kind: 'least-loaded' },
): AdmissionRouter {
  const router = createRouter({ ...policy, admission: spec }, new RandomSource('admission'))
  if (router instanceof AdmissionRouter) return router
  throw new Error('no admission around it')
}

/** A place that holds one request, taken and free. */
export const full = [candidate(0, { running: 1, capacity: 1 })]
export const free = [candidate(0, { capacity: 1 })]

/** Asks, and sends when told to: the reason of a refusal, or what else is to be done. */
export function ask(
  router: AdmissionRouter,
  nowUs: number,
  asked: WorkloadRequest,
  fleet: readonly CandidateState[],
): string {
  const decision = router.route(nowUs, asked, fleet)
  if (decision.kind === 'send') router.sent(nowUs, asked, decision.candidateId)
  return decision.kind === 'reject' ? decision.reason : decision.kind
}

export type Fate =
  | { readonly kind: 'sent'; readonly atUs: number }
  | {
      readonly kind: 'rejected'
      readonly atUs: number
      readonly reason: RejectReason
      readonly retryAfterSeconds: number
    }
  | { readonly kind: 'cancelled'; readonly atUs: number }

export interface RunOptions {
  /** Requests the place holds at once. */
  readonly slots: number
  readonly serviceUs?: (request: WorkloadRequest) => number
  /** Whether the driver asks whose turn it is; otherwise those in line by arrival, as far as one can go. */
  readonly byTurn?: boolean
  readonly cancels?: readonly { readonly atUs: number; readonly id: number }[]
  /** Called when all that follows from an event is done, with who waits at the driver, and what became of others so far. */
  readonly inspect?: (waiting: readonly WorkloadRequest[], fates: ReadonlyMap<number, Fate>) => void
  /** Called before each request is sent. */
  readonly beforeSend?: (request: WorkloadRequest, waiting: readonly WorkloadRequest[]) => void
  readonly candidates?: readonly CandidateState[]
}

type Event =
  | { readonly kind: 'arrival'; readonly request: WorkloadRequest }
  | { readonly kind: 'end'; readonly request: WorkloadRequest }
  | { readonly kind: 'retry'; readonly request: WorkloadRequest }
  | { readonly kind: 'cancel'; readonly id: number }

/** What became of each request, by id. Throws when something happens to one twice. */
export function drive(
  router: AdmissionRouter,
  requests: readonly WorkloadRequest[],
  options: RunOptions,
): Map<number, Fate> {
  const { slots, serviceUs = () => 10_000, byTurn = true, cancels = [], inspect, beforeSend } = options
  const states = options.candidates ?? [candidate(0, { capacity: slots })]
  const fates = new Map<number, Fate>()
  const waiting = new Map<number, { readonly request: WorkloadRequest; retryUs: number }>()
  const events = new EventHeap<Event>()
  for (const request of requests) events.push(request.arrivalUs, { kind: 'arrival', request })
  for (const { atUs, id } of cancels) events.push(atUs, { kind: 'cancel', id })

  const settle = (id: number, fate: Fate): void => {
    if (fates.has(id)) throw new Error(`request ${id} was ${fates.get(id)!.kind} and then ${fate.kind}`)
    waiting.delete(id)
    fates.set(id, fate)
  }
  const ask = (nowUs: number, request: WorkloadRequest): boolean => {
    const decision = router.route(nowUs, request, states)
    if (decision.kind === 'wait') {
      if (!(decision.retryUs > nowUs)) throw new Error('asks again at once')
      waiting.set(request.id, { request, retryUs: decision.retryUs })
      if (decision.retryUs < Number.POSITIVE_INFINITY)
        events.push(decision.retryUs, { kind: 'retry', request })
      return false
    }
    waiting.delete(request.id)
    if (decision.kind === 'reject') {
      const { reason, retryAfterSeconds } = decision
      settle(request.id, { kind: 'rejected', atUs: nowUs, reason, retryAfterSeconds })
      return true
    }
    beforeSend?.(
      request,
      [...waiting.values()].map(each => each.request),
    )
    settle(request.id, { kind: 'sent', atUs: nowUs })
    router.sent(nowUs, request, decision.candidateId)
    events.push(nowUs + serviceUs(request), { kind: 'end', request })
    return true
  }
  const askWaiting = (nowUs: number, ended: boolean): void => {
    if (byTurn) {
      for (;;) {
        const id = router.nextWaiting(nowUs)
        if (id === null) return
        ask(nowUs, waiting.get(id)!.request)
      }
    }
    if (!ended) return
    for (const { request } of [...waiting.values()]) if (!ask(nowUs, request)) return
  }

  for (;;) {
    const nowUs = events.nextUs()
    const event = events.pop()
    if (event === undefined) return fates
    if (event.kind === 'arrival') ask(nowUs, event.request)
    else if (event.kind === 'end') router.ended(nowUs, event.request.id, 0)
    else if (event.kind === 'retry') {
      if (waiting.get(event.request.id)?.retryUs === nowUs) ask(nowUs, event.request)
    } else if (waiting.has(event.id)) {
      settle(event.id, { kind: 'cancelled', atUs: nowUs })
      router.withdrawn(nowUs, event.id)
    }
    askWaiting(nowUs, event.kind === 'end')
    inspect?.(
      [...waiting.values()].map(each => each.request),
      fates,
    )
  }
}
