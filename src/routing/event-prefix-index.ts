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
import { countBits, knownBlocks, PromptSegments, segmentBlocks, segmentOfKey } from './prompt-segments.ts'

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

  /** What readSegment() read. */
  #mask = 0
  #end = 0

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
    for (let from = 0; from < hashes.length; ) {
      const segment = this.#readSegment(hashes, from)
      let holding = table.find(segment, column)
      if (holding === -1) holding = table.add(segment, column, 0)
      const before = unionOfTiers(table, holding)
      table.records[table.masksAt(holding) + tierNumbers[tier]]! |= this.#mask
      this.#held[column]! += countBits(unionOfTiers(table, holding) & ~before)
      table.changed(holding)
      from = this.#end
    }
  }

  #removed(column: number, hashes: readonly number[], tier: CacheTier): void {
    const table = this.#groupOf[column]?.table
    if (table === undefined) return
    for (let from = 0; from < hashes.length; from = this.#end) {
      const holding = table.find(this.#readSegment(hashes, from), column)
      if (holding === -1) continue
      const before = unionOfTiers(table, holding)
      table.records[table.masksAt(holding) + tierNumbers[tier]]! &= ~this.#mask
      const after = unionOfTiers(table, holding)
      this.#held[column]! -= countBits(before & ~after)
      if (after === 0) table.drop(holding)
      else table.changed(holding)
    }
  }

  /** Takes the hashes of one segment together, as far as they follow each other: their mask, and where they end. */
  #readSegment(hashes: readonly number[], from: number): number {
    const first = hashes[from]!
    assert(first > 0 && first <= Number.MAX_SAFE_INTEGER, 'hashes of cache events are block keys')
    const segment = segmentOfKey(first)
    const base = segment * segmentBlocks + 1
    let mask = 0
    let end = from
    for (; end < hashes.length; end++) {
      const bit = hashes[end]! - base
      if (bit < 0 || bit >= segmentBlocks) break
      mask |= 1 << bit
    }
    this.#mask = mask
    this.#end = end
    return segment
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

function unionOfTiers(table: HoldingTable, holding: number): number {
  const at = table.masksAt(holding)
  const { records } = table
  return records[at + deviceTier]! | records[at + hostTier]! | records[at + diskTier]!
}
