/**
 * Our own name for "these tokens from the start of the prompt": a rolling 64-bit state, and block ids cut from it. Engines' hashes
 * differ by engine, version, algorithm and seed, so they are never computed here; events carry token ids, and both events
 * and prompts are hashed by this one rule. It works token by token, so that it does not depend on anybody's block size.
 *
 * Not cryptographic: who builds two prompts with one hash misleads a router about a cache hit, nothing else; the engine
 * compares by its own hash. Two prompts meet by chance in one of 2^41 ids: an index of 3 million blocks is wrong about a block
 * that nobody holds once in 700,000 questions, and then by one block.
 */
import { mix32 } from '../../core/random.ts'
import { subBlocksPerContentBlock } from '../../workload/block-key.ts'

/** Two lanes of 32 bits. Mutable: absorbing is the inner loop. */
export interface PrefixState {
  a: number
  b: number
}

/** No tokens yet. The values only have to differ from 0 (fractional parts of √2 and √3, as in SHA-512's list). */
export function emptyPrefix(): PrefixState {
  return { a: 0x6a09e667 | 0, b: 0xbb67ae85 | 0 }
}

/** Multipliers of xxHash32 (PRIME32_1, PRIME32_2: Cyan4973/xxHash, doc/xxhash_spec.md; from memory): odd, well mixed bits. */
const primeA = 0x9e3779b1
const primeB = 0x85ebca77

/** Goes on by words[from … to): token ids, or four bytes of text each. */
export function absorb(state: PrefixState, words: ArrayLike<number>, from: number, to: number): void {
  let { a, b } = state
  for (let index = from; index < to; index++) {
    const word = words[index]!
    a = Math.imul(a ^ word, primeA)
    a ^= a >>> 15
    b = Math.imul(b + word, primeB)
    b ^= b >>> 13
  }
  state.a = a
  state.b = b
}

/** Goes on by a word that stands beside the tokens: name of an adapter, cache salt, hash of an image. */
export function absorbText(state: PrefixState, text: string): void {
  const words = new Int32Array(text.length + 2)
  // No token is negative: text cannot be taken for tokens.
  words[0] = -1
  for (let index = 0; index < text.length; index++) words[index + 1] = text.charCodeAt(index)
  words[text.length + 1] = -2
  absorb(state, words, 0, words.length)
}

/** What prompts begin with that look alike and share no cache: an adapter (LoRA) and a cache salt. */
export interface PrefixScope {
  readonly loraName: string | null
  readonly cacheSalt: string | null
}

export const commonScope: PrefixScope = { loraName: null, cacheSalt: null }

/** The state before the first token. */
export function scopedPrefix(scope: PrefixScope): PrefixState {
  const state = emptyPrefix()
  if (scope.loraName !== null) absorbText(state, scope.loraName)
  if (scope.cacheSalt !== null) absorbText(state, scope.cacheSalt)
  return state
}

/** Id of the content that ends here, below 2^41: what src/workload/block-key.ts makes exact keys of. */
export function prefixId(a: number, b: number): number {
  const high = mix32(a ^ Math.imul(b, primeA))
  const low = mix32(b + Math.imul(a, primeB))
  return high * 512 + (low >>> 23)
}

/** Key of a cache block that ends here and is the only one to end in its content block. */
export function prefixKey(a: number, b: number): number {
  return prefixId(a, b) * subBlocksPerContentBlock + 1
}

/** Ids of the whole blocks of `blockWords` words among words[0 … count), appended to `ids`; the state ends behind the last word. */
export function absorbBlocks(
  state: PrefixState,
  words: ArrayLike<number>,
  count: number,
  blockWords: number,
  ids: number[],
): void {
  let at = 0
  for (; at + blockWords <= count; at += blockWords) {
    absorb(state, words, at, at + blockWords)
    ids.push(prefixId(state.a, state.b))
  }
  absorb(state, words, at, count)
}
