/**
 * A prompt's identity from its bytes alone: for candidates whose engines tell nothing, or whose tokenizer is not at hand. A byte costs
 * a fraction of a nanosecond to hash, some hundred times less than to tokenise, so nothing of it is kept between requests: remembering a
 * prefix would mean comparing its bytes, which costs as much.
 *
 * What is lost: lengths in tokens are an estimate, and two prompts share only whole blocks (256 bytes unless told otherwise).
 * Keys of byte blocks never meet those of token blocks: such prompts are for src/routing/estimated-prefix-index.ts.
 */
import { assert } from '../../core/assert.ts'
import type { TokenContent } from '../../workload/request.ts'
import {
  absorb,
  absorbText,
  type PrefixScope,
  type PrefixState,
  prefixId,
  scopedPrefix,
} from './prefix-hash.ts'

export interface ByteBlockSettings {
  /** Tokens a block stands for; the index's blockTokens. A multiple of 4 ÷ bytesPerToken. */
  readonly blockTokens: number
  /** Bytes a token stands for. */
  readonly bytesPerToken: number
}

/**
 * 64 tokens: as the index of events has (event-translator.ts); a block of 256 bytes loses 128 bytes of a shared prefix on average.
 * 4 bytes a token: assumed, about right for English text; code and Chinese have fewer. Only lengths depend on it, not what matches.
 */
export const byteBlockDefaults: ByteBlockSettings = { blockTokens: 64, bytesPerToken: 4 }

/** What a router needs of a prompt: the fields of a WorkloadRequest that come from its text. */
export interface PromptIdentity {
  readonly content: TokenContent
  readonly inputTokens: number
}

export interface ByteHasher {
  /** Of the texts one after another, as the client sent them; the same split into parts must be used for the same prompt. */
  ofTexts(parts: readonly string[], scope: PrefixScope): PromptIdentity
  /** Of bytes as they came, e.g. the messages of a body that nobody parsed. */
  ofBytes(bytes: Uint8Array, scope: PrefixScope): PromptIdentity
}

export function createByteHasher(settings: Partial<ByteBlockSettings> = {}): ByteHasher {
  const { blockTokens, bytesPerToken } = { ...byteBlockDefaults, ...settings }
  const blockBytes = blockTokens * bytesPerToken
  assert(blockBytes >= 4 && blockBytes % 4 === 0, 'a block is hashed in whole words of four bytes')
  const scratch = createByteScratch()

  function identity(bytes: number, scope: PrefixScope): PromptIdentity {
    const words = scratch.words()
    const state = bytePrefix(scope)
    const blockIds = new Float64Array(Math.floor(bytes / blockBytes))
    const blockWords = blockBytes / 4
    for (let block = 0; block < blockIds.length; block++) {
      absorb(state, words, block * blockWords, (block + 1) * blockWords)
      blockIds[block] = prefixId(state.a, state.b)
    }
    const inputTokens = Math.max(1, Math.ceil(bytes / bytesPerToken))
    return { content: { tokensPerBlock: blockTokens, blockIds }, inputTokens }
  }

  return {
    ofTexts(parts, scope) {
      let end = 0
      for (const part of parts) end = scratch.write(part, end)
      return identity(end, scope)
    },
    ofBytes(bytes, scope) {
      scratch.copy(bytes)
      return identity(bytes.length, scope)
    },
  }
}

/** Apart from token blocks of the same scope. */
function bytePrefix(scope: PrefixScope): PrefixState {
  const state = scopedPrefix(scope)
  absorbText(state, 'bytes')
  return state
}

/** Bytes to be hashed, in memory that is kept and read as words of four bytes. */
export interface ByteScratch {
  /** Writes a text in UTF-8 from `at` on; answers where it ends. */
  write(text: string, at: number): number
  copy(bytes: Uint8Array): void
  words(): Int32Array
  bytes(): Uint8Array
}

export function createByteScratch(): ByteScratch {
  let buffer = Buffer.alloc(1 << 16)
  let words = new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length / 4)
  function ensure(bytes: number, keep: number): void {
    if (bytes <= buffer.length) return
    // Buffer.alloc of more than the pool's size is aligned: its memory is its own.
    const longer = Buffer.alloc(Math.ceil((bytes * 1.5) / 4) * 4)
    longer.set(buffer.subarray(0, keep))
    buffer = longer
    words = new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length / 4)
  }
  return {
    write(text, at) {
      // No UTF-16 unit takes more than three bytes.
      ensure(at + 3 * text.length, at)
      return at + buffer.write(text, at, 'utf8')
    },
    copy(bytes) {
      ensure(bytes.length, 0)
      buffer.set(bytes)
    },
    words: () => words,
    bytes: () => buffer,
  }
}
