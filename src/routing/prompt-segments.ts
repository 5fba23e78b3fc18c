/**
 * A prompt as a prefix index walks it: cache blocks taken together, up to 32 of those that end in the same content block.
 * One look-up then answers for all of them, so that a prompt of 100,000 tokens whose content is known in blocks of 512 costs
 * 196 look-ups, not 6,250.
 */
import { assert } from '../core/assert.ts'
import { subBlocksPerContentBlock } from '../workload/block-key.ts'
import type { TokenContent } from '../workload/request.ts'

/** Cache blocks in one segment: the bits of a mask. */
export const segmentBlocks = 32
const segmentsPerContentBlock = subBlocksPerContentBlock / segmentBlocks

/** The segment of a block's key (src/workload/block-key.ts). */
export function segmentOfKey(key: number): number {
  return Math.floor((key - 1) / segmentBlocks)
}

/** The block's bit in the mask of its segment. */
export function bitOfKey(key: number): number {
  return 1 << ((key - 1) % segmentBlocks)
}

/** The lowest `count` bits, 1 to 32. */
export function lowBits(count: number): number {
  return (-1 >>> (32 - count)) | 0
}

/** How many of the lowest bits are set without a gap. */
export function leadingBits(mask: number): number {
  return mask === -1 ? 32 : lowestBit(~mask)
}

/** Number of the lowest set bit of a mask that is not 0. */
export function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask)
}

/** How many bits are set (Hacker's Delight, 5-1). */
export function countBits(mask: number): number {
  let bits = mask - ((mask >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Whole cache blocks of the first `tokens` tokens whose content is known. */
export function knownBlocks(content: TokenContent, tokens: number, blockTokens: number): number {
  return Math.floor(Math.min(tokens, content.blockIds.length * content.tokensPerBlock) / blockTokens)
}

/** Walks along the segments of a prompt. Reused: start() it anew. */
export class PromptSegments {
  /** The present segment, and how many blocks of it the prompt has, from its first. */
  segment = -1
  blocks = 0
  #content: TokenContent | null = null
  #blockTokens = 1
  #end = 0
  #block = 0
  /** First block that ends behind the present content block, and the next segment in it. */
  #boundary = 0
  #nextSegment = 0

  /** Before the first of `blocks` cache blocks. */
  start(content: TokenContent, blockTokens: number, blocks: number): void {
    assert(
      content.tokensPerBlock <= subBlocksPerContentBlock * blockTokens,
      'no more than 4096 cache blocks end in one content block',
    )
    this.#content = content
    this.#blockTokens = blockTokens
    this.#end = blocks
    this.#block = 0
    this.#boundary = 0
  }

  /** Goes on; false when the prompt is over. */
  next(): boolean {
    const block = this.#block
    if (block >= this.#end) return false
    if (block >= this.#boundary) {
      const { tokensPerBlock, blockIds } = this.#content!
      const index = Math.floor(((block + 1) * this.#blockTokens - 1) / tokensPerBlock)
      this.#boundary = Math.min(this.#end, Math.floor(((index + 1) * tokensPerBlock) / this.#blockTokens))
      this.#nextSegment = blockIds[index]! * segmentsPerContentBlock
    }
    this.segment = this.#nextSegment++
    const blocks = Math.min(segmentBlocks, this.#boundary - block)
    this.blocks = blocks
    this.#block = block + blocks
    return true
  }
}
