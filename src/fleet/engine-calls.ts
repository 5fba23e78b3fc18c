/** Everything the fleet says to an engine and hears from it. */
import { assert } from '../core/assert.ts'
import type { EngineEvent, EngineInput, StepsEvent } from '../engine/types.ts'
import type { Flight } from './flight.ts'
import { promptDone } from './handoff.ts'
import type { Replica } from './replica.ts'
import {
  decodesFirstToken,
  dropHeldToken,
  emittedIn,
  end,
  type FleetState,
  handOver,
  leave,
  lose,
  routerOf,
  unreserve,
} from './state.ts'

/** Tells an engine something now; what is due now comes after, so that requests of one moment share a step. */
export function tell(state: FleetState, replica: Replica, input: EngineInput): void {
  assert(state.engineEvents.length === 0, 'an engine was called while events of another were read')
  replica.engine.accept(state.nowUs, input, state.engineEvents)
  read(state, replica)
}

/** Its time has come. */
export function wake(state: FleetState, replica: Replica): void {
  assert(state.engineEvents.length === 0, 'an engine was called while events of another were read')
  replica.engine.wake(state.nowUs, state.engineEvents)
  read(state, replica)
}

function read(state: FleetState, replica: Replica): void {
  const events = state.engineEvents
  // Steps first: they say when tokens were handed over that their own requests' ends would cut short.
  for (const event of events) if (event.kind === 'steps') countSteps(state, replica, event)
  const forward = state.settings.engineEvents !== false
  for (const event of events) {
    if (forward) state.out.push({ kind: 'engine', replica: replica.id, event })
    if (event.kind !== 'steps') apply(state, replica, event)
  }
  events.length = 0
  state.wakes.set(replica.id, replica.engine.nextUs())
  replica.refresh()
  if (replica.lifecycle === 'draining') state.poolsChanged = true
}

function apply(state: FleetState, replica: Replica, event: Exclude<EngineEvent, StepsEvent>): void {
  if (event.kind === 'blocks-stored' || event.kind === 'blocks-removed' || event.kind === 'blocks-cleared') {
    routerOf(state, replica)?.cacheChanged(replica.id, event)
    return
  }
  const flight = state.flights.get(event.requestId)
  // A prefill engine may still speak of a request whose cache was fetched.
  if (flight === undefined || flight.replica !== replica.id) return
  switch (event.kind) {
    case 'scheduled':
      if (Number.isNaN(flight.startedUs)) {
        flight.startedUs = event.atUs
        flight.cachedTokens = event.cachedTokens
      }
      if (flight.reservedTokens > 0) {
        unreserve(replica, flight)
        state.askHandoffs = true
        // A decode engine counts the first token as there already; here its first step makes it.
        routerOf(state, replica)?.firstToken(state.nowUs, flight.request.id, replica.id)
        if (decodesFirstToken(state)) sampleLater(replica, flight, event.atUs, 1)
      }
      break
    case 'first-token':
      routerOf(state, replica)?.firstToken(state.nowUs, flight.request.id, replica.id)
      if (replica.timer.firstTokenLagSteps === 0) handOver(state, flight, event.atUs)
      else sampleLater(replica, flight, event.atUs, 0)
      break
    case 'preempted':
      flight.preemptions++
      break
    case 'prefilled':
      promptDone(state, replica, flight, event.atUs, event.cacheTokens)
      break
    case 'finished':
      finished(state, replica, flight, event)
      break
  }
}

/**
 * The first token is handed over some steps after atUs (stream and polling intervals; StepTimer.firstTokenLagSteps). They
 * are the steps that follow, not the one that computed the prompt, and as long as they are.
 */
function sampleLater(replica: Replica, flight: Flight, atUs: number, steps: number): void {
  flight.sampledUs = atUs
  flight.lagSteps = steps + replica.timer.firstTokenLagSteps
  replica.unsent.push(flight)
}

function countSteps(state: FleetState, replica: Replica, event: StepsEvent): void {
  replica.account(event)
  const { unsent } = replica
  if (unsent.length === 0) return
  let kept = 0
  for (const flight of unsent) {
    if (event.startUs >= flight.sampledUs) {
      if (flight.lagSteps <= event.steps) {
        handOver(state, flight, timeOfStep(event, flight.lagSteps))
        continue
      }
      flight.lagSteps -= event.steps
    }
    unsent[kept++] = flight
  }
  unsent.length = kept
}

/** When so many steps of a run were over; steps grow evenly along it, since contexts do. Parts of steps are taken straight. */
function timeOfStep(event: StepsEvent, steps: number): number {
  const { startUs, steps: count } = event
  const totalUs = event.atUs - startUs
  const firstUs = event.firstStepUs ?? totalUs / count
  const growthUs = count > 1 ? (2 * (totalUs - count * firstUs)) / (count * (count - 1)) : 0
  const end = (whole: number): number => whole * firstUs + (growthUs * whole * (whole - 1)) / 2
  const whole = Math.floor(steps)
  const part = steps - whole
  const atUs = part === 0 ? end(whole) : end(whole) + part * (end(whole + 1) - end(whole))
  return startUs + Math.min(totalUs, Math.round(atUs))
}

function finished(
  state: FleetState,
  replica: Replica,
  flight: Flight,
  event: Extract<EngineEvent, { kind: 'finished' }>,
): void {
  if (flight.place === 'handoff' || flight.place === 'transfer') {
    // Its part of a prefilled request is done; only a crash takes the cache away before it was fetched.
    if (event.outcome === 'served') return
    leave(state, flight)
    dropHeldToken(state, flight)
    lose(state, flight, flight.earlierTokens, flight.firstTokenUs)
    return
  }
  assert(flight.place === 'engine', 'a request ended in an engine that does not have it')
  assert(
    flight.stage !== 'prefill' || event.outcome !== 'served',
    'a request was served by a prefill replica',
  )
  // A decode engine that refuses the request counts none, but the prefill's may have been handed over.
  const tokens = Math.max(flight.earlierTokens, emittedIn(state, flight, event.outputTokens))
  if (event.outcome === 'served' && replica.unsent.includes(flight)) handOver(state, flight, event.atUs)
  // Broken off: its last token came with the last step, if the client had any.
  const lastTokenUs =
    event.outcome === 'served'
      ? event.atUs
      : tokens <= flight.earlierTokens
        ? flight.firstTokenUs
        : flight.firstTokenUs + Math.max(0, replica.lastStepEndUs - flight.firstTokenUs)
  leave(state, flight)
  if (event.outcome === 'failed') lose(state, flight, tokens, lastTokenUs)
  else end(state, flight, event.outcome, event.reason, event.atUs, lastTokenUs, tokens)
}
