/**
 * A prompt's identity in tokens, for candidates whose engines tell of their blocks: tokenised once. A conversation comes back
 * with its history in front; what was tokenised before is found by a hash over its bytes, and only what is new needs a
 * tokenizer (which takes a hundred times longer than hashing).
 *
 * A prompt is a list of parts: messages as the model's chat template writes them. Parts are tokenised by themselves, which is exact where
 * one ends with a special token, as chat templates have it (the same rule in docs.rs dynamo-tokenizers 4.1.2, cache/mod.rs), and nearly
 * so elsewhere. What is lost, then: a template
 * that rewrites earlier turns (drops old reasoning, moves the system prompt) gives tokens that the engine does not have, and
 * nothing matches from there on. The realised hit (`cached_tokens` of the answer) shows it.
 */
import type { TokenContent } from '../../workload/request.ts'
import { createByteScratch, type PromptIdentity } from './byte-blocks.ts'
import { leastBlockTokens } from './event-translator.ts'
import { absorb, commonScope, type PrefixScope, prefixId, scopedPrefix } from './prefix-hash.ts'

/** Token ids of a part. Local, or an engine's /tokenize: whoever drives the memo awaits it between read() and finish(). */
export interface Tokenizer {
  encode(text: string): ArrayLike<number>
}

export interface PromptMemoSettings {
  /** Tokens per content block: blocks of all engines asked about must be multiples of it (commonBlockTokens). */
  readonly contentTokens: number
  /** Prompt tokens remembered, all conversations together; shared beginnings count once. */
  readonly maximumTokens: number
}

/** 50 million tokens: 500 conversations of 100,000, 6 MB of ids in blocks of 64 (assumed). */
export const promptMemoDefaults: PromptMemoSettings = {
  contentTokens: leastBlockTokens,
  maximumTokens: 50_000_000,
}

/** A prompt up to the end of one of its parts. */
interface Checkpoint {
  readonly key: number
  readonly parent: Checkpoint | null
  /** Of the bytes. */
  readonly byteA: number
  readonly byteB: number
  /** Of the tokens, and how many. */
  readonly tokenA: number
  readonly tokenB: number
  readonly tokens: number
  /** Blocks that end in this part. */
  readonly ids: Float64Array
}

/** What is known of a prompt, and what a tokenizer must still tell. */
export interface PromptReading {
  /** Texts to tokenise, in order; empty when all is known. */
  readonly pending: readonly string[]
  readonly knownTokens: number
  readonly scope: PrefixScope
  readonly known: Checkpoint | null
  /** Byte states at the ends of the pending parts, two numbers each. */
  readonly byteStates: Int32Array
}

export interface PromptMemo {
  read(parts: readonly string[], scope?: PrefixScope): PromptReading
  /**
   * tokens: of reading.pending, in order; null where a part's tokens are not known by themselves and come with the next part's. Not
   * of the last one.
   */
  finish(reading: PromptReading, tokens: readonly (ArrayLike<number> | null)[]): PromptIdentity
  readonly rememberedTokens: number
  readonly checkpoints: number
}

/** All at once, with a local tokenizer. */
export function identifyPrompt(
  memo: PromptMemo,
  tokenizer: Tokenizer,
  parts: readonly string[],
  scope: PrefixScope = commonScope,
): PromptIdentity {
  const reading = memo.read(parts, scope)
  return memo.finish(
    reading,
    reading.pending.map(text => tokenizer.encode(text)),
  )
}

export function createPromptMemo(settings: Partial<PromptMemoSettings> = {}): PromptMemo {
  const { contentTokens, maximumTokens } = { ...promptMemoDefaults, ...settings }
  /** In order of use; a prompt's beginning was always used after its end, so the first entry is nobody's beginning. */
  const byKey = new Map<number, Checkpoint>()
  const scratch = createByteScratch()
  let remembered = 0

  function find(byteA: number, byteB: number): Checkpoint | null {
    const found = byKey.get(keyOf(byteA, byteB))
    // The key leaves some bits out.
    return found !== undefined && found.byteA === byteA && found.byteB === byteB ? found : null
  }

  function touch(end: Checkpoint): void {
    for (let at: Checkpoint | null = end; at !== null; at = at.parent) {
      // Forgotten between read() and finish(): it is remembered again.
      if (!byKey.delete(at.key)) remembered += ownTokens(at)
      byKey.set(at.key, at)
    }
  }

  function ownTokens({ tokens, parent }: Checkpoint): number {
    return tokens - (parent?.tokens ?? 0)
  }

  function forget(): void {
    for (const [key, oldest] of byKey) {
      if (remembered <= maximumTokens) return
      byKey.delete(key)
      remembered -= ownTokens(oldest)
    }
  }

  return {
    read(parts, scope = commonScope) {
      const state = scopedPrefix(scope)
      const states = new Int32Array(2 * parts.length)
      for (let part = 0; part < parts.length; part++) {
        const bytes = scratch.write(parts[part]!, 0)
        // Whole words, the last filled up; the length tells parts apart that differ by what fills it.
        scratch.bytes().fill(0, bytes, Math.min(scratch.bytes().length, bytes + 3))
        absorb(state, scratch.words(), 0, Math.ceil(bytes / 4))
        absorb(state, [bytes], 0, 1)
        states[2 * part] = state.a
        states[2 * part + 1] = state.b
      }
      let part = parts.length
      let known: Checkpoint | null = null
      while (part > 0 && known === null) {
        known = find(states[2 * part - 2]!, states[2 * part - 1]!)
        if (known === null) part--
      }
      return {
        pending: parts.slice(part),
        knownTokens: known?.tokens ?? 0,
        scope,
        known,
        byteStates: states.subarray(2 * part),
      }
    },

    finish({ known, byteStates, scope }, tokens) {
      let end = known
      const state = known === null ? scopedPrefix(scope) : { a: known.tokenA, b: known.tokenB }
      for (let part = 0; part < tokens.length; part++) {
        const own = tokens[part]!
        if (own === null) continue
        const before = end?.tokens ?? 0
        const firstBlock = Math.floor(before / contentTokens)
        const ids = new Float64Array(Math.floor((before + own.length) / contentTokens) - firstBlock)
        let at = 0
        for (let block = 0; block < ids.length; block++) {
          const until = (firstBlock + block + 1) * contentTokens - before
          absorb(state, own, at, until)
          ids[block] = prefixId(state.a, state.b)
          at = until
        }
        absorb(state, own, at, own.length)
        const [byteA, byteB] = [byteStates[2 * part]!, byteStates[2 * part + 1]!]
        const checkpoint: Checkpoint = {
          key: keyOf(byteA, byteB),
          parent: end,
          byteA,
          byteB,
          tokenA: state.a,
          tokenB: state.b,
          tokens: before + own.length,
          ids,
        }
        // Asked twice at the same time, or another prompt with the same key: the later one stays.
        const replaced = byKey.get(checkpoint.key)
        if (replaced !== undefined) remembered -= ownTokens(replaced)
        byKey.set(checkpoint.key, checkpoint)
        remembered += own.length
        end = checkpoint
      }
      if (end === null) return { content: { tokensPerBlock: contentTokens, blockIds: [] }, inputTokens: 1 }
      touch(end)
      forget()
      return { content: contentOf(end, contentTokens), inputTokens: Math.max(1, end.tokens) }
    },

    get rememberedTokens() {
      return remembered
    },
    get checkpoints() {
      return byKey.size
    },
  }
}

function contentOf(end: Checkpoint, tokensPerBlock: number): TokenContent {
  const blockIds = new Float64Array(Math.floor(end.tokens / tokensPerBlock))
  let to = blockIds.length
  for (let at: Checkpoint | null = end; at !== null; at = at.parent) {
    to -= at.ids.length
    blockIds.set(at.ids, to)
  }
  return { tokensPerBlock, blockIds }
}

/** 53 bits of the two states. */
function keyOf(byteA: number, byteB: number): number {
  return (byteA >>> 0) * 2 ** 21 + (byteB >>> 11)
}

/** Content blocks for engines whose blocks of ours have these sizes: the largest that divides them all. */
export function commonBlockTokens(sizes: readonly number[]): number {
  const divisor = (one: number, other: number): number => (other === 0 ? one : divisor(other, one % other))
  return sizes.length === 0 ? leastBlockTokens : sizes.reduce(divisor)
}
