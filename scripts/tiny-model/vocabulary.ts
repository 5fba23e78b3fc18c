/** A small vocabulary of the kind of SentencePiece as llama.cpp reads it: special tokens, all bytes, then pieces of words. */

/** token_type of the GGUF specification. */
const kinds = { normal: 1, unknown: 2, control: 3, byte: 6 } as const

export interface Vocabulary {
  readonly tokens: readonly string[]
  /** Pairs with the highest score are joined first. */
  readonly scores: readonly number[]
  readonly kinds: readonly number[]
  readonly beginId: number
  readonly endId: number
  /** The first token that stands for text of its own; below are special tokens and bytes. */
  readonly firstPieceId: number
}

/** How SentencePiece writes a blank. */
const blank = '\u2581'

/**
 * Of exactly so many tokens, at least 600. Every piece can be reached by joining two shorter ones, so that all occur; text with
 * other characters falls back to bytes, and nothing is unknown.
 */
export function makeVocabulary(size: number): Vocabulary {
  const tokens = ['<unk>', '<s>', '</s>']
  const tokenKinds: number[] = [kinds.unknown, kinds.control, kinds.control]
  for (let byte = 0; byte < 256; byte++) {
    tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
    tokenKinds.push(kinds.byte)
  }
  const firstPieceId = tokens.length
  for (const piece of pieces()) {
    if (tokens.length === size) break
    tokens.push(piece)
    tokenKinds.push(kinds.normal)
  }
  if (tokens.length !== size) throw new Error(`there are pieces for ${tokens.length} tokens, not for ${size}`)
  const scores = tokens.map((_, id) => (id < firstPieceId ? 0 : firstPieceId - id))
  return { tokens, scores, kinds: tokenKinds, beginId: 1, endId: 2, firstPieceId }
}

/** Characters, syllables, words of two syllables with a blank in front. */
function* pieces(): Generator<string> {
  const consonants = [...'tnsrhldcmfpgwybvkxjqz']
  const vowels = [...'eaoiu']
  yield blank
  yield* [...vowels, ...consonants, ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?\'"()-/_\n']
  for (const vowel of vowels) for (const consonant of consonants) yield consonant + vowel
  for (const vowel of vowels) for (const consonant of consonants) yield blank + consonant + vowel
  for (const second of vowels)
    for (const first of vowels)
      for (const end of consonants) for (const start of consonants) yield blank + start + first + end + second
}
