/** Made-up prompts: as long as asked, the same for the same seed, shared exactly where the workload shares. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encode } from '../../emulate/tokenizer.ts'
import { plainRequest, type TokenContent, type WorkloadRequest } from '../../workload/request.ts'
import { fitPromptScale, plainScale, wordsForTokens } from './prompt-scale.ts'
import { createPromptSource } from './prompt-source.ts'
import { bitsPerWord, longestWordLetters, promptWords } from './prompt-words.ts'

function request(id: number, inputTokens: number, content: TokenContent | null = null): WorkloadRequest {
  return { ...plainRequest, id, arrivalUs: 0, inputTokens, outputTokens: 1, content }
}
const blocks = (tokensPerBlock: number, ...blockIds: number[]): TokenContent => ({ tokensPerBlock, blockIds })
const wordsOf = (text: string) => text.split(' ')

/** Words that two prompts have in common from the start. */
function shared(a: string, b: string): number {
  const [left, right] = [wordsOf(a), wordsOf(b)]
  let count = 0
  while (count < left.length && left[count] === right[count]) count++
  return count
}

describe('words', () => {
  test('are different, short, and a power of two', () => {
    expect(new Set(promptWords).size).toBe(2 ** bitsPerWord)
    expect(promptWords.every(word => /^[a-z]+$/.test(word) && word.length <= longestWordLetters)).toBe(true)
  })

  test('are one token of the emulator each, with a blank in front or without', () => {
    expect(promptWords.filter(word => encode(` ${word}`).length !== 1 || encode(word).length !== 1)).toEqual(
      [],
    )
  })
})

describe('prompts', () => {
  test('have the length asked for, whatever it is', () => {
    const source = createPromptSource(1, plainScale)
    fc.assert(
      fc.property(fc.nat({ max: 5000 }), fc.integer({ min: 1, max: 3000 }), (id, tokens) => {
        const text = source.prompt(request(id, tokens))
        expect(encode(text).length).toBe(tokens)
      }),
      { numRuns: 50 },
    )
    expect(encode(source.prompt(request(0, 50_000))).length).toBe(50_000)
  })

  test('follow from seed and request alone', () => {
    const text = createPromptSource('a', plainScale).prompt(request(7, 40))
    const again = createPromptSource('a', plainScale)
    again.prompt(request(3, 999))
    expect(again.prompt(request(7, 40))).toBe(text)
    expect(again.prompt(request(7, 20))).toBe(wordsOf(text).slice(0, 20).join(' '))
    expect(createPromptSource('b', plainScale).prompt(request(7, 40))).not.toBe(text)
  })

  test('without content share nothing with those around them, and never five words', () => {
    const source = createPromptSource(1, plainScale)
    const texts = Array.from({ length: 3000 }, (_, id) => source.prompt(request(id, 8)))
    const firstWords = (from: number) => new Set(texts.slice(from, from + 512).map(text => wordsOf(text)[0]))
    expect([firstWords(0).size, firstWords(700).size]).toEqual([512, 512])
    expect(new Set(texts.map(text => wordsOf(text).slice(0, 5).join(' '))).size).toBe(3000)
  })

  test('use all words about equally', () => {
    const counts = new Map<string, number>()
    const words = wordsOf(createPromptSource(1, plainScale).prompt(request(0, 51_200)))
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    expect(counts.size).toBe(512)
    // 100 each: χ² with 511 degrees of freedom has mean 511 and deviation 32.
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)
    expect(Math.abs(chiSquare - 511)).toBeLessThan(5 * 32)
  })

  test('probes and warm-up have words of their own', () => {
    const source = createPromptSource(1, plainScale)
    expect(wordsOf(source.words(30, 4)).length).toBe(30)
    expect(shared(source.words(30, 4), source.prompt(request(4, 30)))).toBeLessThan(3)
  })
})

describe('content', () => {
  const scale = fc.constantFrom(
    plainScale,
    { tokensPerWord: 1.3, overheadTokens: 7 },
    { tokensPerWord: 0.5, overheadTokens: 0 },
  )

  test('prompts share the words of the blocks that they share, and no further', () => {
    fc.assert(
      fc.property(
        scale,
        fc.integer({ min: 8, max: 64 }),
        fc.nat({ max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        (fitted, tokensPerBlock, common, own) => {
          const source = createPromptSource(1, fitted)
          const head = Array.from({ length: common }, (_, index) => 900 + index)
          const tail = (first: number) => Array.from({ length: own }, (_, index) => first + index)
          const tokens = (common + own) * tokensPerBlock + 20
          const [a, b] = [1000, 2001].map(first =>
            source.prompt(request(first, tokens, blocks(tokensPerBlock, ...head, ...tail(first)))),
          )
          expect(wordsOf(a!).length).toBe(wordsForTokens(tokens, fitted))
          expect(shared(a!, b!)).toBe(Math.round((common * tokensPerBlock) / fitted.tokensPerWord))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a longer prompt with the same blocks begins with the shorter one, and the last block may be cut', () => {
    const source = createPromptSource(1, plainScale)
    const content = blocks(16, 5, 6, 7, 8)
    const long = source.prompt(request(0, 60, content))
    for (const tokens of [1, 15, 16, 17, 40]) {
      const short = source.prompt(request(1, tokens, content))
      expect(shared(short, long)).toBe(tokens)
    }
    expect(wordsOf(long).length).toBe(60)
  })

  test('prompts beyond their content go on; equal blocks elsewhere are equal texts', () => {
    const source = createPromptSource(1, plainScale)
    expect(wordsOf(source.prompt(request(0, 50, blocks(16, 5, 6)))).length).toBe(50)
    expect(wordsOf(source.prompt(request(0, 10, blocks(16)))).length).toBe(10)
    const before = wordsOf(source.prompt(request(0, 32, blocks(16, 5, 6)))).slice(16)
    const behind = wordsOf(source.prompt(request(0, 48, blocks(16, 4, 9, 6)))).slice(32)
    expect(behind).toEqual(before)
  })

  test('blocks of less than a word', () => {
    const source = createPromptSource(1, { tokensPerWord: 3, overheadTokens: 0 })
    expect(
      wordsOf(source.prompt(request(0, 30, blocks(1, ...Array.from({ length: 30 }, (_, i) => i))))).length,
    ).toBe(10)
  })
})

describe('rankings', () => {
  test('split the words into a query and documents', () => {
    const source = createPromptSource(1, plainScale)
    const { query, texts } = source.ranking(request(0, 100), 4)
    expect([query, ...texts].join(' ')).toBe(source.prompt(request(0, 100)))
    expect(texts.map(text => wordsOf(text).length)).toEqual([21, 21, 21, 21])
    expect(source.ranking(request(0, 1), 3).texts.every(text => text !== '')).toBe(true)
  })
})

describe('scale', () => {
  test('is found from probes', () => {
    const probe = (words: number) => ({ words, promptTokens: 23 + 1.25 * words })
    expect(fitPromptScale([probe(16), probe(256), probe(1024)])).toMatchObject({
      tokensPerWord: expect.closeTo(1.25, 9),
      overheadTokens: expect.closeTo(23, 9),
    })
    expect(fitPromptScale([{ words: 16, promptTokens: 23 }])).toEqual({ tokensPerWord: 1, overheadTokens: 7 })
    expect(fitPromptScale([{ words: 16, promptTokens: 8 }])).toEqual({
      tokensPerWord: 0.5,
      overheadTokens: 0,
    })
    expect(fitPromptScale([])).toEqual(plainScale)
    const cut = fitPromptScale([
      { words: 10, promptTokens: 9 },
      { words: 20, promptTokens: 19 },
    ])
    expect(cut).toEqual({ tokensPerWord: 14 / 15, overheadTokens: 0 })
  })

  test('lengths come out to half a word', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.nat({ max: 200 }),
        fc.integer({ min: 300, max: 90_000 }),
        (tokensPerWord, overheadTokens, tokens) => {
          const words = wordsForTokens(tokens, { tokensPerWord, overheadTokens })
          expect(Math.abs(words * tokensPerWord + overheadTokens - tokens)).toBeLessThanOrEqual(
            tokensPerWord / 2 + 1e-6,
          )
        },
      ),
    )
    expect(wordsForTokens(3, { tokensPerWord: 1, overheadTokens: 7 })).toBe(1)
  })

  test('a server that counts the same for every prompt is refused', () => {
    const same = [16, 256].map(words => ({ words, promptTokens: 5 }))
    expect(() => fitPromptScale(same)).toThrow(expect.objectContaining({ code: 'measurements' }))
  })
})
