/** Who stands where in a replica's batch at a moment: every request keeps its place from its start to its end. */
import type { WatchedReplica, WatchedRequest } from '../worker/protocol.ts'

export interface PlacedRequest extends WatchedRequest {
  /** Place in the batch, from 0; the lowest that was free when it began. */
  readonly place: number
}

export type Phase = 'prefill' | 'transfer' | 'decode'

export interface BatchMember {
  readonly request: PlacedRequest
  readonly phase: Phase
  /** Share of the phase that is over. */
  readonly progress: number
}

/** What a request does on a replica before it is parted, and after. */
export const phasesOf: Readonly<Record<WatchedReplica['role'], readonly [Phase, Phase]>> = {
  serve: ['prefill', 'decode'],
  prefill: ['prefill', 'transfer'],
  decode: ['transfer', 'decode'],
}

export function placed(requests: readonly WatchedRequest[]): PlacedRequest[] {
  const freeFrom: number[] = []
  return requests
    .filter(({ startedUs, endedUs }) => Number.isFinite(startedUs) && Number.isFinite(endedUs))
    .toSorted((a, b) => a.startedUs - b.startedUs || a.id - b.id)
    .map(request => {
      const free = freeFrom.findIndex(untilUs => untilUs <= request.startedUs)
      const place = free < 0 ? freeFrom.length : free
      freeFrom[place] = request.endedUs
      return { ...request, place }
    })
}

/** The batch at a moment, by place. */
export function batchAt(
  requests: readonly PlacedRequest[],
  atUs: number,
  [before, after]: readonly [Phase, Phase] = phasesOf.serve,
): BatchMember[] {
  return requests
    .filter(({ startedUs, endedUs }) => startedUs <= atUs && atUs < endedUs)
    .map(request => {
      const { startedUs, partedUs, endedUs } = request
      const parted = Number.isFinite(partedUs) && partedUs <= atUs
      const [from, to] = parted
        ? [partedUs, endedUs]
        : [startedUs, Number.isFinite(partedUs) ? partedUs : endedUs]
      const phase = parted ? after : before
      return { request, phase, progress: to > from ? (atUs - from) / (to - from) : 1 }
    })
}

/** Sent, and not yet in the batch. */
export function waitingAt(requests: readonly PlacedRequest[], atUs: number): number {
  return requests.filter(({ sentUs, startedUs }) => sentUs <= atUs && atUs < startedUs).length
}

/** Preempted during a step. */
export function preemptedIn(
  requests: readonly PlacedRequest[],
  startUs: number,
  endUs: number,
): PlacedRequest[] {
  return requests.filter(({ preemptedUs }) => preemptedUs.some(atUs => startUs <= atUs && atUs <= endUs))
}
