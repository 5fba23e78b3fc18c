import { describe, expect, test } from 'vitest'
import { LearntSpeed } from './learnt-speed.ts'

describe('requests there at once', () => {
  test('are as many as the first answer had company, not nearly one', () => {
    const speed = new LearntSpeed(null, 'replica')
    speed.sawAnswer(0, 8, 100, 1000)
    expect(speed.batch).toBe(8)
    speed.sawWhole(0, 4, 100, 1000)
    expect(speed.batch).toBe(6)
  })

  test('fade: after many at two, what was there before counts for little', () => {
    const speed = new LearntSpeed(null, 'replica')
    for (let index = 0; index < 100; index++) speed.sawAnswer(0, 50, 100, 1000)
    for (let index = 0; index < 300; index++) speed.sawAnswer(0, 2, 100, 1000)
    expect(speed.batch).toBeGreaterThan(2)
    expect(speed.batch).toBeLessThan(3)
  })
})
