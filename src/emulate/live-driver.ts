/**
 * Drives fleets in real time. The fleets are the ones that virtual time drives (src/sim): each is woken with the time for
 * which it asked, never with the time at which the timer fired, so late timers make answers late but change no decision.
 * Inputs carry the time at which they happened; what was due before them is done first.
 */
import { assert } from '../core/assert.ts'
import { EventHeap } from '../core/event-heap.ts'
import type { Process } from '../core/state-machine.ts'
import type { Fleet, FleetEvent, FleetInput } from '../fleet/types.ts'
import type { LiveClock } from './live-clock.ts'

/**
 * Closer to its deadline than this the driver spins through setImmediate instead of sleeping: Node's timers have a grain
 * of 1 ms and fire up to about that much late (measured here with 1,000 chained timers).
 */
const spinMs = 2

export interface LiveLane {
  readonly fleet: Fleet
  /**
   * The time to give to something that happened at atUs and is told to the fleet only now: atUs, or later where the fleet
   * has been woken at or after it. Replayed with these times, virtual time takes the same decisions.
   */
  stamp(atUs: number): number
  /**
   * Something happened to this fleet at atUs, run time. In the past: acted on now; nothing later may have been acted on
   * before (see stamp; an assertion). In the future: kept until then (replay). Allowed inside a listener.
   */
  accept(input: FleetInput, atUs: number): void
}

export interface LaneOptions {
  /** Orders and gives back replicas by itself, as in virtual time; null: none. */
  readonly autoscaler: Process<never, FleetInput> | null
}

export interface LiveDriver {
  readonly clock: LiveClock
  /** Starts to drive a fleet. `listener` hears its events in order, after each instant at which something happened. */
  add(fleet: Fleet, listener: LaneListener, options?: LaneOptions): LiveLane
  /** Stops all timers. The fleets stay as they are. */
  close(): void
}

export type LaneListener = (events: readonly FleetEvent[]) => void

interface Lane {
  readonly fleet: Fleet
  readonly listener: LaneListener
  readonly autoscaler: Process<never, FleetInput> | null
  readonly inputs: EventHeap<FleetInput>
  readonly orders: FleetInput[]
  readonly out: FleetEvent[]
  /** Time of the last call into the fleet, and of the last wake. */
  lastUs: number
  wokenUs: number
  busy: boolean
}

export function createLiveDriver(clock: LiveClock): LiveDriver {
  const lanes: Lane[] = []
  let timer: NodeJS.Timeout | null = null
  let timerUs = Number.POSITIVE_INFINITY
  let immediate: NodeJS.Immediate | null = null
  let closed = false

  function pump(): void {
    timer = null
    timerUs = Number.POSITIVE_INFINITY
    immediate = null
    const nowUs = clock.nowUs()
    for (const lane of lanes) if (!lane.busy) advance(lane, nowUs)
    arm()
  }

  function arm(): void {
    if (closed || immediate !== null) return
    let nextUs = Number.POSITIVE_INFINITY
    for (const lane of lanes) nextUs = Math.min(nextUs, nextOf(lane))
    if (nextUs >= timerUs) return
    if (timer !== null) clearTimeout(timer)
    timer = null
    timerUs = Number.POSITIVE_INFINITY
    const waitMs = Math.floor(clock.wallMsUntil(nextUs) - spinMs)
    if (waitMs < 1) {
      immediate = setImmediate(pump)
    } else {
      // Longer than setTimeout can hold (2^31 − 1 ms): wake up in between and look again.
      timer = setTimeout(pump, Math.min(waitMs, 2 ** 31 - 1))
      timerUs = nextUs
    }
  }

  return {
    clock,
    add(fleet, listener, options) {
      const lane: Lane = {
        fleet,
        listener,
        autoscaler: options?.autoscaler ?? null,
        inputs: new EventHeap(),
        orders: [],
        out: [],
        lastUs: 0,
        wokenUs: -1,
        busy: false,
      }
      lanes.push(lane)
      arm()
      return {
        fleet,
        stamp: atUs => Math.max(atUs, lane.lastUs, lane.wokenUs + 1),
        accept(input, atUs) {
          const open = Number.isSafeInteger(atUs) && atUs >= lane.lastUs && atUs > lane.wokenUs
          assert(open, 'an input cannot lie before what was acted on: use stamp()')
          lane.inputs.push(atUs, input)
          if (!lane.busy) advance(lane, Math.min(atUs, clock.nowUs()))
          arm()
        },
      }
    },
    close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      if (immediate !== null) clearImmediate(immediate)
      timer = null
      immediate = null
    },
  }
}

function nextOf(lane: Lane): number {
  return Math.min(
    lane.fleet.nextUs(),
    lane.inputs.nextUs(),
    lane.autoscaler?.nextUs() ?? Number.POSITIVE_INFINITY,
  )
}

/** Does everything due up to untilUs, instant by instant; at one instant inputs, the autoscaler, the fleet (src/sim/driver.ts). */
function advance(lane: Lane, untilUs: number): void {
  const { fleet, inputs, autoscaler, orders, out } = lane
  lane.busy = true
  try {
    for (;;) {
      const nextUs = nextOf(lane)
      if (nextUs > untilUs) return
      const nowUs = Math.max(lane.lastUs, nextUs)
      lane.lastUs = nowUs
      if (inputs.nextUs() === nextUs) fleet.accept(nowUs, inputs.pop()!, out)
      else if (autoscaler !== null && autoscaler.nextUs() === nextUs) {
        autoscaler.wake(nowUs, orders)
        for (const order of orders) fleet.accept(nowUs, order, out)
        orders.length = 0
      } else {
        lane.wokenUs = nowUs
        fleet.wake(nowUs, out)
      }
      if (out.length === 0) continue
      lane.listener(out)
      out.length = 0
    }
  } finally {
    lane.busy = false
  }
}
