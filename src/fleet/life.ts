/** The life of replicas: ordered, ready, draining, down, gone; and the faults that befall them. */
import { assert } from '../core/assert.ts'
import type { Engine } from '../engine/types.ts'
import { tell } from './engine-calls.ts'
import type { Flight } from './flight.ts'
import { sendElsewhere } from './handoff.ts'
import { Replica } from './replica.ts'
import {
  dropHeldToken,
  end,
  type FleetState,
  type LifeTimer,
  leave,
  lose,
  type Pool,
  routerOf,
} from './state.ts'
import type { Fault, ReplicaLifecycle } from './types.ts'

/** Stands in for the engine of a replica that is gone, so that its memory is given back. */
const goneEngine: Engine = {
  state: { waiting: 0, running: 0, pendingPromptTokens: 0, runningTokens: 0, cacheUse: 0, preemptions: 0 },
  accept: () => assert(false, 'a replica that is gone was spoken to'),
  nextUs: () => Number.POSITIVE_INFINITY,
  wake: () => assert(false, 'a replica that is gone was woken'),
  emittedTokens: () => 0,
  checkInvariants: () => {},
}

/** Orders a replica; the first ones of a fleet are ready at once. */
export function order(state: FleetState, pool: Pool, ready: boolean): Replica {
  const { settings } = pool
  const timer = settings.timer()
  const engine = state.engineFactory(settings.engine, timer)
  const replica = new Replica(state.replicas.length, settings, engine, timer, state.nowUs)
  state.replicas.push(replica)
  state.wakes.set(replica.id, Number.POSITIVE_INFINITY)
  if (settings.role !== 'serve') state.links.addPort(replica.id, settings.linkBytesPerSecond)
  const candidates = settings.role === 'decode' ? state.decoders : state.entrances
  candidates.push(replica.candidate)
  if (ready) {
    replica.lifecycle = 'ready'
    replica.candidate.ready = true
  } else startUp(state, replica)
  return replica
}

function startUp(state: FleetState, replica: Replica): void {
  change(state, replica, 'starting')
  const readyUs = state.nowUs + Math.round(replica.settings.startupSeconds * 1e6)
  state.timers.push(readyUs, { kind: 'ready', replica, life: replica.life })
}

function change(state: FleetState, replica: Replica, lifecycle: ReplicaLifecycle): void {
  replica.lifecycle = lifecycle
  replica.life++
  replica.frontEndFreeUs = 0
  replica.candidate.ready = lifecycle === 'ready'
  const { id, pool } = replica
  state.out.push({ kind: 'replica', replica: id, pool, atUs: state.nowUs, state: lifecycle })
}

/** Takes nothing new, finishes what it has, then goes. One that does not serve yet goes at once. */
export function drain(state: FleetState, replica: Replica): void {
  if (replica.lifecycle === 'gone' || replica.lifecycle === 'draining') return
  if (replica.lifecycle !== 'ready') {
    retire(state, replica)
    return
  }
  change(state, replica, 'draining')
  state.draining.push(replica)
  state.poolsChanged = true
}

/** A draining replica that has nothing left, its engine at rest. */
export function isDrained(replica: Replica): boolean {
  return (
    replica.lifecycle === 'draining' &&
    replica.requests === 0 &&
    replica.engine.nextUs() === Number.POSITIVE_INFINITY
  )
}

export function retire(state: FleetState, replica: Replica): void {
  assert(replica.requests === 0, `replica ${replica.id} goes with ${replica.requests} requests`)
  change(state, replica, 'gone')
  replica.goneUs = state.nowUs
  const candidates = replica.settings.role === 'decode' ? state.decoders : state.entrances
  candidates.splice(candidates.indexOf(replica.candidate), 1)
  routerOf(state, replica)?.removed(replica.id)
  if (replica.settings.role !== 'serve') state.links.removePort(replica.id)
  state.wakes.set(replica.id, Number.POSITIVE_INFINITY)
  replica.engine = goneEngine
  replica.refresh()
  state.poolsChanged = true
}

/** Something in a replica's life is due. */
export function due(state: FleetState, timer: LifeTimer): void {
  const { replica } = timer
  if (replica.lifecycle === 'gone') return
  switch (timer.kind) {
    case 'start':
      if (timer.life === replica.life) startUp(state, replica)
      break
    case 'ready':
      if (timer.life !== replica.life) break
      change(state, replica, 'ready')
      state.askFront = true
      state.askHandoffs = true
      state.poolsChanged = true
      break
    case 'slow-over':
      if (timer.phase === replica.slowPhase) tell(state, replica, { kind: 'slow', factor: 1 })
      break
    case 'link-back':
      if (state.nowUs >= replica.linkDownUntilUs) state.links.setDown(state.nowUs, replica.id, false)
      break
  }
}

/** A fault happens now. One that hits a replica that is gone, or was never there, does nothing. */
export function strike(state: FleetState, fault: Fault): void {
  const replica = state.replicas[fault.replica]
  if (replica === undefined || replica.lifecycle === 'gone') return
  switch (fault.kind) {
    case 'crash':
      crash(state, replica, fault.downSeconds)
      break
    case 'slow': {
      // A later slow phase replaces an earlier one.
      const phase = ++replica.slowPhase
      tell(state, replica, { kind: 'slow', factor: fault.factor })
      state.timers.push(after(state, fault.seconds), { kind: 'slow-over', replica, phase })
      break
    }
    case 'stall':
      tell(state, replica, { kind: 'stall', untilUs: after(state, fault.seconds) })
      break
    case 'link': {
      if (replica.settings.role === 'serve') break
      const untilUs = after(state, fault.seconds)
      replica.linkDownUntilUs = Math.max(replica.linkDownUntilUs, untilUs)
      state.links.setDown(state.nowUs, replica.id, true)
      state.timers.push(untilUs, { kind: 'link-back', replica })
      break
    }
  }
}

function after(state: FleetState, seconds: number): number {
  return state.nowUs + Math.round(seconds * 1e6)
}

/** All it holds is lost; it starts again after downSeconds, unless it was to go anyway. One that is down stays as it is. */
function crash(state: FleetState, replica: Replica, downSeconds: number): void {
  if (replica.lifecycle === 'down') return
  const draining = replica.lifecycle === 'draining'
  replica.candidate.ready = false
  tell(state, replica, { kind: 'crash' })
  if (replica.requests > 0) {
    for (const flight of [...state.flights.values()]) {
      if (flight.replica === replica.id && flight.place !== 'front') loseFrom(state, flight)
      else if (flight.destination === replica.id) loseDestination(state, flight)
    }
  }
  if (draining) {
    retire(state, replica)
    return
  }
  routerOf(state, replica)?.removed(replica.id)
  change(state, replica, 'down')
  state.timers.push(after(state, downSeconds), { kind: 'start', replica, life: replica.life })
  state.poolsChanged = true
}

/** What the engine did not tell of: requests in the front end. */
function loseFrom(state: FleetState, flight: Flight): void {
  const held = flight.place === 'handoff' || flight.place === 'transfer'
  leave(state, flight)
  if (held) dropHeldToken(state, flight)
  lose(state, flight, flight.earlierTokens, flight.firstTokenUs)
}

/** The cache was on its way to it. The prefill replica still has it. */
function loseDestination(state: FleetState, flight: Flight): void {
  if (state.settings.retryAfterCrash === true && flight.attempts === 0) {
    sendElsewhere(state, flight)
    return
  }
  const source = state.replicas[flight.replica]!
  const requestId = flight.request.id
  leave(state, flight)
  dropHeldToken(state, flight)
  state.releases.push({ replica: source, requestId })
  end(state, flight, 'failed', 'crash', state.nowUs, flight.firstTokenUs, flight.earlierTokens)
}
