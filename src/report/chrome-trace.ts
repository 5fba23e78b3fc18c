/**
 * A run as a trace for ui.perfetto.dev and chrome://tracing: one process per replica with its engine's steps, what it holds
 * and the requests that visit it; the fleet is a process of its own. Memory: what is in flight, and a little per replica.
 */
import { present } from '../core/assert.ts'
import type { Fault, FleetEvent, PoolSettings, ReplicaLifecycle } from '../fleet/types.ts'
import type { TimedFault } from '../sim/faults.ts'
import {
  fleetProcess,
  mainTrack,
  processName,
  replicaProcess,
  type TraceArgs,
  type TraceEvent,
} from './chrome-trace-event.ts'
import { RequestTracks } from './chrome-trace-requests.ts'
import { StepTracks } from './chrome-trace-steps.ts'

export interface ChromeTraceOptions {
  /** As the fleet begins: replicas are numbered pool by pool. */
  readonly pools: readonly Pick<PoolSettings, 'name' | 'role' | 'replicas'>[]
  /** No event tells of faults other than crashes: those that happen within the run are marked. */
  readonly faults?: readonly TimedFault[]
}

/** Turns a fleet's events into a trace's, in order. Each call pushes what can be said by then. */
export interface ChromeTrace {
  /** Names of what the fleet begins with; call it first. */
  begin(out: TraceEvent[]): void
  observe(event: FleetEvent, out: TraceEvent[]): void
  /** Ends what is under way; call it last. */
  finish(out: TraceEvent[]): void
}

/** A pure encoder: no files, no clock. */
export function chromeTrace({ pools, faults = [] }: ChromeTraceOptions): ChromeTrace {
  /** Pools and tracks by replica. */
  const poolOf: string[] = pools.flatMap(({ name, replicas }) => new Array<string>(replicas).fill(name))
  const steps: StepTracks[] = poolOf.map((_, replica) => new StepTracks(replicaProcess(replica)))
  const requests = new RequestTracks(
    replica =>
      present(
        pools.find(({ name }) => name === poolOf[replica]),
        'a pool of the fleet',
      ).role,
  )
  const coming = faults.toSorted((a, b) => a.atUs - b.atUs)
  let nextFault = 0
  let lastUs = 0

  const nameReplica = (replica: number, out: TraceEvent[]) => {
    out.push(...processName(replicaProcess(replica), `${poolOf[replica]} / replica ${replica}`))
  }
  const tellTime = (atUs: number, out: TraceEvent[]) => {
    if (!(atUs > lastUs)) return
    lastUs = atUs
    for (; nextFault < coming.length && coming[nextFault]!.atUs <= atUs; nextFault++)
      markFault(coming[nextFault]!, poolOf.length, out)
  }
  const changeLife = (event: Extract<FleetEvent, { kind: 'replica' }>, out: TraceEvent[]) => {
    const { replica, pool, atUs, state } = event
    if (replica === poolOf.length) {
      poolOf.push(pool)
      steps.push(new StepTracks(replicaProcess(replica)))
      nameReplica(replica, out)
    }
    out.push(instant(lifeNames[state], 'life', replicaProcess(replica), atUs, {}))
    if (state !== 'down' && state !== 'gone') return
    requests.cleared(replica, atUs, out)
    steps[replica]!.count(atUs, 0, 0, 0, out)
  }

  return {
    begin(out) {
      out.push(...processName(fleetProcess, 'fleet'))
      for (const replica of poolOf.keys()) nameReplica(replica, out)
    },
    observe(event, out) {
      switch (event.kind) {
        case 'engine': {
          const { replica, event: inner } = event
          tellTime(inner.atUs, out)
          if (inner.kind === 'steps') steps[replica]!.add(inner, out)
          else requests.engine(replica, inner, out)
          break
        }
        case 'routed':
          tellTime(event.atUs, out)
          requests.routed(event.requestId, event.atUs, event.replica, out)
          break
        case 'rejected': {
          tellTime(event.atUs, out)
          const { requestId: request, atUs, reason, retryAfterSeconds } = event
          out.push(instant('rejected', 'request', fleetProcess, atUs, { request, reason, retryAfterSeconds }))
          break
        }
        case 'transferred':
          tellTime(event.atUs, out)
          requests.transferred(event, out)
          break
        case 'replica':
          tellTime(event.atUs, out)
          changeLife(event, out)
          break
        case 'ended':
          tellTime(event.record.endedUs, out)
          requests.ended(event, out)
          break
        case 'first-token':
          // In the request's end as ttftMs: with steps taken together it is told late.
          break
      }
    },
    finish: out => requests.finish(lastUs, out),
  }
}

const lifeNames: Readonly<Record<ReplicaLifecycle, string>> = {
  starting: 'starting',
  ready: 'ready',
  draining: 'draining',
  down: 'down (crashed)',
  gone: 'gone',
}

/** Faults of replicas that were not there do nothing. */
function markFault({ atUs, fault }: TimedFault, replicas: number, out: TraceEvent[]): void {
  if (fault.replica >= replicas) return
  out.push(
    instant(
      `fault: ${faultNames[fault.kind]}`,
      'fault',
      replicaProcess(fault.replica),
      atUs,
      faultArgs(fault),
    ),
  )
}

const faultNames: Readonly<Record<Fault['kind'], string>> = {
  crash: 'crash',
  slow: 'slow',
  stall: 'stall',
  link: 'link down',
}

function faultArgs(fault: Fault): TraceArgs {
  switch (fault.kind) {
    case 'crash':
      return { downSeconds: fault.downSeconds }
    case 'slow':
      return { seconds: fault.seconds, factor: fault.factor }
    case 'stall':
    case 'link':
      return { seconds: fault.seconds }
  }
}

function instant(name: string, cat: string, pid: number, ts: number, args: TraceArgs): TraceEvent {
  return { ph: 'i', s: 'p', name, cat, pid, tid: mainTrack, ts, args }
}
