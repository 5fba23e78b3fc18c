import { expect, test } from 'vitest'
import { createTurnEnd } from './turn-end.ts'

test('tasks of a turn are done together, in their order, after what comes first; later ones with the next turn', async () => {
  const done: string[] = []
  const turnEnd = createTurnEnd(() => done.push('first'))
  turnEnd.add(() => {
    done.push('a')
    turnEnd.add(() => done.push('c'))
  })
  turnEnd.add(() => done.push('b'))
  expect(done).toEqual([])
  await new Promise(resolve => setImmediate(resolve))
  expect(done).toEqual(['first', 'a', 'b'])
  await new Promise(resolve => setImmediate(resolve))
  expect(done).toEqual(['first', 'a', 'b', 'first', 'c'])
})
