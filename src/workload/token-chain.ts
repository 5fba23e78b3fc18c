/** Identities of the tokens of a growing text, block by block: what a cache can find again. */
import type { TokenContent } from './request.ts'
import type { RunNumbers } from './request-emitter.ts'

/** A text of which only block identities are known. It only grows; what was given out stays as it was. */
export interface TokenChain {
  /** The content of its first so many tokens, made on demand. The last block may be partly filled. */
  content(tokens: number): TokenContent
}

/**
 * A new text that begins with the first blocks of another one (shared), then goes its own way: its further blocks get
 * numbers that no other text of the run has. Contents are views of one growing list, so a long conversation is not copied
 * at every turn.
 */
export function createTokenChain(
  numbers: RunNumbers,
  tokensPerBlock: number,
  shared: ArrayLike<number> = [],
): TokenChain {
  let ids = new Float64Array(shared)
  let filled = ids.length
  let extended = false
  return {
    content(tokens) {
      const count = Math.ceil(tokens / tokensPerBlock)
      if (count > ids.length) {
        // Most texts are extended once: exactly then, in doubling steps if it happens again.
        const grown = new Float64Array(extended ? Math.max(count, 2 * ids.length) : count)
        extended = true
        grown.set(ids.subarray(0, filled))
        ids = grown
      }
      const first = numbers.blocks - filled
      for (let index = filled; index < count; index++) ids[index] = first + index
      if (count > filled) {
        numbers.blocks += count - filled
        filled = count
      }
      return { tokensPerBlock, blockIds: ids.subarray(0, count) }
    },
  }
}

/** The content of a text that is not continued: the shared blocks, then blocks of its own. */
export function singleContent(
  numbers: RunNumbers,
  tokensPerBlock: number,
  shared: ArrayLike<number>,
  tokens: number,
): TokenContent {
  const count = Math.ceil(tokens / tokensPerBlock)
  const blockIds = new Float64Array(count)
  blockIds.set(shared)
  const first = numbers.blocks - shared.length
  for (let index = shared.length; index < count; index++) blockIds[index] = first + index
  numbers.blocks += count - shared.length
  return { tokensPerBlock, blockIds }
}
