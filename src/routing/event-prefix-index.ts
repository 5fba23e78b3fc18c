/**
 * A prefix index told by the engines: blocks stored, removed, cleared, per tier. It holds what the engine holds, late by the
 * time an event travels.
 *
 * Hashes are keys of src/workload/block-key.ts; in front of real servers the gateway translates an engine's own hashes into
 * them, since those differ by engine, version and seed. Engines with different block sizes may stand side by side: each
 * candidate belongs to the size its events name.
 *
 * An instance with several attention-data-parallel ranks has a cache per rank, and its events do not say which: a block counts
 * as held once any rank stored it, and as gone once any rank dropped it.
 */
import { assert } from '../core/assert.ts'
import type { CacheEvent, CacheTier } from '../engine/types.ts'
import type { WorkloadRequest } from '../workload/request.ts'
import { HoldingTable } from './holding-table.ts'
import { deviceTier, diskTier, hostTier, PrefixWalk, type WalkResult } from './longest-match.ts'
import type { PrefixIndex, PrefixMatches } from './prefix-index.ts'
import { bitOfKey, knownBlocks, PromptSegments, segmentOfKey } from './prompt-segments.ts'

export interface EventPrefixSettings {
  /** Tokens per block of engines whose events do not say. */
  readonly blockTokens: number
  /** What a block on a tier saves of its computation, 0 to 1: fetching takes time too. */
  readonly tierWeights: Readonly<Record<CacheTier, number>>
}

/** Candidates with blocks of one size. */
interface SizeGroup {
  readonly blockTokens: number
  readonly table: HoldingTable
}

const tierNumbers: Readonly<Record<CacheTier, number>> = {
  device: deviceTier,
  host: hostTier,
  disk: diskTier,
}

export class EventPrefixIndex implements PrefixIndex {
  readonly #settings: EventPrefixSettings
  readonly #walk: PrefixWalk
  readonly #result: WalkResult = { blocks: new Float64Array(0), difference: new Float64Array(0) }
  readonly #groups: SizeGroup[] = []
  /** By column: its group, and blocks held on any tier. */
  readonly #groupOf: (SizeGroup | undefined)[] = []
  readonly #held: number[] = []
  readonly #segments = new PromptSegments()

  constructor(settings: EventPrefixSettings) {
    this.#settings = settings
    const { device, host, disk } = settings.tierWeights
    this.#walk = new PrefixWalk(new Float64Array([device, host, disk]))
  }

  match(_nowUs: number, request: WorkloadRequest, columns: number, matches: PrefixMatches): void {
    const { cachedTokens, creditTokens } = matches
    cachedTokens.fill(0, 0, columns)
    creditTokens.fill(0, 0, columns)
    const { content, inputTokens } = request
    if (content === null) return
    this.#result.blocks = cachedTokens
    this.#result.difference = creditTokens
    for (const { blockTokens, table } of this.#groups) {
      if (table.size === 0) continue
      this.#segments.start(content, blockTokens, knownBlocks(content, inputTokens - 1, blockTokens))
      this.#walk.follow(table, this.#segments, this.#result)
    }
    const deviceWeight = this.#settings.tierWeights.device
    for (let column = 0; column < columns; column++) {
      const blocks = cachedTokens[column]!
      if (blocks === 0) continue
      const { blockTokens } = this.#groupOf[column]!
      cachedTokens[column] = blocks * blockTokens
      creditTokens[column] = (blocks * deviceWeight + creditTokens[column]!) * blockTokens
    }
  }

  routed(): void {
    // Only events count: what was routed may fail, or be evicted before it is computed.
  }

  served(): void {}

  changed(column: number, event: CacheEvent): void {
    if (event.kind === 'blocks-stored') {
      this.#stored(column, event.hashes, event.tier, event.blockTokens ?? this.#settings.blockTokens)
    } else if (event.kind === 'blocks-removed') this.#removed(column, event.hashes, event.tier)
    else this.removed(column)
  }

  resize(): void {
    // The engine says itself what it forgets.
  }

  removed(column: number): void {
    this.#groupOf[column]?.table.dropColumn(column)
    this.#groupOf[column] = undefined
    this.#held[column] = 0
  }

  heldTokens(column: number): number {
    return (this.#held[column] ?? 0) * (this.#groupOf[column]?.blockTokens ?? 0)
  }

  #stored(column: number, hashes: readonly number[], tier: CacheTier, blockTokens: number): void {
    const { table } = this.#join(column, blockTokens)
    let segment = -1
    let holding = -1
    for (const hash of hashes) {
      assert(hash > 0 && hash <= Number.MAX_SAFE_INTEGER, 'hashes of cache events are block keys')
      const next = segmentOfKey(hash)
      if (next !== segment) {
        settle(table, holding)
        segment = next
        holding = table.find(segment, column)
        if (holding === -1) holding = table.add(segment, column, 0)
      }
      const bit = bitOfKey(hash)
      if ((unionOfTiers(table, holding) & bit) === 0) this.#held[column]!++
      table.records[table.masksAt(holding) + tierNumbers[tier]]! |= bit
    }
    settle(table, holding)
  }

  #removed(column: number, hashes: readonly number[], tier: CacheTier): void {
    const table = this.#groupOf[column]?.table
    if (table === undefined) return
    let segment = -1
    let holding = -1
    for (const hash of hashes) {
      const next = segmentOfKey(hash)
      if (next !== segment) {
        settle(table, holding)
        segment = next
        holding = table.find(segment, column)
      }
      if (holding === -1) continue
      const bit = bitOfKey(hash)
      const held = unionOfTiers(table, holding) & bit
      table.records[table.masksAt(holding) + tierNumbers[tier]]! &= ~bit
      if (held !== 0 && (unionOfTiers(table, holding) & bit) === 0) this.#held[column]!--
    }
    settle(table, holding)
  }

  /** The group of that size; what was known in blocks of another size is worthless now. */
  #join(column: number, blockTokens: number): SizeGroup {
    const present = this.#groupOf[column]
    if (present?.blockTokens === blockTokens) return present
    this.removed(column)
    let group = this.#groups.find(known => known.blockTokens === blockTokens)
    if (group === undefined) {
      group = { blockTokens, table: new HoldingTable(3) }
      this.#groups.push(group)
    }
    this.#groupOf[column] = group
    return group
  }
}

/** A holding was written: it goes when nothing is left of it. */
function settle(table: HoldingTable, holding: number): void {
  if (holding === -1) return
  if (unionOfTiers(table, holding) === 0) table.drop(holding)
  else table.changed(holding)
}

function unionOfTiers(table: HoldingTable, holding: number): number {
  const at = table.masksAt(holding)
  const { records } = table
  return records[at + deviceTier]! | records[at + hostTier]! | records[at + diskTier]!
}
