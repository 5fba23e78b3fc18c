/** Identity of prompt and answer by chained block hashes: what makes the engine's prefix cache find real repetitions. */
import type { TokenContent } from '../workload/request.ts'

/** Tokens of one block: vLLM's default block size on GPUs (CacheConfig.block_size). */
export const contentBlockTokens = 16

export interface ContentIndex {
  /** Reads a prompt once; its answer may follow when it is known. */
  prefixOf(prompt: readonly number[]): PromptPrefix
}

export interface PromptPrefix {
  /** 32 bits that depend on every token: seeds the answer. */
  readonly hash: number
  /** Blocks of the prompt and an answer behind it. */
  contentWith(answer: readonly number[]): TokenContent
}

/**
 * Blocks remembered before the oldest are forgotten, twice this number at most: 64 million tokens. Assumed to be more
 * than a fleet's caches hold; a Map cannot hold more than 2^24 entries.
 */
const generationBlocks = 2_000_000

/**
 * Names blocks by whole numbers from 0, in the order in which they are first seen: the engine wants ids below 2^40. A block
 * is known by 53 bits of two chained 32-bit hashes over all tokens up to its end, so equal ids mean equal prefixes but for
 * a chance of about n²/2^54 among n different blocks (10^-6 for 100,000). A block that was not seen while
 * `generationBlocks` others were gets a new id when it comes back.
 */
export function createContentIndex(): ContentIndex {
  let recent = new Map<number, number>()
  let older = new Map<number, number>()
  let nextId = 0

  const idOf = (hash: number): number => {
    const known = recent.get(hash)
    if (known !== undefined) return known
    const id = older.get(hash) ?? nextId++
    if (recent.size >= generationBlocks) {
      older = recent
      recent = new Map()
    }
    recent.set(hash, id)
    return id
  }

  return {
    prefixOf(prompt) {
      const chain = newChain()
      const promptBlocks: number[] = []
      appendBlocks(chain, prompt, promptBlocks, idOf)
      return {
        hash: (chain.a ^ chain.b) >>> 0,
        contentWith(answer) {
          const rest = { ...chain }
          const blockIds = [...promptBlocks]
          appendBlocks(rest, answer, blockIds, idOf)
          if (rest.inBlock > 0) blockIds.push(idOf(hashOf(rest)))
          return { tokensPerBlock: contentBlockTokens, blockIds: Float64Array.from(blockIds) }
        },
      }
    },
  }
}

/** State of the two hashes, and tokens since the last whole block. */
interface Chain {
  a: number
  b: number
  inBlock: number
}

function newChain(): Chain {
  return { a: 0x9e3779b9, b: 0x85ebca6b, inBlock: 0 }
}

/** 21 bits of one and 32 of the other. */
function hashOf(chain: Chain): number {
  return (chain.b >>> 11) * 4294967296 + (chain.a >>> 0)
}

/** Reads tokens into the chain; the ids of blocks that become whole are appended. */
function appendBlocks(
  chain: Chain,
  tokens: readonly number[],
  blockIds: number[],
  idOf: (hash: number) => number,
): void {
  let { a, b, inBlock } = chain
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!
    const low = token | 0
    const high = (token / 4294967296) | 0
    // Multipliers of FNV, MurmurHash3 and xxHash: odd numbers that spread bits.
    a = Math.imul(a ^ low, 0x01000193) + high
    a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d)
    b = Math.imul(b ^ (b >>> 13) ^ low, 0xc2b2ae35) ^ Math.imul(high + 0x165667b1, 0x27d4eb2f)
    if (++inBlock < contentBlockTokens) continue
    inBlock = 0
    chain.a = a
    chain.b = b
    blockIds.push(idOf(hashOf(chain)))
  }
  chain.a = a
  chain.b = b
  chain.inBlock = inBlock
}
