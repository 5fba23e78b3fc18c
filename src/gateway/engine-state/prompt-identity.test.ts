/** Byte blocks and token blocks: equal beginnings give equal ids, and nothing else does. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createByteHasher } from './byte-blocks.ts'
import {
  absorb,
  absorbBlocks,
  commonScope,
  emptyPrefix,
  prefixId,
  prefixKey,
  scopedPrefix,
} from './prefix-hash.ts'
import { createPromptMemo, identifyPrompt, type Tokenizer } from './prompt-memo.ts'

/** Leading ids in common. */
function shared(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let count = 0
  while (count < one.length && count < other.length && one[count] === other[count]) count++
  return count
}

describe('prefix hashes', () => {
  test('do not depend on how the tokens came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200_000), { maxLength: 100 }), fc.nat(100), (tokens, cut) => {
        const whole = emptyPrefix()
        absorb(whole, tokens, 0, tokens.length)
        const parts = emptyPrefix()
        const at = Math.min(cut, tokens.length)
        absorb(parts, tokens, 0, at)
        absorb(parts, tokens, at, tokens.length)
        expect(parts).toEqual(whole)
      }),
    )
  })

  test('are whole numbers below 2^41, keys exact', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        expect(prefixId(a, b)).toBeGreaterThanOrEqual(0)
        expect(prefixId(a, b)).toBeLessThan(2 ** 41)
        expect(Number.isSafeInteger(prefixId(a, b))).toBe(true)
        expect(prefixKey(a, b)).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
      }),
    )
  })

  test('of 200,000 prompts that differ in one token all differ', () => {
    const ids = new Set<number>()
    for (let token = 0; token < 200_000; token++) {
      const state = emptyPrefix()
      absorb(state, [5, token, 7], 0, 3)
      ids.add(prefixId(state.a, state.b))
    }
    expect(ids.size).toBe(200_000)
  })

  test('order counts, and scopes are no tokens', () => {
    const of = (tokens: readonly number[], scope = commonScope) => {
      const ids: number[] = []
      absorbBlocks(scopedPrefix(scope), tokens, tokens.length, 2, ids)
      return ids
    }
    expect(of([1, 2, 3, 4])).not.toEqual(of([2, 1, 3, 4]))
    expect(shared(of([1, 2, 3, 4]), of([1, 2, 4, 3]))).toBe(1)
    expect(of([1, 2, 3])).toHaveLength(1)
    expect(of([1, 2], { loraName: 'a', cacheSalt: null })).not.toEqual(
      of([1, 2], { loraName: null, cacheSalt: null }),
    )
  })
})

describe('byte blocks', () => {
  const hasher = createByteHasher({ blockTokens: 2, bytesPerToken: 4 })
  const texts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 })

  test('texts and their bytes are one thing; as many whole blocks as there are', () => {
    fc.assert(
      fc.property(texts, parts => {
        const bytes = Buffer.from(parts.map(part => Buffer.from(part).toString()).join(''))
        const ofBytes = hasher.ofBytes(bytes, commonScope)
        const ofTexts = hasher.ofTexts([bytes.toString()], commonScope)
        expect(ofTexts).toEqual(ofBytes)
        expect(ofBytes.content.blockIds.length).toBe(Math.floor(bytes.length / 8))
        expect(ofBytes.inputTokens).toBe(Math.max(1, Math.ceil(bytes.length / 4)))
      }),
    )
  })

  test('prompts share the blocks before the first difference', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(199), (bytes, at) => {
        const other = Uint8Array.from(bytes)
        if (at >= bytes.length) return
        other[at]! ^= 1
        const [one, two] = [bytes, other].map(each => hasher.ofBytes(each, commonScope).content.blockIds)
        expect(shared(one!, two!)).toBe(Math.min(Math.floor(at / 8), one!.length))
      }),
    )
  })

  test('what was hashed before leaves no trace', () => {
    const before = hasher.ofTexts(['short text, 24 bytes long'], commonScope)
    hasher.ofTexts(['x'.repeat(500_000)], commonScope)
    expect(hasher.ofTexts(['short text, ', '24 bytes long'], commonScope)).toEqual(before)
  })

  test('scopes are apart, and so are bytes and tokens', () => {
    const words = [0x20656874, 0x656d6173]
    const text = Buffer.from(Int32Array.from(words).buffer).toString()
    const [salted, plain] = [{ loraName: null, cacheSalt: 's' }, commonScope].map(
      scope => hasher.ofTexts([text], scope).content.blockIds,
    )
    const tokens: number[] = []
    absorbBlocks(scopedPrefix(commonScope), words, 2, 2, tokens)
    expect(new Set([salted![0], plain![0], tokens[0]]).size).toBe(3)
  })

  test('blocks that are no whole words are refused', () => {
    expect(() => createByteHasher({ blockTokens: 1, bytesPerToken: 3 })).toThrow('words')
  })
})

describe('the memo of tokens', () => {
  /** Counts what it is asked to read. */
  function counting(): Tokenizer & { read: number } {
    return {
      read: 0,
      encode(text) {
        this.read += text.length
        return Array.from(text, letter => letter.charCodeAt(0))
      },
    }
  }

  test('a conversation that grows is tokenised once', () => {
    const memo = createPromptMemo({ contentTokens: 4 })
    const tokenizer = counting()
    const parts = ['system prompt', 'question', 'answer']
    const first = identifyPrompt(memo, tokenizer, parts)
    expect(tokenizer.read).toBe(27)
    const second = identifyPrompt(memo, tokenizer, [...parts, 'and more'])
    expect(tokenizer.read).toBe(35)
    expect(second.inputTokens).toBe(35)
    expect(shared(first.content.blockIds, second.content.blockIds)).toBe(6)
    expect(memo.rememberedTokens).toBe(35)
    // Another conversation behind the same system prompt.
    identifyPrompt(memo, tokenizer, ['system prompt', 'other'])
    expect(tokenizer.read).toBe(40)
    expect(memo.checkpoints).toBe(5)
  })

  test('with and without memory the identity is the same', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u0000'), maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(fc.array(part, { maxLength: 5 }), { maxLength: 12 }),
        fc.nat(40),
        (prompts, room) => {
          const memo = createPromptMemo({ contentTokens: 3, maximumTokens: room })
          for (const parts of prompts) {
            const tokenizer = counting()
            const identity = identifyPrompt(memo, tokenizer, parts)
            const tokens = Array.from(parts.join(''), letter => letter.charCodeAt(0))
            const ids: number[] = []
            absorbBlocks(scopedPrefix(commonScope), tokens, tokens.length, 3, ids)
            expect(Array.from(identity.content.blockIds)).toEqual(ids)
            expect(identity.inputTokens).toBe(Math.max(1, tokens.length))
            expect(memo.rememberedTokens).toBeLessThanOrEqual(room)
          }
        },
      ),
    )
  })

  test('parts are not glued together by their bytes', () => {
    const memo = createPromptMemo()
    memo.finish(memo.read(['ab', 'c']), [[1, 2], [3]])
    expect(memo.read(['a', 'bc']).pending).toEqual(['a', 'bc'])
    expect(memo.read(['ab\u0000']).pending).toEqual(['ab\u0000'])
    expect(memo.read(['ab', 'd'])).toMatchObject({ pending: ['d'], knownTokens: 2 })
    expect(memo.read(['ab'], { loraName: 'x', cacheSalt: null }).pending).toEqual(['ab'])
  })

  test('the least recently used ends go first, beginnings last', () => {
    const memo = createPromptMemo({ maximumTokens: 6 })
    const ask = (...parts: string[]) => {
      const reading = memo.read(parts)
      memo.finish(
        reading,
        reading.pending.map(text => Array.from(text, () => 1)),
      )
      return reading.pending
    }
    ask('ss', 'aa')
    ask('ss', 'bb')
    expect(ask('ss', 'aa')).toEqual([])
    ask('ss', 'cc')
    expect(memo.rememberedTokens).toBe(6)
    expect(ask('ss', 'aa')).toEqual([])
    expect(ask('ss', 'bb')).toEqual(['bb'])
  })

  test('what was forgotten while a tokenizer worked is remembered again', () => {
    const memo = createPromptMemo({ maximumTokens: 4 })
    memo.finish(memo.read(['ab']), [[1, 2]])
    const reading = memo.read(['ab', 'c'])
    memo.finish(memo.read(['other']), [[1, 2, 3]])
    expect(memo.checkpoints).toBe(1)
    expect(memo.finish(reading, [[3]]).inputTokens).toBe(3)
    expect(memo.rememberedTokens).toBe(3)
    expect(memo.read(['ab', 'c']).pending).toEqual([])
  })

  test('two that were read at the same time both finish', () => {
    const memo = createPromptMemo({ contentTokens: 1 })
    const [one, two] = [memo.read(['x', 'y']), memo.read(['x', 'y'])]
    expect(memo.finish(one, [[1], [2]])).toEqual(memo.finish(two, [[1], [2]]))
    expect(memo.rememberedTokens).toBe(2)
    expect(memo.checkpoints).toBe(2)
  })
})
