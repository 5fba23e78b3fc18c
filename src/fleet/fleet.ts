/**
 * A fleet in time. Everything due is done in the order of time; at one moment lives change first, then caches arrive and
 * leave, requests enter engines, engines are woken, and last those in line are asked again. What happens outside comes
 * before what is due inside at the same moment, so that requests of one moment share a step.
 * The model and its simplifications: docs/models/fleet.md.
 */
import { assert } from '../core/assert.ts'
import { createEngine } from '../engine/engine.ts'
import { tell, wake as wakeEngine } from './engine-calls.ts'
import { askFront, cancel, enter, route, submit } from './entrance.ts'
import { arrive, askHandoffs, place, startTransfer } from './handoff.ts'
import { checkInvariants } from './invariants.ts'
import { due, order, strike } from './life.ts'
import { lookAfterPools, poolNamed, scale, upgrade } from './pools.ts'
import { checkSettings } from './settings-check.ts'
import { createState, decodesFirstToken, type EngineFactory, emittedIn, type FleetState } from './state.ts'
import type { Fleet, FleetInput, FleetSettings, PoolUsage } from './types.ts'
import { usage } from './usage.ts'

/**
 * Engines behind a router as one process. The replicas of its settings are ready at time 0 and cost from then on.
 * Throws a TokenwrightError for settings that make no sense, and for inputs that name a pool that does not exist.
 */
export function createFleet(settings: FleetSettings, engineFactory: EngineFactory = createEngine): Fleet {
  checkSettings(settings)
  const state = createState(settings, engineFactory)
  for (const pool of state.pools)
    for (let index = 0; index < pool.settings.replicas; index++) order(state, pool, true)
  return {
    replicas: state.replicas,
    get inFlight() {
      return state.flights.size
    },
    get waitingInFront() {
      return state.front.size
    },
    accept(nowUs, input, out) {
      assert(nowUs >= state.nowUs, 'fleet: time ran backwards')
      state.out = out
      advance(state, nowUs - 1)
      state.nowUs = nowUs
      apply(state, input)
      settle(state)
    },
    nextUs: () => nextUs(state),
    wake(nowUs, out) {
      assert(nowUs >= state.nowUs, 'fleet: time ran backwards')
      state.out = out
      advance(state, nowUs)
      state.nowUs = nowUs
    },
    usage: (nowUs): PoolUsage[] => usage(state, nowUs),
    emittedTokens(requestId) {
      const flight = state.flights.get(requestId)
      if (flight === undefined || Number.isNaN(flight.firstTokenUs)) return 0
      if (flight.place !== 'engine') return flight.earlierTokens
      return emittedIn(state, flight, state.replicas[flight.replica]!.engine.emittedTokens(requestId))
    },
    checkInvariants: () => checkInvariants(state),
  }
}

function apply(state: FleetState, input: FleetInput): void {
  switch (input.kind) {
    case 'submit':
      submit(state, input.request)
      break
    case 'cancel':
      cancel(state, input.requestId)
      break
    case 'fault':
      strike(state, input.fault)
      break
    case 'scale':
      scale(state, poolNamed(state, input.pool), input.replicas)
      break
    case 'upgrade':
      upgrade(state, poolNamed(state, input.pool), input.atOnce, input.surge === true)
      break
  }
}

function nextUs(state: FleetState): number {
  return Math.min(
    state.wakes.nextUs(),
    state.ingress.nextUs(),
    state.timers.nextUs(),
    state.links.nextUs(),
    state.departures.nextUs(),
    state.front.nextUs(),
    state.handoffs.nextUs(),
  )
}

/** Does everything that is due until limitUs, each at its own time: a driver that wakes late changes no decision. */
function advance(state: FleetState, limitUs: number): void {
  for (;;) {
    const now = nextUs(state)
    if (now > limitUs) return
    state.nowUs = Math.max(state.nowUs, now)
    step(state, now)
    settle(state)
  }
}

/** The first thing that is due now. */
function step(state: FleetState, now: number): void {
  if (state.timers.nextUs() === now) {
    due(state, state.timers.pop()!)
    return
  }
  if (state.links.nextUs() === now) {
    const flight = state.links.finished(now)
    if (flight !== null) arrived(state, flight)
    return
  }
  if (state.departures.nextUs() === now) {
    const flight = state.departures.pop()!
    if (flight.place === 'transfer' && flight.dueUs === now) startTransfer(state, flight)
    return
  }
  if (state.ingress.nextUs() === now) {
    const flight = state.ingress.pop()!
    if (flight.place === 'ingress' && flight.dueUs === now) enter(state, flight)
    return
  }
  if (state.wakes.nextUs() === now) {
    wakeEngine(state, state.replicas[state.wakes.first()]!)
    return
  }
  const waiting = state.front.due(now)
  if (waiting !== undefined) route(state, waiting, true)
  else place(state, state.handoffs.due(now)!)
}

function arrived(state: FleetState, flight: Parameters<typeof arrive>[1]): void {
  const destination = arrive(state, flight)
  if (destination === null) return
  const { id, inputTokens, outputTokens, content, priority } = flight.request
  // The engine takes one token as there already. Where the prefill's was dropped, that is the last one of the prompt: the
  // first step computes it again and samples the first token of the answer, as vLLM does with a fetched prompt.
  const again = decodesFirstToken(state)
  tell(state, destination, {
    kind: 'submit',
    request: {
      id,
      inputTokens: again ? Math.max(1, inputTokens - 1) : inputTokens,
      outputTokens: again ? outputTokens + 1 : outputTokens,
      content,
      priority,
      role: 'decode',
    },
  })
}

/** What the last event left to do, before time goes on. */
function settle(state: FleetState): void {
  for (;;) {
    if (state.releases.length > 0) {
      const { replica, requestId } = state.releases.shift()!
      if (replica.lifecycle !== 'gone') tell(state, replica, { kind: 'release', requestId })
    } else if (state.retries.length > 0) route(state, state.retries.shift()!, false)
    else if (state.askHandoffs) {
      state.askHandoffs = false
      askHandoffs(state)
    } else if (state.askFront) {
      state.askFront = false
      askFront(state)
    } else if (state.poolsChanged) lookAfterPools(state)
    else return
  }
}
