/**
 * When to ask a replica for its metrics, and what its silence means: a state machine without sockets. Ready replicas are asked every interval,
 * each at a moment of its own so that a hundred do not answer at once; those that fail are asked ever more seldom.
 */
import type { RandomStream } from '../../core/random.ts'
import type { ReplicaReading } from './replica-reading.ts'

export interface PollSettings {
  /** Between two readings of a replica that answers. 1 s: counts are corrected by what was sent since (docs/models/routing.md). */
  readonly intervalSeconds: number
  /** An answer that takes longer is none. 2 s: assumed; engines under load answer late, not never. */
  readonly timeoutSeconds: number
  /** Failures in a row after which a replica is not ready. 3: failureThreshold of Kubernetes' readiness probes (from memory). */
  readonly failures: number
  /** Answers in a row after which it is ready again. 1: their successThreshold (from memory). */
  readonly successes: number
  /** Longest wait between attempts at one that fails: assumed. */
  readonly mostSeconds: number
  /** A reading older than this says nothing; the router then goes by what it sent itself. Assumed: five intervals. */
  readonly staleSeconds: number
  /** Share of the interval by which moments vary, 0 to 1: so that replicas started together drift apart. Assumed. */
  readonly jitter: number
}

export const pollDefaults: PollSettings = {
  intervalSeconds: 1,
  timeoutSeconds: 2,
  failures: 3,
  successes: 1,
  mostSeconds: 15,
  staleSeconds: 5,
  jitter: 0.1,
}

export interface ReplicaPoll {
  /** When to ask next; Infinity while an answer is awaited. */
  nextUs(): number
  /** It is being asked now. */
  asked(): void
  /** reading: null for an answer without metrics, or none at all. Answers whether readiness changed. */
  answered(nowUs: number, reading: ReplicaReading | null): boolean
  /** False at first and after failures. */
  readonly ready: boolean
  /** The last reading, or null when there is none or it is stale. */
  reading(nowUs: number): ReplicaReading | null
  readonly failuresInARow: number
}

export function createReplicaPoll(
  startUs: number,
  random: RandomStream,
  settings: Partial<PollSettings> = {},
): ReplicaPoll {
  const { intervalSeconds, failures, successes, mostSeconds, staleSeconds, jitter } = {
    ...pollDefaults,
    ...settings,
  }
  // Spread over the first interval.
  let dueUs = startUs + Math.round(random.uniform() * intervalSeconds * 1e6)
  let failed = 0
  let succeeded = 0
  let ready = false
  let last: ReplicaReading | null = null
  let lastUs = Number.NEGATIVE_INFINITY

  return {
    nextUs: () => dueUs,
    asked() {
      dueUs = Number.POSITIVE_INFINITY
    },
    answered(nowUs, reading) {
      const before = ready
      if (reading === null) {
        failed++
        succeeded = 0
        if (failed >= failures) ready = false
      } else {
        failed = 0
        succeeded++
        if (succeeded >= successes) ready = true
        last = reading
        lastUs = nowUs
      }
      const backoff = failed < failures ? 1 : 2 ** Math.min(16, failed - failures + 1)
      const seconds = Math.min(mostSeconds, intervalSeconds * backoff)
      dueUs = nowUs + Math.round(seconds * (1 + jitter * (2 * random.uniform() - 1)) * 1e6)
      return ready !== before
    },
    get ready() {
      return ready
    },
    reading: nowUs => (nowUs - lastUs <= staleSeconds * 1e6 ? last : null),
    get failuresInARow() {
      return failed
    },
  }
}
