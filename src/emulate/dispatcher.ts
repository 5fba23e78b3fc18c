/** From a fleet's events to the requests that wait for them. */
import type { EngineEvent } from '../engine/types.ts'
import type { Fleet, FleetEvent } from '../fleet/types.ts'
import type { RequestRecord } from '../metrics/record.ts'
import type { RejectReason } from '../routing/types.ts'
import { createEnergyShares, decodeJoules, type EnergyMark, promptJoules } from './energy-shares.ts'

/** Who waits for a request's events. Called while the fleet is busy: what it wants of the fleet waits for its turn. */
export interface GenerationObserver {
  /** Only then it is told of tokens as they come. */
  readonly streams: boolean
  /** It left the queue of an engine. */
  scheduled(): void
  /** Tokens handed over so far, and since when. */
  emitted(tokens: number, atUs: number): void
  ended(end: GenerationEnd): void
}

/** Everything known about a request when it is over; times in µs of the run, NaN for what did not happen. */
export interface GenerationEnd {
  readonly record: RequestRecord
  /** Sent to a replica. */
  readonly queuedUs: number
  /** Why the router refused it, and when to come again. */
  readonly rejection: { readonly reason: RejectReason; readonly retryAfterSeconds: number } | null
  /** Its share of the energy of the steps it took part in (src/emulate/energy-shares.ts). */
  readonly joules: number
}

export interface Dispatcher {
  /** To be called before the request is submitted. */
  track(requestId: number, inputTokens: number, observer: GenerationObserver): void
  onEvents(events: readonly FleetEvent[]): void
  /** Requests that are not over. */
  readonly tracked: number
}

interface Tracked {
  readonly id: number
  readonly inputTokens: number
  readonly observer: GenerationObserver
  replica: number
  /** Place in the list of its replica's streams; −1: not there. */
  place: number
  queuedUs: number
  cachedTokens: number
  told: number
  rejection: GenerationEnd['rejection']
  promptFrom: EnergyMark | null
  decodeFrom: EnergyMark | null
  joules: number
}

export function createDispatcher(fleet: Pick<Fleet, 'emittedTokens'>): Dispatcher {
  const requests = new Map<number, Tracked>()
  /** Streaming requests by replica. */
  const streams: Tracked[][] = []
  const energy = createEnergyShares()

  const leaveReplica = (tracked: Tracked): void => {
    if (tracked.decodeFrom !== null) {
      tracked.joules += decodeJoules(tracked.decodeFrom, energy.mark(tracked.replica))
      tracked.decodeFrom = null
    }
    if (tracked.place < 0) return
    const list = streams[tracked.replica]!
    const last = list.pop()!
    if (last !== tracked) {
      list[tracked.place] = last
      last.place = tracked.place
    }
    tracked.place = -1
  }

  const enterReplica = (tracked: Tracked, replica: number): void => {
    leaveReplica(tracked)
    tracked.replica = replica
    if (!tracked.observer.streams) return
    let list = streams[replica]
    if (list === undefined) {
      list = []
      streams[replica] = list
    }
    tracked.place = list.push(tracked) - 1
  }

  const tell = (tracked: Tracked, atUs: number): void => {
    const tokens = fleet.emittedTokens(tracked.id)
    if (tokens <= tracked.told) return
    tracked.told = tokens
    tracked.observer.emitted(tokens, atUs)
  }

  const onEngineEvent = (replica: number, event: EngineEvent): void => {
    switch (event.kind) {
      case 'steps': {
        const list = streams[replica]
        if (list === undefined) return
        for (let index = 0; index < list.length; index++) tell(list[index]!, event.atUs)
        return
      }
      case 'scheduled': {
        const tracked = requests.get(event.requestId)
        if (tracked === undefined) return
        if (tracked.promptFrom === null) {
          tracked.cachedTokens = event.cachedTokens
          tracked.promptFrom = energy.mark(replica)
        }
        if (tracked.replica !== replica) enterReplica(tracked, replica)
        tracked.observer.scheduled()
        return
      }
      case 'first-token':
      case 'prefilled':
        promptDone(replica, event.requestId)
        return
      default:
        return
    }
  }

  const promptDone = (replica: number, requestId: number): void => {
    const tracked = requests.get(requestId)
    if (tracked === undefined || tracked.promptFrom === null) return
    const mark = energy.mark(replica)
    tracked.joules += promptJoules(tracked.promptFrom, mark, tracked.inputTokens - tracked.cachedTokens)
    tracked.decodeFrom = mark
  }

  const onEvent = (event: FleetEvent): void => {
    switch (event.kind) {
      case 'engine':
        onEngineEvent(event.replica, event.event)
        return
      case 'routed': {
        const tracked = requests.get(event.requestId)
        if (tracked === undefined) return
        if (Number.isNaN(tracked.queuedUs)) tracked.queuedUs = event.atUs
        enterReplica(tracked, event.replica)
        return
      }
      case 'transferred': {
        const tracked = requests.get(event.requestId)
        if (tracked === undefined) return
        enterReplica(tracked, event.to)
        tracked.decodeFrom = energy.mark(event.to)
        return
      }
      case 'rejected': {
        const tracked = requests.get(event.requestId)
        if (tracked === undefined) return
        tracked.rejection = { reason: event.reason, retryAfterSeconds: event.retryAfterSeconds }
        return
      }
      case 'first-token': {
        const tracked = requests.get(event.requestId)
        if (tracked?.observer.streams === true) tell(tracked, event.atUs)
        return
      }
      case 'ended': {
        const tracked = requests.get(event.record.id)
        if (tracked === undefined) return
        requests.delete(event.record.id)
        leaveReplica(tracked)
        const { queuedUs, rejection, joules } = tracked
        tracked.observer.ended({ record: event.record, queuedUs, rejection, joules })
        return
      }
      case 'replica':
        return
    }
  }

  return {
    get tracked() {
      return requests.size
    },
    track(requestId, inputTokens, observer) {
      requests.set(requestId, {
        id: requestId,
        inputTokens,
        observer,
        replica: -1,
        place: -1,
        queuedUs: Number.NaN,
        cachedTokens: 0,
        told: 0,
        rejection: null,
        promptFrom: null,
        decodeFrom: null,
        joules: 0,
      })
    },
    onEvents(events) {
      // The energy of a step counts for those whose last one it was, and their ends are told before it.
      for (const event of events) {
        if (event.kind === 'engine' && event.event.kind === 'steps')
          energy.addSteps(event.replica, event.event)
      }
      for (const event of events) onEvent(event)
    },
  }
}
