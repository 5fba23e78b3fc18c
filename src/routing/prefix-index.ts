/** What a router knows of the candidates' prefix caches. Two kinds, one interface: estimated from what was routed, and told by events. */
import type { CacheEvent } from '../engine/types.ts'
import type { WorkloadRequest } from '../workload/request.ts'
import { EstimatedPrefixIndex, type EstimatedPrefixSettings } from './estimated-prefix-index.ts'
import { EventPrefixIndex, type EventPrefixSettings } from './event-prefix-index.ts'

/** Candidates are known here by their columns: small numbers the router gives them (candidate-columns.ts). */
export interface PrefixIndex {
  /**
   * Writes, for each column below `columns`, how many of the prompt's tokens the candidate holds from the start without a gap,
   * in one walk over the prompt that ends where no candidate holds on. Whole blocks, and never the last token: engines
   * compute at least one (vLLM V1, v1/core/kv_cache_manager.py, max_cache_hit_length).
   */
  match(nowUs: number, request: WorkloadRequest, columns: number, matches: PrefixMatches): void
  /** The request was sent there: its prompt will be cached. */
  routed(nowUs: number, request: WorkloadRequest, column: number): void
  /** It ended there: its answer is cached too, as far as its content is known. */
  served(nowUs: number, request: WorkloadRequest, column: number): void
  /** The engine reports its cache. */
  changed(column: number, event: CacheEvent): void
  /** How many tokens the candidate's cache can hold, where known. */
  resize(column: number, cacheTokens: number): void
  removed(column: number): void
  /** Tokens believed held. */
  heldTokens(column: number): number
  /**
   * How long what would make room for so many more tokens has been idle, µs; Infinity while there is room. Left out: nobody
   * knows in which order the cache forgets.
   */
  evictionAgeUs?(nowUs: number, column: number, tokens: number): number
}

/** By column; long enough for all columns. */
export interface PrefixMatches {
  cachedTokens: Float64Array
  /** The same, blocks on slower tiers counted by their weight: what they save of the prompt's computation. */
  creditTokens: Float64Array
}

/** JSON-able. */
export type PrefixIndexSpec =
  | ({ readonly kind: 'estimated' } & Partial<EstimatedPrefixSettings>)
  | ({ readonly kind: 'events'; readonly predictionSeconds?: number | null } & Partial<EventPrefixSettings>)

/**
 * What is assumed where a spec says nothing.
 *
 * blockTokens 16: vLLM's default block. capacityTokens 500,000: Gateway API inference extension, prefix/plugin.go (commit
 * 00913f9), DefaultLRUCapacityPerServer = 31,250 blocks of 16 for an 8B model on an H100. ttlSeconds none: capacity forgets
 * already (Dynamo 1.x forgets after 120 s instead: kv-router/src/config.rs, commit 870abbd). tierWeights and
 * predictionSeconds: Dynamo's defaults (kv-router scheduling/config.rs; llm/src/kv_router/indexer.rs
 * DEFAULT_PREDICTED_TTL_SECS).
 */
export const prefixIndexDefaults = {
  blockTokens: 16,
  capacityTokens: 500_000,
  ttlSeconds: null,
  tierWeights: { device: 1, host: 0.75, disk: 0.25 },
  predictionSeconds: 5,
} as const

export function createPrefixIndex(spec: PrefixIndexSpec): PrefixIndex {
  const { blockTokens, capacityTokens, ttlSeconds, tierWeights, predictionSeconds } = prefixIndexDefaults
  if (spec.kind === 'estimated') {
    return new EstimatedPrefixIndex({ blockTokens, capacityTokens, ttlSeconds, ...spec })
  }
  const told = new EventPrefixIndex({ blockTokens, tierWeights, ...spec })
  const seconds = spec.predictionSeconds === undefined ? predictionSeconds : spec.predictionSeconds
  if (seconds === null) return told
  const predicted = new EstimatedPrefixIndex({
    blockTokens: spec.blockTokens ?? blockTokens,
    capacityTokens,
    ttlSeconds: seconds,
  })
  return joinIndexes(told, predicted)
}

/**
 * Events tell of a prompt only when its blocks are computed; requests of one burst that begin alike would be scattered until
 * then. So what was just routed counts for some seconds, the larger of the two (Dynamo's predict-on-route).
 */
function joinIndexes(told: PrefixIndex, predicted: PrefixIndex): PrefixIndex {
  const other: PrefixMatches = { cachedTokens: new Float64Array(0), creditTokens: new Float64Array(0) }
  return {
    match(nowUs, request, columns, matches) {
      told.match(nowUs, request, columns, matches)
      if (other.cachedTokens.length < columns) {
        other.cachedTokens = new Float64Array(columns * 2)
        other.creditTokens = new Float64Array(columns * 2)
      }
      predicted.match(nowUs, request, columns, other)
      for (let column = 0; column < columns; column++) {
        const cached = other.cachedTokens[column]!
        if (cached > matches.cachedTokens[column]!) matches.cachedTokens[column] = cached
        if (cached > matches.creditTokens[column]!) matches.creditTokens[column] = cached
      }
    },
    routed: (nowUs, request, column) => predicted.routed(nowUs, request, column),
    served: () => {},
    changed(column, event) {
      told.changed(column, event)
      if (event.kind === 'blocks-cleared') predicted.removed(column)
    },
    resize: (column, cacheTokens) => predicted.resize(column, cacheTokens),
    removed(column) {
      told.removed(column)
      predicted.removed(column)
    },
    heldTokens: column => told.heldTokens(column),
  }
}
