import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Distribution } from './distribution.ts'
import { addChunkGaps, interTokenLatencyMs } from './inter-token-latency.ts'

function gapsOf(times: readonly number[], tokens: readonly number[], chunks?: number): Distribution {
  const gaps = new Distribution()
  addChunkGaps(gaps, times, tokens, chunks)
  return gaps
}

test('a gap is shared by the tokens of the later chunk', () => {
  expect(interTokenLatencyMs(30_000, 3)).toBe(10)
  const gaps = gapsOf([100_000, 130_000, 190_000], [5, 3, 2])
  expect([gaps.count, gaps.minimum, gaps.maximum]).toEqual([2, 10, 30])
})

test('chunks without tokens are passed over, the time runs on', () => {
  const gaps = gapsOf([0, 100_000, 120_000, 140_000, 150_000], [0, 1, 0, 1, 0])
  expect([gaps.count, gaps.mean]).toEqual([1, 40])
  expect(interTokenLatencyMs(10, 0)).toBeNaN()
})

test('one chunk, or none, has no gap', () => {
  expect(gapsOf([5_000], [7]).count).toBe(0)
  expect(gapsOf([], []).count).toBe(0)
})

test('only as many chunks as are told, and no more than there are', () => {
  expect(gapsOf([0, 10_000, 99_000], [1, 1, 1], 2).maximum).toBe(10)
  expect(() => gapsOf([0], [1, 1], 2)).toThrow('a time and tokens')
})

test('gaps × tokens add up to the time from first to last chunk', () => {
  const chunks = fc.array(fc.tuple(fc.nat(10 ** 6), fc.integer({ min: 1, max: 8 })), {
    minLength: 1,
    maxLength: 50,
  })
  fc.assert(
    fc.property(chunks, pairs => {
      let nowUs = 0
      const times = pairs.map(([gapUs]) => (nowUs += gapUs))
      const tokens = pairs.map(([, count]) => count)
      let sumMs = 0
      for (let index = 1; index < times.length; index++) {
        sumMs +=
          gapsOf(times.slice(index - 1, index + 1), tokens.slice(index - 1, index + 1)).mean * tokens[index]!
      }
      expect(sumMs).toBeCloseTo((times.at(-1)! - times[0]!) / 1000, 6)
      expect(gapsOf(times, tokens).count).toBe(times.length - 1)
    }),
  )
})
