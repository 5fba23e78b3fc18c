import { describe, expect, test } from 'vitest'
import type { PrefixIndex } from '../../routing/prefix-index.ts'
import { prompt, stored } from '../../routing/routing.fixture.ts'
import { blockKey } from '../../workload/block-key.ts'
import { createMixedPrefixIndex } from './mixed-prefix-index.ts'

const asked = prompt(0, [1, 2, 3, 4], 64)

/** The first blocks of the prompt, kept by a replica. */
const kept = (blocks: number) =>
  stored(Array.from({ length: blocks }, (_, block) => blockKey(asked.content!, 64, block)))

function cached(index: PrefixIndex, nowUs = 0): number[] {
  const matches = { cachedTokens: new Float64Array(3), creditTokens: new Float64Array(3) }
  index.match(nowUs, asked, 3, matches)
  expect(matches.creditTokens).toEqual(matches.cachedTokens)
  return [...matches.cachedTokens]
}

describe('a mixed index', () => {
  test('believes who tells, and estimates the others', () => {
    const index = createMixedPrefixIndex()
    index.setTold(0, true)
    index.changed(0, kept(2))
    index.routed(0, asked, 1)
    expect(cached(index)).toEqual([128, 192, 0])
    // An estimate lasts, and learns of answers.
    expect(cached(index, 1e9)).toEqual([128, 192, 0])
    index.served(0, { ...asked, outputTokens: 1 }, 1)
    expect(index.heldTokens(1)).toBe(256)
    expect(index.heldTokens(0)).toBe(128)
  })

  test('what was just routed counts beside events, for some seconds', () => {
    const index = createMixedPrefixIndex({ predictionSeconds: 5 })
    index.setTold(0, true)
    index.routed(0, asked, 0)
    expect(cached(index, 4e6)[0]).toBe(192)
    expect(cached(index, 6e6)[0]).toBe(0)
    index.routed(7e6, asked, 0)
    index.changed(0, { kind: 'blocks-cleared', atUs: 0 })
    expect(cached(index, 7e6)[0]).toBe(0)
  })

  test('who stops telling is estimated, beside the subset that is told; who tells again is believed', () => {
    const index = createMixedPrefixIndex()
    index.setTold(0, true)
    index.changed(0, kept(3))
    index.setTold(0, false)
    index.changed(0, { kind: 'blocks-cleared', atUs: 0 })
    index.changed(0, kept(1))
    expect(cached(index)[0]).toBe(64)
    index.routed(0, asked, 0)
    expect(cached(index, 1e9)[0]).toBe(192)
    index.setTold(0, true)
    expect(cached(index, 1e9)[0]).toBe(64)
    // The old estimate does not come back: nobody kept it up to date.
    index.setTold(0, false)
    expect(cached(index, 1e9)[0]).toBe(64)
  })

  test('estimates forget what a cache of that size would; the removed are gone', () => {
    const index = createMixedPrefixIndex({ capacityTokens: 128 })
    index.routed(0, asked, 1)
    expect(index.heldTokens(1)).toBeLessThanOrEqual(128)
    index.resize(2, 1000)
    index.routed(0, asked, 2)
    expect(cached(index)[2]).toBe(192)
    index.changed(2, kept(1))
    index.removed(2)
    expect(cached(index)).toEqual([0, cached(index)[1], 0])
  })
})
