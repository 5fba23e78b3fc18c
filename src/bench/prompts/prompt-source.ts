/**
 * Made-up prompts of the asked length and identity. The same seed gives the same texts; equal blocks of a workload's
 * content give equal texts, so a server's prefix cache finds what the workload means it to find, and nothing else.
 */
import { mix32, RandomSource, type RandomStream } from '../../core/random.ts'
import type { TokenContent, WorkloadRequest } from '../../workload/request.ts'
import { type PromptScale, wordsForTokens } from './prompt-scale.ts'
import { bitsPerWord, longestWordLetters, promptWords } from './prompt-words.ts'

export interface PromptSource {
  readonly scale: PromptScale
  /** Text of a request's whole prompt. */
  prompt(request: WorkloadRequest): string
  /** So many words that no other name of this source begins with: for probes, warm-up, turns of a conversation. */
  words(count: number, name: number): string
  /** The prompt's words as a query and documents of about equal length, for rerankings. */
  ranking(request: WorkloadRequest, documents: number): Ranking
}

export interface Ranking {
  readonly query: string
  readonly texts: readonly string[]
}

/**
 * Prompts of a seed. Two runs with the same seed ask the same, and the second finds the prompts of the first in a prefix
 * cache that was kept: where that is not wanted, the seed is to hold something of the run. Warm-up wants a seed of its own.
 */
export function createPromptSource(seed: string | number, scale: PromptScale): PromptSource {
  const writer = createWordWriter(new RandomSource(seed).stream('prompts'))
  const prompt = (request: WorkloadRequest): string => {
    const count = wordsForTokens(request.inputTokens, scale)
    if (request.content === null) return writer.text(textKind, request.id, count)
    return blockText(writer, request.content, count, scale)
  }
  return {
    scale,
    prompt,
    words: (count, name) => writer.text(nameKind, name, count),
    ranking: (request, documents) => splitForRanking(prompt(request).split(' '), documents),
  }
}

function splitForRanking(words: readonly string[], documents: number): Ranking {
  const queryWords = Math.max(1, Math.min(longestQueryWords, Math.floor(words.length / (documents + 1))))
  const rest = words.slice(queryWords)
  const texts = Array.from({ length: documents }, (_, index) => {
    const from = Math.floor((index * rest.length) / documents)
    const to = Math.floor(((index + 1) * rest.length) / documents)
    // A document of nothing is refused by servers: a short prompt repeats its first word.
    return rest.slice(from, to).join(' ') || words[0]!
  })
  return { query: words.slice(0, queryWords).join(' '), texts }
}

/** Words of a query: about a question's. Assumed. */
const longestQueryWords = 16

/** What a text is named by: names of different kinds give different texts. */
const textKind = 0x243f6a88
const blockKind = 0x85a308d3
const nameKind = 0x13198a2e

/**
 * A prompt of content: block b has the words from round(b × tokens per block ÷ tokens per word) on. The overhead shortens
 * the last block, not the first: prompts that share n blocks share their words, and the template's tokens in front of
 * them, so at least n × tokens per block, which is what a cache of whole blocks must find. Words beyond the content (it
 * may end before the prompt) follow from its last block.
 */
function blockText(writer: WordWriter, content: TokenContent, count: number, scale: PromptScale): string {
  const { blockIds, tokensPerBlock } = content
  const perBlock = tokensPerBlock / scale.tokensPerWord
  const pieces: string[] = []
  let from = 0
  for (let block = 0; block < blockIds.length && from < count; block++) {
    const last = block === blockIds.length - 1
    const to = Math.min(count, last ? count : Math.round((block + 1) * perBlock))
    // A block of less than a word has none.
    if (to > from) pieces.push(writer.text(blockKind, blockIds[block]!, to - from))
    from = Math.max(from, to)
  }
  return pieces.length === 0 ? writer.text(blockKind, 0, count) : pieces.join(' ')
}

interface WordWriter {
  /** The first `count` words of the text of that name, a whole number ≥ 0; fewer words are the beginning of more. */
  text(kind: number, name: number, count: number): string
}

const wordCount = promptWords.length
const bytesPerWord = longestWordLetters + 1
/** Letters of each word and the blank behind it, bytesPerWord bytes each; unused ones are 0. */
const wordBytes: Uint8Array = (() => {
  const bytes = new Uint8Array(wordCount * bytesPerWord)
  promptWords.forEach((word, index) => {
    for (let letter = 0; letter < word.length; letter++)
      bytes[index * bytesPerWord + letter] = word.charCodeAt(letter)
    bytes[index * bytesPerWord + word.length] = 0x20
  })
  return bytes
})()
const wordLengths: Uint8Array = Uint8Array.from(promptWords, word => word.length + 1)

/** Words that spell the name itself, 9 bits each, before random ones begin: enough for names below 2^45. */
const nameWords = 5

/**
 * Texts by name. The first words spell the name, its last 9 bits first, by a permutation of the seed: 512 texts whose names
 * follow each other begin with different words, and no two texts of a kind begin with the same five. The others are random.
 */
function createWordWriter(random: RandomStream): WordWriter {
  const salt = random.bits()
  // Odd: a permutation of the words. Different for every place of the name.
  const factors = Array.from({ length: nameWords }, () => (random.bits() % wordCount) | 1)
  const shifts = Array.from({ length: nameWords }, () => random.integer(wordCount))
  let buffer = Buffer.alloc(1 << 16)

  const append = (word: number, at: number): number => {
    const from = word * bytesPerWord
    for (let byte = 0; byte < bytesPerWord; byte++) buffer[at + byte] = wordBytes[from + byte]!
    return at + wordLengths[word]!
  }

  return {
    text(kind, name, count) {
      if (buffer.length < (count + 1) * bytesPerWord) buffer = Buffer.alloc(2 * (count + 1) * bytesPerWord)
      let at = 0
      let rest = name
      const spelt = Math.min(nameWords, count)
      const kindShift = kind % wordCount
      for (let place = 0; place < spelt; place++) {
        const digit = rest % wordCount
        rest = Math.floor(rest / wordCount)
        at = append((digit * factors[place]! + shifts[place]! + kindShift) % wordCount, at)
      }
      let state = mix32(mix32((name | 0) ^ salt) ^ Math.floor(name / 0x100000000) ^ kind)
      let left = 0
      let bits = 0
      for (let index = spelt; index < count; index++) {
        if (left < bitsPerWord) {
          // SplitMix32: a counter through a mixer (core/random.ts seeds its streams by it).
          state = (state + 0x9e3779b9) | 0
          bits = mix32(state)
          left = 32
        }
        at = append(bits & (wordCount - 1), at)
        bits >>>= bitsPerWord
        left -= bitsPerWord
      }
      return buffer.toString('latin1', 0, at - 1)
    },
  }
}
