/** What must hold between any two events of a fleet. */
import { assert } from '../core/assert.ts'
import type { FleetState } from './state.ts'

/** Throws when a request is lost or in two places, when counts, time or energy do not add up, or an engine says so. */
export function checkInvariants(state: FleetState): void {
  const count = state.replicas.length
  const ingress = new Array<number>(count).fill(0)
  const ingressTokens = new Array<number>(count).fill(0)
  const inEngine = new Array<number>(count).fill(0)
  const held = new Array<number>(count).fill(0)
  const inbound = new Array<number>(count).fill(0)
  const reserved = new Array<number>(count).fill(0)
  let front = 0
  let handoffs = 0
  let moving = 0
  for (const [id, flight] of state.flights) {
    assert(flight.request.id === id, `request ${id} is filed under another number`)
    const { place, replica, destination } = flight
    if (place === 'front') front++
    else if (place === 'ingress') {
      ingress[replica]!++
      ingressTokens[replica]! += flight.request.inputTokens
    } else if (place === 'engine') {
      inEngine[replica]!++
      reserved[replica]! += flight.reservedTokens
    } else {
      assert(place === 'handoff' || place === 'transfer', `request ${id} is ${place}, but not gone`)
      held[replica]!++
      if (place === 'handoff') handoffs++
      else {
        inbound[destination]!++
        reserved[destination]! += flight.reservedTokens
        if (Number.isNaN(flight.dueUs)) moving++
      }
    }
    assert(flight.sentUs <= state.nowUs, `request ${id} comes from the future`)
  }
  assert(front === state.front.size, `${front} requests in front, ${state.front.size} in the line`)
  assert(handoffs === state.handoffs.size, `${handoffs} handoffs, ${state.handoffs.size} in the line`)
  assert(moving === state.links.size, `${moving} caches move, ${state.links.size} on the links`)
  if (state.flights.size === 0) {
    const emitted = state.replicas.reduce((sum, replica) => sum + replica.stepTokens, 0)
    const told = state.recordedTokens + state.droppedTokens
    assert(emitted === told, `engines emitted ${emitted} tokens, ${told} are in records or known as dropped`)
  }
  assert(state.releases.length === 0 && state.retries.length === 0, 'something was left undone')
  for (const replica of state.replicas) {
    const { id } = replica
    const name = `replica ${id}`
    assert(
      replica.ingress === ingress[id],
      `${name}: ${replica.ingress} in the front end, found ${ingress[id]}`,
    )
    assert(replica.ingressTokens === ingressTokens[id], `${name}: tokens in the front end`)
    assert(
      replica.inEngine === inEngine[id],
      `${name}: ${replica.inEngine} in the engine, found ${inEngine[id]}`,
    )
    assert(replica.held === held[id], `${name}: ${replica.held} held, found ${held[id]}`)
    assert(replica.inbound === inbound[id], `${name}: ${replica.inbound} inbound, found ${inbound[id]}`)
    assert(replica.reservedTokens === reserved[id], `${name}: tokens reserved`)
    const { waiting, running } = replica.engine.state
    assert(
      waiting + running <= replica.inEngine,
      `${name}: engine has ${waiting} + ${running}, the fleet gave it ${replica.inEngine}`,
    )
    const open = replica.lifecycle === 'ready' || replica.lifecycle === 'draining'
    assert(open || replica.requests === 0, `${name} is ${replica.lifecycle} and holds requests`)
    assert(replica.candidate.ready === (replica.lifecycle === 'ready'), `${name}: what routers see of it`)
    assert(replica.busyUs <= replica.heldUs(state.nowUs), `${name} was busy longer than it was there`)
    const nextUs = replica.engine.nextUs()
    assert(nextUs >= state.nowUs, `${name} was not woken in time`)
    // Caches that wait to be fetched may take up all the room; nothing else may keep an engine with work at rest.
    const stuck = waiting + running > 0 && held[id] === 0 && nextUs === Number.POSITIVE_INFINITY
    assert(!stuck, `${name}: ${waiting} waiting and ${running} running requests are never looked at again`)
    replica.engine.checkInvariants()
  }
}
