/** From submission to an engine's queue: the router's decision, the front end, and the line before the fleet. */
import { assert } from '../core/assert.ts'
import type { WorkloadRequest } from '../workload/request.ts'
import { tell } from './engine-calls.ts'
import { Flight } from './flight.ts'
import type { Replica } from './replica.ts'
import { dropHeldToken, end, type FleetState, leave } from './state.ts'

export function submit(state: FleetState, request: WorkloadRequest): void {
  assert(!state.flights.has(request.id), 'a request was submitted twice')
  const flight = new Flight(request, state.nowUs)
  state.flights.set(request.id, flight)
  route(state, flight, false)
  // A newcomer may push somebody out of the line.
  if (state.settings.router.nextWaiting !== undefined) state.askFront = true
}

/** Asks the router; false when the request has to wait (on). */
export function route(state: FleetState, flight: Flight, waiting: boolean): boolean {
  const { request } = flight
  const decision = state.settings.router.route(state.nowUs, request, state.entrances)
  if (decision.kind === 'wait') {
    assert(decision.retryUs > state.nowUs, 'the router asks for a request again at once')
    if (waiting) state.front.postpone(flight, decision.retryUs)
    else state.front.add(flight, decision.retryUs)
    return false
  }
  if (waiting) leave(state, flight)
  if (decision.kind === 'reject') {
    const { reason, retryAfterSeconds } = decision
    state.out.push({ kind: 'rejected', requestId: request.id, atUs: state.nowUs, reason, retryAfterSeconds })
    end(state, flight, 'rejected', reason, state.nowUs, Number.NaN, 0)
    return true
  }
  const replica = state.replicas[decision.candidateId]
  assert(
    replica !== undefined && replica.lifecycle === 'ready',
    'a request was sent to a replica that is not ready',
  )
  assert(replica.settings.role !== 'decode', 'a new request was sent to a decode replica')
  send(state, flight, replica)
  return true
}

function send(state: FleetState, flight: Flight, replica: Replica): void {
  const { request } = flight
  flight.replica = replica.id
  flight.stage = replica.settings.role === 'prefill' ? 'prefill' : 'serve'
  state.out.push({ kind: 'routed', requestId: request.id, atUs: state.nowUs, replica: replica.id })
  state.settings.router.sent(state.nowUs, request, replica.id)
  const ownUs = replica.timer.ingressSeconds(request.inputTokens) * 1e6
  const startUs = Math.max(state.nowUs, replica.frontEndFreeUs)
  replica.frontEndFreeUs = startUs + ownUs * (replica.timer.ingressSerialShare ?? 0)
  const delayUs = Math.round(startUs + ownUs) - state.nowUs
  flight.place = 'ingress'
  replica.ingress++
  replica.ingressTokens += request.inputTokens
  flight.dueUs = state.nowUs + delayUs
  if (delayUs > 0) {
    replica.refresh()
    state.ingress.push(flight.dueUs, flight)
  } else enter(state, flight)
}

/** Out of the front end, into the engine's queue. */
export function enter(state: FleetState, flight: Flight): void {
  const replica = state.replicas[flight.replica]!
  const { request } = flight
  replica.ingress--
  replica.ingressTokens -= request.inputTokens
  replica.inEngine++
  flight.place = 'engine'
  flight.dueUs = Number.NaN
  const { id, inputTokens, outputTokens, content, priority } = request
  const role = flight.stage
  tell(state, replica, {
    kind: 'submit',
    request: { id, inputTokens, outputTokens, content, priority, role },
  })
}

/** Asks again for those in front: whose turn it is, where the router knows; else in their order, until one has to wait on. */
export function askFront(state: FleetState): void {
  const { router } = state.settings
  if (router.nextWaiting === undefined) {
    for (;;) {
      const flight = state.front.first()
      if (flight === undefined || !route(state, flight, true)) return
    }
  }
  for (;;) {
    const requestId = router.nextWaiting(state.nowUs)
    if (requestId === null) return
    const flight = state.flights.get(requestId)
    assert(flight?.place === 'front', 'it is the turn of a request that does not wait')
    route(state, flight, true)
  }
}

/** The client gave up. Nothing happens when the request is over already: the two crossed. */
export function cancel(state: FleetState, requestId: number): void {
  const flight = state.flights.get(requestId)
  if (flight === undefined) return
  const replica = state.replicas[flight.replica]
  if (flight.place === 'engine') {
    tell(state, replica!, { kind: 'cancel', requestId })
    return
  }
  if (flight.place === 'front') state.settings.router.withdrawn?.(state.nowUs, requestId)
  const fetched = flight.place === 'handoff' || flight.place === 'transfer'
  leave(state, flight)
  if (fetched) {
    state.releases.push({ replica: replica!, requestId })
    dropHeldToken(state, flight)
  }
  end(state, flight, 'cancelled', 'cancelled', state.nowUs, flight.firstTokenUs, flight.earlierTokens)
}
