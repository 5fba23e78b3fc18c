/** How the users of a closed loop begin, how long they pause, and what they do after a failure. */
import type { RandomStream } from '../core/random.ts'
import type { Distribution, DistributionSpec } from './distribution-spec.ts'
import { createDistribution } from './distributions.ts'
import { checkedFields, checkedKind, checkedNumber, plausibleSeconds } from './spec-checks.ts'

/** Seconds: a number, or a distribution. */
export type DurationSpec = number | DistributionSpec

export type StartSpec =
  /** All at once, as `--max-concurrency` of InferenceX's and vLLM's benchmarks does it. The default. */
  | { readonly kind: 'burst' }
  /** Evenly over these seconds, the first user at once. */
  | { readonly kind: 'ramp'; readonly seconds: number }
  /** Each at a random time within one request's expected duration. */
  | { readonly kind: 'stagger'; readonly requestSeconds: number }

/** What every closed loop may say about its users. */
export interface UserFields {
  /** Always so many, each with one request (or session) at a time. */
  readonly users: number
  readonly start?: StartSpec
  /**
   * Least pause after a request that was not served, so that a server that rejects at once does not stop the clock of a
   * simulation or melt under retries. 1 s when left out (assumed).
   */
  readonly failurePauseSeconds?: number
}

export const userFieldNames = ['users', 'start', 'failurePauseSeconds']

const defaultFailurePauseSeconds = 1

export interface Users {
  readonly count: number
  readonly failurePauseSeconds: number
  /** Seconds from the start until a user's first request. */
  startSeconds(user: number, stream: RandomStream): number
}

export function createUsers(spec: UserFields, where: string): Users {
  const count = checkedNumber(spec.users, `${where}.users`, 'the number of users', {
    minimum: 1,
    // More would not fit into memory: each has a place in the queue.
    maximum: 10_000_000,
    whole: true,
  })
  const failurePauseSeconds = checkedNumber(
    spec.failurePauseSeconds ?? defaultFailurePauseSeconds,
    `${where}.failurePauseSeconds`,
    'the pause after a failure in seconds',
    { minimum: 0, maximum: plausibleSeconds, above: true },
  )
  return { count, failurePauseSeconds, startSeconds: startTimes(spec.start, `${where}.start`, count) }
}

function startTimes(spec: StartSpec | undefined, where: string, count: number): Users['startSeconds'] {
  if (spec === undefined) return () => 0
  checkedKind(spec, where, 'start', ['burst', 'ramp', 'stagger'])
  switch (spec.kind) {
    case 'burst':
      checkedFields(spec, where, 'a burst start', ['kind'])
      return () => 0
    case 'ramp': {
      checkedFields(spec, where, 'a ramped start', ['kind', 'seconds'])
      const seconds = checkedNumber(spec.seconds, `${where}.seconds`, 'seconds of the ramp', {
        minimum: 0,
        maximum: plausibleSeconds,
      })
      return user => (user / count) * seconds
    }
    case 'stagger': {
      checkedFields(spec, where, 'a staggered start', ['kind', 'requestSeconds'])
      const seconds = checkedNumber(spec.requestSeconds, `${where}.requestSeconds`, 'seconds of a request', {
        minimum: 0,
        maximum: plausibleSeconds,
      })
      return (_user, stream) => stream.uniform() * seconds
    }
  }
}

/** Checks a duration and makes it ready to draw from, in seconds. */
export function createDuration(spec: DurationSpec | undefined, where: string, what: string): Distribution {
  const domain = { what: `${what} in seconds`, minimum: 0, maximum: plausibleSeconds, whole: false }
  return createDistribution(
    spec === undefined || typeof spec === 'number' ? { kind: 'constant', value: spec ?? 0 } : spec,
    where,
    domain,
  )
}
