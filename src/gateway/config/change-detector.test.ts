import { expect, test } from 'vitest'
import { type ConfigSource, createChangeDetector } from './change-detector.ts'

const at = (text: string | null, key: string | null = 'k'): ConfigSource[] => [
  { path: '/gateway.yaml', bytes: text === null ? null : Buffer.from(text) },
  { path: '/key', bytes: key === null ? null : Buffer.from(key) },
]

test('a change counts when two looks in a row see the same', () => {
  const detector = createChangeDetector(at('a'))
  const seen = ['a', 'a', 'ab', 'abc', 'abc'].map(text => detector.look(at(text)))
  expect(seen).toEqual([false, false, false, false, true])
})

test('until it was read, it counts at every look; then no more', () => {
  const detector = createChangeDetector(at('a'))
  expect(['b', 'b', 'b'].map(text => detector.look(at(text)))).toEqual([false, true, true])
  detector.read(at('b'))
  expect(['b', 'b'].map(text => detector.look(at(text)))).toEqual([false, false])
  expect(detector.sources).toEqual(at('b'))
})

test('what comes and goes between looks is no change', () => {
  const detector = createChangeDetector(at('a'))
  expect(['b', 'a', 'b', 'a', 'a'].map(text => detector.look(at(text)))).toEqual(Array(5).fill(false))
})

test('a file that goes, and any other file of the list, is a change', () => {
  const gone = createChangeDetector(at('a'))
  expect([at(null), at(null)].map(seen => gone.look(seen))).toEqual([false, true])
  const secret = createChangeDetector(at('a'))
  expect([at('a', 'l'), at('a', 'l')].map(seen => secret.look(seen))).toEqual([false, true])
  const empty = createChangeDetector(at('a'))
  expect([at(''), at(null)].map(seen => empty.look(seen))).toEqual([false, false])
})
