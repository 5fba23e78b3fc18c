/** What a fleet knows, and the small moves everything else is made of. */
import { EventHeap } from '../core/event-heap.ts'
import type { EngineSettings } from '../engine/settings.ts'
import type { Engine, EngineEvent, StepTimer } from '../engine/types.ts'
import type { CandidateState, Router } from '../routing/types.ts'
import type { RequestOutcome } from '../workload/request.ts'
import type { Flight } from './flight.ts'
import { LinkNetwork } from './links.ts'
import type { Replica } from './replica.ts'
import type { FleetEvent, FleetSettings, PoolSettings } from './types.ts'
import { WaitingLine } from './waiting-line.ts'
import { WakeHeap } from './wake-heap.ts'

export type EngineFactory = (settings: EngineSettings, timer: StepTimer) => Engine

/** Something in a replica's life that is due; stale when its mark is no longer the replica's. */
export type LifeTimer =
  | { readonly kind: 'start' | 'ready'; readonly replica: Replica; readonly life: number }
  | { readonly kind: 'slow-over'; readonly replica: Replica; readonly phase: number }
  | { readonly kind: 'link-back'; readonly replica: Replica }

/** A rolling upgrade under way: who is still to be replaced, and who is being replaced. */
export interface Upgrade {
  waiting: Replica[]
  slots: { readonly old: Replica; successor: Replica | null }[]
  atOnce: number
  surge: boolean
}

export interface Pool {
  readonly settings: PoolSettings
  /** Replicas it should have. */
  target: number
  upgrade: Upgrade | null
}

export interface FleetState {
  readonly settings: FleetSettings
  readonly engineFactory: EngineFactory
  readonly pools: readonly Pool[]
  readonly replicas: Replica[]
  /** Replicas that take new requests (serve, prefill), and those that decode: not the gone ones. */
  readonly entrances: CandidateState[]
  readonly decoders: CandidateState[]
  readonly flights: Map<number, Flight>
  readonly front: WaitingLine
  readonly handoffs: WaitingLine
  /** When each replica's engine wants to be woken, by id. */
  readonly wakes: WakeHeap
  /** Requests in front ends, by when they enter their engine. */
  readonly ingress: EventHeap<Flight>
  /** Handoffs whose fixed time runs, by when the cache starts to move. */
  readonly departures: EventHeap<Flight>
  readonly links: LinkNetwork<Flight>
  readonly timers: EventHeap<LifeTimer>
  readonly engineEvents: EngineEvent[]
  /** To do before time goes on: nothing calls an engine while another one's events are read. */
  readonly releases: { readonly replica: Replica; readonly requestId: number }[]
  readonly retries: Flight[]
  draining: Replica[]
  askFront: boolean
  askHandoffs: boolean
  /** A replica became ready, gone or idle: pools look after their drains and upgrades. */
  poolsChanged: boolean
  nowUs: number
  out: FleetEvent[]
  /** Tokens engines emitted that no client gets: a prefill's dropped token, attempts that a crash ended. */
  droppedTokens: number
  /** Tokens of all records. */
  recordedTokens: number
}

export function createState(settings: FleetSettings, engineFactory: EngineFactory): FleetState {
  return {
    settings,
    engineFactory,
    pools: settings.pools.map(pool => ({ settings: pool, target: pool.replicas, upgrade: null })),
    replicas: [],
    entrances: [],
    decoders: [],
    flights: new Map(),
    front: new WaitingLine('front'),
    handoffs: new WaitingLine('handoff'),
    wakes: new WakeHeap(),
    ingress: new EventHeap(),
    departures: new EventHeap(),
    links: new LinkNetwork(),
    timers: new EventHeap(),
    engineEvents: [],
    releases: [],
    retries: [],
    draining: [],
    askFront: false,
    askHandoffs: false,
    poolsChanged: false,
    nowUs: 0,
    out: [],
    droppedTokens: 0,
    recordedTokens: 0,
  }
}

/** Who decides and hears about requests on that replica; null: the default rule for decoding pools. */
export function routerOf(state: FleetState, replica: Replica): Router | null {
  return replica.settings.role === 'decode' ? state.settings.decodeRouter : state.settings.router
}

/** The client has the first token. */
export function handOver(state: FleetState, flight: Flight, atUs: number): void {
  flight.firstTokenUs = atUs
  state.out.push({ kind: 'first-token', requestId: flight.request.id, atUs })
}

/**
 * Takes a request from where it is; the caller says where it goes. Engines are not told: what still holds a cache must be
 * released by the caller.
 */
export function leave(state: FleetState, flight: Flight): void {
  const { request } = flight
  if (flight.place === 'front') state.front.remove(flight)
  else {
    const replica = state.replicas[flight.replica]!
    if (flight.place === 'ingress') {
      replica.ingress--
      replica.ingressTokens -= request.inputTokens
    } else if (flight.place === 'engine') {
      replica.inEngine--
      if (flight.reservedTokens > 0) unreserve(replica, flight)
    } else {
      if (flight.place === 'handoff') state.handoffs.remove(flight)
      else leaveDestination(state, flight)
      replica.held--
    }
    forgetUnsent(replica, flight)
    routerOf(state, replica)?.ended(state.nowUs, request.id, replica.id)
    replica.refresh()
    if (replica.lifecycle === 'draining') state.poolsChanged = true
  }
}

/** A transfer is broken off, or its decode replica gives up the room it kept. */
export function leaveDestination(state: FleetState, flight: Flight): void {
  const destination = state.replicas[flight.destination]!
  state.links.abort(state.nowUs, flight)
  destination.inbound--
  unreserve(destination, flight)
  routerOf(state, destination)?.ended(state.nowUs, flight.request.id, destination.id)
  destination.refresh()
  if (destination.lifecycle === 'draining') state.poolsChanged = true
  flight.destination = -1
  flight.dueUs = Number.NaN
}

export function unreserve(replica: Replica, flight: Flight): void {
  replica.reservedTokens -= flight.reservedTokens
  flight.reservedTokens = 0
}

function forgetUnsent(replica: Replica, flight: Flight): void {
  if (replica.unsent.length === 0) return
  const index = replica.unsent.indexOf(flight)
  if (index >= 0) replica.unsent.splice(index, 1)
}

/** The request is over; it has left its place already. */
export function end(
  state: FleetState,
  flight: Flight,
  outcome: RequestOutcome,
  reason: string,
  endedUs: number,
  lastTokenUs: number,
  outputTokens: number,
): void {
  flight.place = 'over'
  state.flights.delete(flight.request.id)
  state.recordedTokens += outputTokens
  const record = flight.record(outcome, reason, endedUs, lastTokenUs, outputTokens)
  state.out.push({ kind: 'ended', record, request: flight.request })
  state.askFront = true
  state.askHandoffs = true
}

/** A crash took what was done for it: routed again if that is allowed, else failed. It has left its place already. */
export function lose(state: FleetState, flight: Flight, emittedTokens: number, lastTokenUs: number): void {
  const again = state.settings.retryAfterCrash === true && flight.attempts === 0
  if (again && Number.isNaN(flight.firstTokenUs)) {
    state.droppedTokens += emittedTokens
    flight.place = 'front'
    flight.forget()
    state.retries.push(flight)
    return
  }
  end(state, flight, 'failed', 'crash', state.nowUs, lastTokenUs, emittedTokens)
}

/** The decode replica makes all tokens of the answer: the prefill's was dropped. See FleetSettings.firstTokenAfter. */
export function decodesFirstToken(state: FleetState): boolean {
  return (state.settings.firstTokenAfter ?? 'decode') === 'decode'
}

/** A prompt that is done goes no further: its token was sampled in vain, unless it was handed over. */
export function dropHeldToken(state: FleetState, flight: Flight): void {
  if (!decodesFirstToken(state) && flight.earlierTokens === 0) state.droppedTokens++
}

/**
 * Tokens of the answer, from what its engine counts. A decode engine starts with one token: the prefill's, or, where that
 * was dropped, none of the answer.
 */
export function emittedIn(state: FleetState, flight: Flight, engineTokens: number): number {
  return flight.stage === 'decode' && decodesFirstToken(state) ? Math.max(0, engineTokens - 1) : engineTokens
}
