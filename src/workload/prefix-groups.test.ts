import { describe, expect, it } from 'vitest'
import type { OpenLoopSpec } from './open-loop.ts'
import type { WorkloadRequest } from './request.ts'
import { open, requestsOf } from './synthetic.fixture.ts'

describe('prefix groups', () => {
  const prefixed = (prefix: object, extra: object = {}): WorkloadRequest[] =>
    requestsOf({ ...open, requests: 4000, prefix: { groups: 8, ...prefix }, ...extra } as OpenLoopSpec)
  const groupOf = (request: WorkloadRequest) => request.content!.blockIds[0]!

  it('share the blocks of their prompt and no others', () => {
    const requests = prefixed(
      { tokens: 100 },
      { lengths: { input: { kind: 'uniform', minimum: 1, maximum: 300 }, output: 9 } },
    )
    const seen = new Map<number, Set<string>>()
    for (const request of requests) {
      const ids = [...(request.content!.blockIds as Float64Array)]
      expect(ids.length).toBe(Math.ceil(request.inputTokens / 16))
      const sharedBlocks = Math.floor(Math.min(100, request.inputTokens) / 16)
      for (const [index, id] of ids.entries()) {
        // A shared block stands in one place and always follows the same one; a block of one's own occurs once.
        const before = seen.get(id) ?? new Set()
        const place = `${index}/${index === 0 ? '' : ids[index - 1]}`
        if (index < sharedBlocks) expect(before.size === 0 || before.has(place)).toBe(true)
        else expect(before.size).toBe(0)
        seen.set(id, before.add(place))
      }
    }
    const first = requests
      .filter(r => r.inputTokens >= 100)
      .map(r => [...(r.content!.blockIds as Float64Array)].slice(0, 6).join())
    expect(new Set(first).size).toBe(8)
  })

  it('share a part of each prompt when a share is given', () => {
    const all = prefixed(
      { share: 0.5, groups: 1 },
      { lengths: { input: { kind: 'uniform', minimum: 32, maximum: 640 }, output: 9 } },
    )
    const longest = all.reduce((a, b) => (a.inputTokens > b.inputTokens ? a : b))
    for (const request of all.slice(0, 200)) {
      const common = [...(request.content!.blockIds as Float64Array)].filter(
        (id, index) => id === longest.content!.blockIds[index],
      ).length
      if (request !== longest) expect(common).toBe(Math.floor(Math.round(request.inputTokens / 2) / 16))
    }
  })

  it('are as popular as Zipf says', () => {
    const counts = (zipfExponent: number) => {
      const byGroup = new Map<number, number>()
      const requests = prefixed({ tokens: 64, zipfExponent }, { lengths: { input: 100, output: 9 } })
      for (const request of requests) byGroup.set(groupOf(request), (byGroup.get(groupOf(request)) ?? 0) + 1)
      return [...byGroup.values()].sort((a, b) => b - a)
    }
    const even = counts(0)
    expect(even.length).toBe(8)
    for (const count of even) expect(Math.abs(count - 500)).toBeLessThan(4 * Math.sqrt(500))
    const harmonic = [1, 2, 3, 4, 5, 6, 7, 8].map(rank => 1 / rank)
    const sum = harmonic.reduce((a, b) => a + b)
    for (const [rank, count] of counts(1).entries()) {
      const expected = (4000 * harmonic[rank]!) / sum
      expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected) + 20)
    }
  })
})
