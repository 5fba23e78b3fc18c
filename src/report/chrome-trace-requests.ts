/**
 * Requests as events of a trace: one slice per visit to a replica, and within it the phases queued, prefill, decode,
 * preempted; between prefill and decode pools also handoff (waiting for room) and transfer (the cache moves).
 */
import type { EngineEvent } from '../engine/types.ts'
import type { FleetEvent, PoolSettings } from '../fleet/types.ts'
import { type RequestRecord, serviceTtftMs, tpotMs } from '../metrics/index.ts'
import {
  fleetProcess,
  mainTrack,
  replicaProcess,
  type TraceArgs,
  type TraceEvent,
} from './chrome-trace-event.ts'

type Phase = 'queued' | 'prefill' | 'decode' | 'preempted' | 'handoff' | 'transfer'

/** A request in flight; what is over is forgotten. */
interface Visit {
  /** −1 while it is nowhere. */
  replica: number
  phase: Phase
  /** Time of its last event: nothing of it comes before. */
  atUs: number
  firstRoutedUs: number
  /** Its first token was computed: what follows a preemption is decoding again. */
  answering: boolean
}

type EndedEvent = Extract<FleetEvent, { kind: 'ended' }>

export class RequestTracks {
  readonly #visits = new Map<number, Visit>()
  readonly #roleOf: (replica: number) => PoolSettings['role']

  constructor(roleOf: (replica: number) => PoolSettings['role']) {
    this.#roleOf = roleOf
  }

  routed(requestId: number, atUs: number, replica: number, out: TraceEvent[]): void {
    const visit = this.#visits.get(requestId)
    if (visit === undefined) {
      const first: Visit = { replica, phase: 'queued', atUs, firstRoutedUs: atUs, answering: false }
      this.#visits.set(requestId, first)
      this.#arrive(requestId, first, replica, atUs, out)
      return
    }
    if (visit.replica >= 0 && (visit.phase === 'handoff' || visit.phase === 'transfer')) {
      this.#change(requestId, visit, 'transfer', atUs, { to: replica }, out)
      return
    }
    this.#leave(requestId, visit, atUs, {}, out)
    this.#arrive(requestId, visit, replica, atUs, out)
  }

  /** The cache arrived at the decode replica. */
  transferred(event: Extract<FleetEvent, { kind: 'transferred' }>, out: TraceEvent[]): void {
    const { requestId, atUs, to, bytes } = event
    const visit = this.#visits.get(requestId)
    if (visit === undefined) return
    this.#leave(requestId, visit, atUs, { bytes }, out)
    this.#arrive(requestId, visit, to, atUs, out)
  }

  engine(replica: number, event: EngineEvent, out: TraceEvent[]): void {
    if (!('requestId' in event) || event.kind === 'blocks-stored') return
    const { requestId, atUs } = event
    const visit = this.#visits.get(requestId)
    if (visit === undefined || visit.replica !== replica) return
    switch (event.kind) {
      case 'scheduled': {
        const { cachedTokens, hostTokens } = event
        const decodes = visit.answering || this.#roleOf(replica) === 'decode'
        this.#change(
          requestId,
          visit,
          decodes ? 'decode' : 'prefill',
          atUs,
          { cachedTokens, hostTokens },
          out,
        )
        break
      }
      case 'first-token':
        visit.answering = true
        this.#change(requestId, visit, 'decode', atUs, {}, out)
        break
      case 'preempted':
        this.#change(requestId, visit, 'preempted', atUs, {}, out)
        break
      case 'prefilled':
        this.#change(requestId, visit, 'handoff', atUs, { cacheTokens: event.cacheTokens }, out)
        break
      case 'finished':
        // Other ends are told with more by `ended`; after a crash the request may go elsewhere.
        if (event.outcome === 'failed')
          this.#leave(requestId, visit, atUs, { outcome: 'failed', reason: event.reason }, out)
        break
    }
  }

  /** A replica lost or gave back what it held. */
  cleared(replica: number, atUs: number, out: TraceEvent[]): void {
    for (const [requestId, visit] of this.#visits)
      if (visit.replica === replica) this.#leave(requestId, visit, atUs, { lost: true }, out)
  }

  ended({ record }: EndedEvent, out: TraceEvent[]): void {
    const visit = this.#visits.get(record.id)
    this.#visits.delete(record.id)
    if (visit !== undefined) this.#leave(record.id, visit, record.endedUs, endArgs(record), out)
    const untilUs = visit?.firstRoutedUs ?? record.endedUs
    if (untilUs > record.sentUs) this.#waitedInFront(record, untilUs, out)
  }

  /** The run stops: what is under way stops with it. */
  finish(atUs: number, out: TraceEvent[]): void {
    for (const [requestId, visit] of this.#visits)
      this.#leave(requestId, visit, atUs, { unfinished: true }, out)
    this.#visits.clear()
  }

  #waitedInFront(record: RequestRecord, untilUs: number, out: TraceEvent[]): void {
    const common = {
      name: 'waiting in front',
      cat: 'request',
      id: `${record.id}`,
      pid: fleetProcess,
      tid: mainTrack,
    }
    out.push({ ph: 'b', ...common, ts: record.sentUs, args: { request: record.id } })
    out.push({ ph: 'e', ...common, ts: untilUs, args: {} })
  }

  #arrive(requestId: number, visit: Visit, replica: number, atUs: number, out: TraceEvent[]): void {
    visit.replica = replica
    visit.phase = 'queued'
    visit.atUs = Math.max(visit.atUs, atUs)
    this.#push('b', 'request', requestId, visit, { request: requestId }, out)
    this.#push('b', 'queued', requestId, visit, {}, out)
  }

  #change(
    requestId: number,
    visit: Visit,
    phase: Phase,
    atUs: number,
    args: TraceArgs,
    out: TraceEvent[],
  ): void {
    visit.atUs = Math.max(visit.atUs, atUs)
    this.#push('e', visit.phase, requestId, visit, {}, out)
    visit.phase = phase
    this.#push('b', phase, requestId, visit, args, out)
  }

  #leave(requestId: number, visit: Visit, atUs: number, args: TraceArgs, out: TraceEvent[]): void {
    if (visit.replica < 0) return
    visit.atUs = Math.max(visit.atUs, atUs)
    this.#push('e', visit.phase, requestId, visit, {}, out)
    this.#push('e', 'request', requestId, visit, args, out)
    visit.replica = -1
  }

  /** Ids name request and replica: some viewers draw equal ids on one track, whatever their process. */
  #push(
    ph: 'b' | 'e',
    name: string,
    requestId: number,
    visit: Visit,
    args: TraceArgs,
    out: TraceEvent[],
  ): void {
    const { replica, atUs } = visit
    const id = `${requestId}@${replica}`
    out.push({ ph, name, cat: 'request', id, pid: replicaProcess(replica), tid: mainTrack, ts: atUs, args })
  }
}

/** What became of it, in the end. */
function endArgs(record: RequestRecord): TraceArgs {
  const known = (name: string, value: number) => (Number.isFinite(value) ? { [name]: value } : {})
  const text = (name: string, value: string) => (value === '' ? {} : { [name]: value })
  return {
    outcome: record.outcome,
    ...text('reason', record.reason),
    inputTokens: record.inputTokens,
    cachedTokens: record.cachedTokens,
    outputTokens: record.outputTokens,
    ...known('ttftMs', serviceTtftMs(record)),
    ...known('tpotMs', tpotMs(record)),
    preemptions: record.preemptions,
    ...(record.session >= 0 ? { session: record.session, turn: record.turn } : {}),
    ...text('tenant', record.tenant),
    ...text('model', record.model),
  }
}
