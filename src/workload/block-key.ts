/**
 * One number for one block of an engine's KV cache, derived from the identity of the prompt's tokens: the language in which
 * engine caches, their events and routers speak of the same block, whatever the block size of the content is.
 */
import { assert } from '../core/assert.ts'
import type { TokenContent } from './request.ts'

/** Engine blocks that may end in one content block; part of the key's layout, so that id and sub-index share one number. */
export const subBlocksPerContentBlock = 4096

/**
 * Key of engine block `blockIndex` (blocks of `blockTokens` tokens, from 0) of this content: the id of the content block
 * that holds its last token × 4096, plus which engine block ending there it is, plus 1, so that no key is 0. Ids are chained, so equal keys mean equal tokens
 * from the start of the prompt to the end of the engine block. The reverse holds only as finely as content is known: two
 * prompts that part inside a content block share none of the engine blocks that end in it.
 *
 * Throws (assertion) when the content does not reach that far, when more than 4096 engine blocks end in one content
 * block, and when the id is too large for an exact number (ids below 2^41 are safe).
 */
export function blockKey(content: TokenContent, blockTokens: number, blockIndex: number): number {
  const contentIndex = contentIndexOfBlock(content.tokensPerBlock, blockTokens, blockIndex)
  assert(contentIndex < content.blockIds.length, 'block lies within the content')
  const sub = blockIndex - firstBlockEndingIn(content.tokensPerBlock, blockTokens, contentIndex)
  assert(sub < subBlocksPerContentBlock, 'no more than 4096 cache blocks end in one content block')
  const key = content.blockIds[contentIndex]! * subBlocksPerContentBlock + sub + 1
  assert(key <= Number.MAX_SAFE_INTEGER, 'block key is an exact number')
  return key
}

/** Index of the content block that holds the last token of engine block `blockIndex`. */
export function contentIndexOfBlock(contentTokens: number, blockTokens: number, blockIndex: number): number {
  return Math.floor(((blockIndex + 1) * blockTokens - 1) / contentTokens)
}

/** First engine block whose last token lies in content block `contentIndex` or after it. */
export function firstBlockEndingIn(contentTokens: number, blockTokens: number, contentIndex: number): number {
  return Math.ceil((contentIndex * contentTokens + 1) / blockTokens) - 1
}
