import { describe, expect, test } from 'vitest'
import { HitShare } from './hit-share.ts'

describe('uses of a cached token', () => {
  test('nothing is known before the first prompt, and nothing is used without hits', () => {
    const hits = new HitShare()
    expect(hits.usesPerToken).toBe(0)
    hits.count(1000, 0)
    expect(hits.usesPerToken).toBe(0)
  })

  test('three quarters found again: each token stored is used three times', () => {
    const hits = new HitShare()
    for (let turn = 0; turn < 50; turn++) hits.count(400, 300)
    expect(hits.usesPerToken).toBeCloseTo(3, 10)
  })

  test('bounded where nearly all is found, and follows what changes', () => {
    const hits = new HitShare()
    for (let turn = 0; turn < 50; turn++) hits.count(1000, 999)
    expect(hits.usesPerToken).toBeCloseTo(49, 10)
    for (let turn = 0; turn < 1000; turn++) hits.count(1000, 0)
    expect(hits.usesPerToken).toBeLessThan(0.001)
  })
})
