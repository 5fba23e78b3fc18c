/** Keeps the first steps of one replica, and the lives of the requests that it served meanwhile. */
import type { FleetEvent } from '../../src/fleet/types.ts'
import type { RequestRecord } from '../../src/metrics/record.ts'
import type { WatchedRequest, WatchedStep } from './protocol.ts'

/** More nobody watches: at four steps a second, twenty minutes. */
const mostSteps = 5_000

export interface Watcher {
  readonly hear: (event: FleetEvent) => void
  readonly steps: WatchedStep[]
  readonly requests: WatchedRequest[]
}

export function watcher(replica: number): Watcher {
  const steps: WatchedStep[] = []
  const requests: WatchedRequest[] = []
  const preempted = new Map<number, number[]>()
  const hear = (event: FleetEvent) => {
    if (event.kind === 'engine' && event.replica === replica) {
      const inner = event.event
      if (inner.kind === 'steps' && steps.length < mostSteps) {
        const {
          startUs,
          atUs,
          decodeSequences,
          prefillTokens,
          outputTokens,
          joules,
          waiting,
          running,
          cacheUse,
        } = inner
        steps.push({
          startUs,
          endUs: atUs,
          decodeSequences,
          prefillTokens,
          outputTokens,
          joules,
          waiting,
          running,
          cacheUse,
        })
      } else if (inner.kind === 'preempted') {
        preempted.set(inner.requestId, [...(preempted.get(inner.requestId) ?? []), inner.atUs])
      }
      return
    }
    if (event.kind !== 'ended' || event.record.replica !== replica) return
    const last = steps.at(-1)
    if (steps.length >= mostSteps && last && event.record.startedUs > last.endUs) return
    requests.push(watched(event.record, preempted.get(event.record.id) ?? []))
    preempted.delete(event.record.id)
  }
  return { hear, steps, requests }
}

function watched(record: RequestRecord, preemptedUs: readonly number[]): WatchedRequest {
  const { id, inputTokens, cachedTokens, outputTokens, sentUs, startedUs, firstTokenUs, endedUs } = record
  return {
    id,
    inputTokens,
    cachedTokens,
    outputTokens,
    sentUs,
    startedUs,
    firstTokenUs,
    endedUs,
    preemptedUs,
  }
}
