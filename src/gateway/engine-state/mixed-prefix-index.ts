/**
 * A prefix index over candidates of which some tell what they hold and some do not, or not now: those who do are believed, for the
 * others it is estimated from what was routed. What was just routed counts for some seconds everywhere, until its events come.
 * Both kinds speak of the same content blocks, so that one prompt is looked up for all.
 */
import type { CacheEvent } from '../../engine/types.ts'
import { EstimatedPrefixIndex } from '../../routing/estimated-prefix-index.ts'
import { EventPrefixIndex, type EventPrefixSettings } from '../../routing/event-prefix-index.ts'
import { type PrefixIndex, type PrefixMatches, prefixIndexDefaults } from '../../routing/prefix-index.ts'
import { leastBlockTokens } from './event-translator.ts'

export interface MixedPrefixSettings extends EventPrefixSettings {
  /** Tokens a cache is believed to hold where the candidate does not say. */
  readonly capacityTokens: number
  /** So long what was routed counts beside events. */
  readonly predictionSeconds: number
}

const defaults: MixedPrefixSettings = { ...prefixIndexDefaults, blockTokens: leastBlockTokens }

export interface MixedPrefixIndex extends PrefixIndex {
  /**
   * Whether a column's events tell all it holds (ReplicaEvents.state is `live`). At first nobody's do. While they do not, the
   * larger of what was told and what is estimated counts: after a gap what was told is a subset.
   */
  setTold(column: number, isTold: boolean): void
}

export function createMixedPrefixIndex(settings: Partial<MixedPrefixSettings> = {}): MixedPrefixIndex {
  const { blockTokens, tierWeights, capacityTokens, predictionSeconds } = { ...defaults, ...settings }
  const told = new EventPrefixIndex({ blockTokens, tierWeights })
  const estimated = new EstimatedPrefixIndex({ blockTokens, capacityTokens, ttlSeconds: null })
  const predicted = new EstimatedPrefixIndex({ blockTokens, capacityTokens, ttlSeconds: predictionSeconds })
  const isTold: boolean[] = []
  let other: PrefixMatches = { cachedTokens: new Float64Array(0), creditTokens: new Float64Array(0) }

  function take(column: number, matches: PrefixMatches): void {
    const cached = other.cachedTokens[column]!
    if (cached > matches.cachedTokens[column]!) matches.cachedTokens[column] = cached
    if (cached > matches.creditTokens[column]!) matches.creditTokens[column] = cached
  }

  return {
    match(nowUs, request, columns, matches) {
      told.match(nowUs, request, columns, matches)
      if (other.cachedTokens.length < columns)
        other = { cachedTokens: new Float64Array(2 * columns), creditTokens: new Float64Array(2 * columns) }
      // Each index has only the columns it was told of: walking both costs little more than walking one.
      for (const [index, wanted] of [
        [estimated, false],
        [predicted, true],
      ] as const) {
        index.match(nowUs, request, columns, other)
        for (let column = 0; column < columns; column++)
          if ((isTold[column] ?? false) === wanted) take(column, matches)
      }
    },
    routed(nowUs, request, column) {
      const index = (isTold[column] ?? false) ? predicted : estimated
      index.routed(nowUs, request, column)
    },
    served(nowUs, request, column) {
      if (!(isTold[column] ?? false)) estimated.served(nowUs, request, column)
    },
    changed(column: number, event: CacheEvent) {
      told.changed(column, event)
      if (event.kind === 'blocks-cleared') predicted.removed(column)
    },
    resize(column, cacheTokens) {
      estimated.resize(column, cacheTokens)
      predicted.resize(column, cacheTokens)
    },
    removed(column) {
      told.removed(column)
      estimated.removed(column)
      predicted.removed(column)
      isTold[column] = false
    },
    heldTokens: column =>
      (isTold[column] ?? false)
        ? told.heldTokens(column)
        : Math.max(told.heldTokens(column), estimated.heldTokens(column)),
    // Engines tell what they dropped, not what they will drop next.
    evictionAgeUs: (nowUs, column, tokens) =>
      (isTold[column] ?? false) ? Number.POSITIVE_INFINITY : estimated.evictionAgeUs(nowUs, column, tokens),
    setTold(column, now) {
      if ((isTold[column] ?? false) === now) return
      isTold[column] = now
      // An estimate that stopped listening would be wrong by the time it is asked again.
      if (now) estimated.removed(column)
      else predicted.removed(column)
    },
  }
}
