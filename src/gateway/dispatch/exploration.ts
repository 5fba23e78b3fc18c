/**
 * When a request goes where nobody knows how long it takes. A policy that goes by predictions never sends anything to a candidate without
 * one while others have one, so that it would never have one; and what was learnt long ago need not be true any more.
 */
import type { RouterSpec } from '../../routing/index.ts'
import type { CandidateEntry } from './candidate-entry.ts'

/** Requests in a row that try one nobody knows; who is not known then tells nothing, and is tried seldom (assumed). */
const firstTries = 8
/** What was not seen for so long is tried again, 10 minutes (assumed): an API's speed has its hours. */
const staleUs = 600e6
/** Share of requests that may be spent on trying again (assumed). */
const share = 0.02
/** A cache this full (saturationDefaults of src/routing) or a queue says that it is no time for a try. */
const mostCacheUse = 0.8

export class Exploration {
  readonly #tries = new WeakMap<CandidateEntry, number>()
  #allowance = 0

  /** Position among those who may serve of one to try now; -1: none. Asked once a request. */
  pick(nowUs: number, kept: readonly CandidateEntry[]): number {
    this.#allowance = Math.min(1, this.#allowance + share)
    if (kept.length < 2) return -1
    let known = 0
    let unknown = -1
    let stale = -1
    for (let position = 0; position < kept.length; position++) {
      const entry = kept[position]!
      const { speed } = entry
      if (speed.isKnown) known++
      if (!isFree(entry)) continue
      if (!speed.isKnown && (this.#tries.get(entry) ?? 0) < firstTries) unknown = position
      else if (nowUs - speed.lastUs >= staleUs) stale = position
    }
    // Where nobody is known, load decides, and all become so.
    if (known === 0) return -1
    if (unknown !== -1) {
      this.#tries.set(kept[unknown]!, (this.#tries.get(kept[unknown]!) ?? 0) + 1)
      return unknown
    }
    if (stale === -1 || this.#allowance < 1) return -1
    this.#allowance = 0
    return stale
  }
}

/** One request at a time tries, and takes nobody's place. */
function isFree({ load }: CandidateEntry): boolean {
  const { ready, waiting, running, capacity, cacheUse } = load.state
  return load.inFlight === 0 && ready && waiting === 0 && running < capacity && cacheUse <= mostCacheUse
}

/** Whether the router goes by predictions. */
export function needsPredictions(router: RouterSpec): boolean {
  if (router.kind === 'cost') return true
  return router.kind === 'weighted' && (router.scorers ?? []).some(({ scorer }) => scorer === 'cost')
}
