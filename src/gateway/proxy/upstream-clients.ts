/** One streaming client for each address and way of connecting; kept while the process lives, so connections are used again. */
import {
  createStreamingClient,
  type HttpTarget,
  type MonotonicClock,
  parseTarget,
  type StreamingClient,
} from '../../live/index.ts'
import type { Candidate } from '../dispatch/types.ts'
import { createTurnEnd } from './turn-end.ts'

export interface Upstream {
  readonly client: StreamingClient
  readonly target: HttpTarget
}

export interface UpstreamClients {
  of(candidate: Candidate): Upstream
  close(): void
}

/** Longer than any time-out between two tokens: those are the request's own (attempt.ts). A day. */
const noInactivityMs = 86_400_000

export function createUpstreamClients(clock: MonotonicClock): UpstreamClients {
  const byKey = new Map<string, Upstream>()
  const turnEnd = createTurnEnd(() => {})
  /** The same object as long as the configuration stays, so the way there is found once. */
  const byCandidate = new WeakMap<Candidate, Upstream>()
  return {
    of(candidate) {
      const known = byCandidate.get(candidate)
      if (known !== undefined) return known
      const { connectTimeoutMs, connections } = candidate.upstream
      const key = `${candidate.url} ${connectTimeoutMs} ${connections}`
      let upstream = byKey.get(key)
      if (upstream === undefined) {
        const target = parseTarget(candidate.url)
        const client = createStreamingClient(target, {
          nowUs: clock.nowUs,
          connectTimeoutMs,
          inactivityTimeoutMs: noInactivityMs,
          putOff: write => turnEnd.add(write),
          ...(connections === null ? {} : { maximumConnections: connections }),
        })
        upstream = { client, target }
        byKey.set(key, upstream)
      }
      byCandidate.set(candidate, upstream)
      return upstream
    },
    close() {
      for (const { client } of byKey.values()) client.close()
    },
  }
}
