/**
 * From a prefill replica to a decode replica: prompt done → room at a decode replica → fixed handoff time → the cache moves →
 * the prefill replica frees its blocks, the decode replica goes on.
 *
 * The decode replica is chosen when the prompt is done (Dynamo: PrefillRouter routes to a decode worker after the prefill
 * answered, docs/design_docs/disagg_serving.md), and room for the prompt is reserved there before the cache moves (SGLang:
 * DecodePreallocQueue, python/sglang/srt/disaggregation/decode.py); until then the prefill replica keeps the blocks, so a
 * full decode pool slows the prefill pool down. The whole prompt moves, also what the decode replica may have cached.
 */
import { assert } from '../core/assert.ts'
import type { Flight } from './flight.ts'
import type { Replica } from './replica.ts'
import {
  decodesFirstToken,
  dropHeldToken,
  end,
  type FleetState,
  handOver,
  leave,
  leaveDestination,
  routerOf,
} from './state.ts'

/** The prefill replica computed the prompt; its cache waits to be fetched. */
export function promptDone(
  state: FleetState,
  replica: Replica,
  flight: Flight,
  atUs: number,
  cacheTokens: number,
): void {
  assert(flight.place === 'engine' && flight.stage === 'prefill', 'a prompt is done that was not asked for')
  replica.inEngine--
  replica.held++
  flight.cacheTokens = cacheTokens
  routerOf(state, replica)?.firstToken(state.nowUs, flight.request.id, replica.id)
  state.handoffs.add(flight, Number.POSITIVE_INFINITY)
  state.askHandoffs = true
  if (decodesFirstToken(state)) state.droppedTokens++
  else if (state.settings.firstTokenAfter === 'prefill') {
    giveFirstToken(state, flight, atUs)
    if (flight.request.outputTokens === 1) finish(state, flight, atUs)
  }
}

function giveFirstToken(state: FleetState, flight: Flight, atUs: number): void {
  flight.earlierTokens = 1
  handOver(state, flight, atUs)
}

/** Nothing is left to decode. */
function finish(state: FleetState, flight: Flight, atUs: number): void {
  const replica = state.replicas[flight.replica]!
  const requestId = flight.request.id
  leave(state, flight)
  state.releases.push({ replica, requestId })
  end(state, flight, 'served', '', atUs, atUs, 1)
}

/** Gives room to prompts that are done, in their order, until one has to wait on. */
export function askHandoffs(state: FleetState): void {
  for (;;) {
    const flight = state.handoffs.first()
    if (flight === undefined || !place(state, flight)) return
  }
}

/** Finds a decode replica; false when the request has to wait (on). */
export function place(state: FleetState, flight: Flight): boolean {
  const router = state.settings.decodeRouter
  if (router === null) {
    const destination = leastLoaded(state, flight.request.inputTokens)
    if (destination === null) return false
    depart(state, flight, destination)
    return true
  }
  const decision = router.route(state.nowUs, flight.request, state.decoders)
  if (decision.kind === 'wait') {
    assert(decision.retryUs > state.nowUs, 'the decode router asks again at once')
    state.handoffs.postpone(flight, decision.retryUs)
    return false
  }
  if (decision.kind === 'send') {
    const destination = state.replicas[decision.candidateId]
    assert(
      destination !== undefined &&
        destination.lifecycle === 'ready' &&
        destination.settings.role === 'decode',
      'a request was sent to decode where it cannot',
    )
    depart(state, flight, destination)
    return true
  }
  const { reason, retryAfterSeconds } = decision
  const replica = state.replicas[flight.replica]!
  const requestId = flight.request.id
  leave(state, flight)
  state.releases.push({ replica, requestId })
  state.out.push({ kind: 'rejected', requestId, atUs: state.nowUs, reason, retryAfterSeconds })
  dropHeldToken(state, flight)
  end(state, flight, 'rejected', reason, state.nowUs, flight.firstTokenUs, flight.earlierTokens)
  return true
}

/** The ready decode replica with room that has the fewest requests; ties to the lower id. */
function leastLoaded(state: FleetState, tokens: number): Replica | null {
  let best: Replica | null = null
  let least = Number.POSITIVE_INFINITY
  for (const { id } of state.decoders) {
    const replica = state.replicas[id]!
    if (replica.lifecycle !== 'ready') continue
    const requests = replica.inEngine + replica.inbound
    if (requests < least && hasRoom(replica, requests, tokens)) {
      best = replica
      least = requests
    }
  }
  return best
}

/** An empty replica takes anything: what does not fit even there is for its engine to refuse. */
function hasRoom(replica: Replica, requests: number, tokens: number): boolean {
  if (requests === 0) return true
  if (requests >= replica.slots) return false
  const free = replica.cacheTokens * (1 - replica.engine.state.cacheUse) - replica.reservedTokens
  return tokens <= free
}

function depart(state: FleetState, flight: Flight, destination: Replica): void {
  const { request } = flight
  state.handoffs.remove(flight)
  flight.place = 'transfer'
  flight.destination = destination.id
  flight.reservedTokens = request.inputTokens
  destination.reservedTokens += request.inputTokens
  destination.inbound++
  destination.refresh()
  state.out.push({ kind: 'routed', requestId: request.id, atUs: state.nowUs, replica: destination.id })
  routerOf(state, destination)?.sent(state.nowUs, request, destination.id)
  const source = state.replicas[flight.replica]!
  flight.dueUs = state.nowUs + Math.round(source.settings.handoffSeconds * 1e6)
  state.departures.push(flight.dueUs, flight)
}

/** The handoff time is over: the cache starts to move. */
export function startTransfer(state: FleetState, flight: Flight): void {
  flight.dueUs = Number.NaN
  const bytes = transferBytes(state, flight)
  state.links.start(state.nowUs, flight, flight.replica, flight.destination, bytes)
}

function transferBytes(state: FleetState, flight: Flight): number {
  return flight.cacheTokens * state.replicas[flight.replica]!.settings.cacheBytesPerToken
}

/** The cache has arrived: the prefill replica lets go of it. Returns the decode replica, null when nothing is left to do. */
export function arrive(state: FleetState, flight: Flight): Replica | null {
  const { request } = flight
  const source = state.replicas[flight.replica]!
  const destination = state.replicas[flight.destination]!
  state.out.push({
    kind: 'transferred',
    requestId: request.id,
    atUs: state.nowUs,
    from: source.id,
    to: destination.id,
    bytes: transferBytes(state, flight),
  })
  if (state.settings.firstTokenAfter === 'transfer') giveFirstToken(state, flight, state.nowUs)
  if (request.outputTokens === 1 && !decodesFirstToken(state)) {
    finish(state, flight, state.nowUs)
    return null
  }
  source.held--
  routerOf(state, source)?.ended(state.nowUs, request.id, source.id)
  source.refresh()
  if (source.lifecycle === 'draining') state.poolsChanged = true
  state.releases.push({ replica: source, requestId: request.id })
  destination.inbound--
  destination.inEngine++
  flight.replica = destination.id
  flight.destination = -1
  flight.stage = 'decode'
  flight.place = 'engine'
  return destination
}

/** The decode replica is gone: another one takes the cache, which the prefill replica still has. */
export function sendElsewhere(state: FleetState, flight: Flight): void {
  leaveDestination(state, flight)
  flight.attempts++
  state.handoffs.add(flight, Number.POSITIVE_INFINITY)
  state.askHandoffs = true
}
