/** The walk both kinds of prefix index share. */
import type { HoldingTable } from './holding-table.ts'
import { countBits, leadingBits, lowBits, lowestBit, type PromptSegments } from './prompt-segments.ts'
import { longer } from './typed-arrays.ts'

/** Cache tiers as holdings number them. */
export const deviceTier = 0
export const hostTier = 1
export const diskTier = 2

/** By column. */
export interface WalkResult {
  /** Blocks held from the start of the prompt without a gap. */
  blocks: Float64Array<ArrayBufferLike>
  /** What their weights, each by its nearest tier, sum to beyond that of as many blocks on the device: 0 or less as a rule. */
  difference: Float64Array<ArrayBufferLike>
}

/** Follows prompts along what candidates hold. Keeps its scratch. */
export class PrefixWalk {
  /** Candidates that hold all of the prompt so far, and those that hold the present segment too: bit sets. */
  #alive = new Int32Array(1)
  #next = new Int32Array(1)
  readonly #weights: Float64Array

  constructor(tierWeights: Float64Array) {
    this.#weights = tierWeights
  }

  /**
   * One look-up a segment, a few bit operations on its sets, and a closer look at those who hold some of it; ends where
   * nobody holds on. `result` must be zero before, and long enough for all columns of the table.
   */
  follow(table: HoldingTable, segments: PromptSegments, result: WalkResult): void {
    const { words, slots } = table
    if (this.#alive.length < words) {
      this.#alive = longer(this.#alive, new Int32Array(words))
      this.#next = longer(this.#next, new Int32Array(words))
    }
    const alive = this.#alive.fill(-1, 0, words)
    const next = this.#next
    let blocks = 0
    while (segments.next()) {
      const at = table.slotAt(segments.segment)
      if (at === -1) break
      const wanted = segments.blocks
      const isWide = wanted <= slots[at]!
      let anyAlive = 0
      for (let word = 0; word < words; word++) {
        const before = alive[word]!
        const full = slots[at + 1 + word]!
        const partial = slots[at + 1 + words + word]!
        next[word] = isWide ? before & full : 0
        const closer = before & (isWide ? partial : partial | full)
        if (closer !== 0) this.#lookCloser(table, segments, word, closer, blocks, result)
        const gone = before & ~next[word]!
        if (gone !== 0 && blocks > 0) leave(gone, word, blocks, result.blocks)
        alive[word] = next[word]!
        anyAlive |= next[word]!
      }
      if (anyAlive === 0) return
      blocks += wanted
    }
    for (let word = 0; word < words; word++) {
      if (alive[word] !== 0 && blocks > 0) leave(alive[word]!, word, blocks, result.blocks)
    }
  }

  /** Those who hold some of the segment: how much, from its start? */
  #lookCloser(
    table: HoldingTable,
    segments: PromptSegments,
    word: number,
    candidates: number,
    blocks: number,
    result: WalkResult,
  ): void {
    const { records, tiers } = table
    const wanted = segments.blocks
    for (let bits = candidates; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      const column = 32 * word + lowestBit(bits)
      const at = table.masksAt(table.find(segments.segment, column))
      const slower = tiers === 1 ? 0 : records[at + hostTier]! | records[at + diskTier]!
      const held = Math.min(wanted, leadingBits(records[at]! | slower))
      if (held === 0) continue
      if (slower !== 0) result.difference[column]! += this.#tierDifference(records, at, held)
      if (held === wanted) this.#next[word]! |= bit
      else result.blocks[column] = blocks + held
    }
  }

  #tierDifference(records: Int32Array, at: number, held: number): number {
    const wanted = lowBits(held)
    const device = records[at + deviceTier]! & wanted
    const host = records[at + hostTier]! & wanted & ~device
    const disk = records[at + diskTier]! & wanted & ~device & ~host
    const weights = this.#weights
    const weighted =
      countBits(device) * weights[deviceTier]! +
      countBits(host) * weights[hostTier]! +
      countBits(disk) * weights[diskTier]!
    return weighted - held * weights[deviceTier]!
  }
}

/** They held so many blocks, unless they were seen to hold more. */
function leave(candidates: number, word: number, blocks: number, result: Float64Array): void {
  for (let bits = candidates; bits !== 0; bits &= bits - 1) {
    const column = 32 * word + lowestBit(bits)
    if (result[column] === 0) result[column] = blocks
  }
}
