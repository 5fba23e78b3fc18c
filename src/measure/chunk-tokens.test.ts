/** Tokens of chunks: none is lost, none is made up, and the better knowledge wins. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkTokens } from './chunk-tokens.ts'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const characters = fc.array(fc.nat({ max: 40 }), { maxLength: 60 })

describe('properties', () => {
  test('what is reported is given out, to the token', () => {
    fc.assert(
      fc.property(characters, fc.nat({ max: 500 }), (sizes, reported) => {
        const { tokens, silentTokens } = chunkTokens(sizes, null, reported)
        expect(tokens.length).toBe(sizes.length)
        expect(sum(tokens) + silentTokens).toBe(reported)
        expect(tokens.every(count => Number.isSafeInteger(count) && count >= 0)).toBe(true)
      }),
    )
  })

  test('every chunk has a token when there are enough, and more characters never give fewer', () => {
    fc.assert(
      fc.property(characters, fc.nat({ max: 500 }), (sizes, more) => {
        const reported = sizes.length + more
        const { tokens } = chunkTokens(sizes, null, reported)
        expect(tokens.every(count => count >= 1)).toBe(true)
        for (let a = 0; a < sizes.length; a++) {
          for (let b = 0; b < sizes.length; b++) {
            if (sizes[a]! > sizes[b]!) expect(tokens[a]!).toBeGreaterThanOrEqual(tokens[b]!)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  test('running totals are taken apart and add up again', () => {
    const steps = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(steps, fc.nat({ max: 2 }), (counts, silent) => {
        fc.pre(sum(counts) > 0)
        let total = 0
        const soFar = counts.map(count => (total += count))
        const read = chunkTokens(Float64Array.from(counts), Float64Array.from(soFar), total + silent)
        expect(read).toEqual({ tokens: counts, method: 'usage-per-chunk', silentTokens: silent })
      }),
    )
  })

  test('sizes of any scale are shared out exactly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 ** 31 }), { minLength: 1, maxLength: 9 }),
        fc.nat({ max: 2 ** 31 }),
        (sizes, reported) => {
          const { tokens, silentTokens } = chunkTokens(sizes, null, reported)
          expect(sum(tokens) + silentTokens).toBe(reported)
        },
      ),
    )
  })
})

describe('by hand', () => {
  test('as many chunks as tokens, or one fewer: the end-of-sequence token has no text', () => {
    expect(chunkTokens([9, 1, 1], null, 3)).toEqual({
      tokens: [1, 1, 1],
      method: 'one-per-chunk',
      silentTokens: 0,
    })
    expect(chunkTokens([9, 1, 1], null, 4)).toEqual({
      tokens: [1, 1, 1],
      method: 'one-per-chunk',
      silentTokens: 1,
    })
  })

  test('by characters, one for each chunk first; largest remainders, the earlier of equal ones', () => {
    // 6 left over for 8 characters: 3.75, 1.5, 0.75 → 3, 1, 0 and the two largest remainders.
    expect(chunkTokens([5, 2, 1], null, 9)).toMatchObject({ tokens: [5, 2, 2], method: 'by-characters' })
    expect(chunkTokens([1, 1, 1], null, 5)).toMatchObject({ tokens: [2, 2, 1] })
    // Fewer tokens than chunks: parts of a character, or a server that splits.
    expect(chunkTokens([3, 3, 1], null, 2)).toMatchObject({ tokens: [1, 1, 0] })
    expect(chunkTokens([0, 0, 0], null, 5)).toMatchObject({ tokens: [2, 2, 1] })
    expect(chunkTokens([4, 4], null, 0)).toMatchObject({ tokens: [0, 0], method: 'by-characters' })
  })

  test('nothing reported', () => {
    expect(chunkTokens([4, 4], null, null)).toEqual({
      tokens: [1, 1],
      method: 'chunks-are-tokens',
      silentTokens: 0,
    })
  })

  test('no chunks', () => {
    expect(chunkTokens([], null, null)).toEqual({ tokens: [], method: 'chunks-are-tokens', silentTokens: 0 })
    expect(chunkTokens([], null, 0)).toMatchObject({ tokens: [], silentTokens: 0 })
    expect(chunkTokens([], null, 1)).toMatchObject({ tokens: [], silentTokens: 1 })
    expect(chunkTokens([], [], 30)).toMatchObject({ tokens: [], silentTokens: 30 })
  })

  test('running totals that fall, exceed the end, or stay at 0 are not believed', () => {
    for (const soFar of [
      [2, 1],
      [1, 9],
      [0, 0],
      [1, Number.NaN],
      [-1, 2],
    ]) {
      expect(chunkTokens([1, 1], soFar, 4).method).toBe('by-characters')
    }
    expect(chunkTokens([1, 1], [1, 9], null).tokens).toEqual([1, 8])
  })
})
