import { describe, expect, test } from 'vitest'
import { batch, listener, removedBlock, states, storedBlock, undecodable } from './event-source.fixture.ts'
import { createEventSource } from './event-source.ts'
import type { EventSource } from './event-source-types.ts'

describe('in order', () => {
  test('a fresh engine without replay is live from its first batch', () => {
    const l = listener({ canReplay: false })
    l.tell(0, { kind: 'connected' })
    l.live(0, batch(1, storedBlock(1, null)))
    l.live(1, batch(2, storedBlock(2, 1), removedBlock(2)))
    expect(l.source.state).toBe('live')
    expect(l.keys.size).toBe(1)
  })

  test('who joins late asks for everything, and what comes meanwhile waits', () => {
    const l = listener()
    expect(l.tell(0, { kind: 'connected' })).toEqual([{ kind: 'ask-replay', attempt: 1, from: 0 }])
    expect(l.live(2, batch(3, storedBlock(3, 2)))).toEqual([])
    expect(l.keys.size).toBe(0)
    l.tell(0, { kind: 'replayed', attempt: 1, sequence: 0, batch: batch(1, storedBlock(1, null)) })
    l.tell(0, { kind: 'replayed', attempt: 1, sequence: 1, batch: batch(2, storedBlock(2, 1)) })
    l.tell(0, { kind: 'replayed', attempt: 1, sequence: 2, batch: batch(3, storedBlock(3, 2)) })
    l.tell(0, { kind: 'replay-ended', attempt: 1 })
    expect(l.keys.size).toBe(3)
    expect(l.source.state).toBe('live')
    expect(l.source.counts.batches).toBe(3)
    expect(l.source.nextUs()).toBe(Infinity)
  })

  test('a gap is asked for, some batches before it', () => {
    const l = listener()
    l.tell(0, { kind: 'connected' })
    l.tell(0, { kind: 'replay-ended', attempt: 1 })
    for (let sequence = 0; sequence < 20; sequence++) l.live(sequence, batch(sequence))
    expect(l.live(25, batch(25))).toEqual([{ kind: 'ask-replay', attempt: 2, from: 4 }])
    expect(l.source.state).toBe('catching-up')
    l.tell(0, { kind: 'replay-ended', attempt: 1 })
    expect(l.source.state).toBe('catching-up')
    for (let sequence = 4; sequence < 26; sequence++)
      l.tell(0, { kind: 'replayed', attempt: 2, sequence, batch: batch(sequence) })
    l.tell(0, { kind: 'replay-ended', attempt: 2 })
    expect(l.source.state).toBe('live')
    expect(l.live(25, batch(25))).toEqual([])
    expect(l.source.counts).toMatchObject({ gaps: 1, duplicates: 1, restarts: 0, batches: 26 })
  })
})

describe('an engine that restarted', () => {
  function running() {
    const l = listener()
    l.tell(0, { kind: 'connected' })
    l.tell(0, { kind: 'replay-ended', attempt: 1 })
    for (let sequence = 0; sequence < 5; sequence++)
      l.live(sequence, batch(sequence, storedBlock(sequence, sequence === 0 ? null : sequence - 1)))
    expect(l.keys.size).toBe(5)
    return l
  }

  test('is known by a number that was there with another time stamp', () => {
    const l = running()
    expect(l.live(0, batch(100, storedBlock(50, null)))).toEqual([
      { kind: 'ask-replay', attempt: 2, from: 0 },
    ])
    expect(l.keys.size).toBe(0)
    l.tell(0, { kind: 'replay-ended', attempt: 2 })
    expect(l.keys.size).toBe(1)
    expect(l.source.counts.restarts).toBe(1)
  })

  test('whose clock went back is known too', () => {
    const l = running()
    l.live(3, batch(-7))
    expect(l.source.counts.restarts).toBe(1)
  })

  test('unheard, and has passed the old number: the replay shows it', () => {
    const l = running()
    l.tell(0, { kind: 'connected' })
    l.tell(0, { kind: 'replayed', attempt: 2, sequence: 0, batch: batch(100, storedBlock(50, null)) })
    expect(l.source.state).toBe('catching-up')
    expect(l.keys.size).toBe(0)
    l.tell(0, { kind: 'replayed', attempt: 3, sequence: 0, batch: batch(100, storedBlock(50, null)) })
    l.tell(0, { kind: 'replay-ended', attempt: 3 })
    expect(l.keys.size).toBe(1)
    expect(l.source.state).toBe('live')
  })

  test('while a gap was being filled, with a number in the gap', () => {
    const l = running()
    l.live(9, batch(9))
    expect(l.source.state).toBe('catching-up')
    expect(l.live(7, batch(100))).toEqual([{ kind: 'ask-replay', attempt: 3, from: 0 }])
    expect(l.keys.size).toBe(0)
    // What the replay of the old process still brings is not heard.
    l.tell(0, { kind: 'replayed', attempt: 2, sequence: 0, batch: batch(0, storedBlock(60, null)) })
    l.tell(0, { kind: 'replay-ended', attempt: 2 })
    expect(l.keys.size).toBe(0)
    expect(l.source.state).toBe('catching-up')
  })

  test('and has not reached the old number: the replay is empty', () => {
    const l = running()
    l.tell(0, { kind: 'connected' })
    expect(l.tell(0, { kind: 'replay-ended', attempt: 2 })).toEqual([
      { kind: 'ask-replay', attempt: 3, from: 0 },
    ])
    expect(l.keys.size).toBe(0)
  })

  test('without replay: begins anew where it can', () => {
    const l = listener({ canReplay: false })
    l.live(0, batch(1, storedBlock(1, null)))
    l.live(1, batch(2, storedBlock(2, 1)))
    l.live(0, batch(10, storedBlock(5, null)))
    expect(l.source.state).toBe('live')
    expect(l.keys.size).toBe(1)
    l.live(4, batch(14, storedBlock(6, null)))
    expect(l.source.state).toBe('degraded')
    expect(l.keys.size).toBe(1)
  })
})

describe('what cannot be had', () => {
  test('a buffer too short leaves a subset, and a repair is tried later', () => {
    const l = listener({ cooldownSeconds: 30 })
    l.tell(0, { kind: 'connected' })
    l.tell(0, { kind: 'replayed', attempt: 1, sequence: 90, batch: batch(90, storedBlock(1, null)) })
    l.tell(0, { kind: 'replayed', attempt: 1, sequence: 91, batch: batch(91, storedBlock(9, 8)) })
    l.tell(0, { kind: 'replay-ended', attempt: 1 })
    expect(states(l.said).at(-1)).toEqual(['degraded', 'replay-too-short'])
    expect(l.keys.size).toBe(1)
    expect(l.translator.counts.orphanBlocks).toBe(1)
    l.live(92, batch(92, storedBlock(2, 1)))
    expect(l.keys.size).toBe(2)
    // The repair reaches no further back: the subset stays, the next try is later.
    expect(l.source.nextUs()).toBe(30e6)
    expect(l.wake(30e6)).toEqual([{ kind: 'ask-replay', attempt: 2, from: 0 }])
    l.live(93, batch(93, storedBlock(3, 2)), 30e6)
    l.tell(30e6, { kind: 'replayed', attempt: 2, sequence: 91, batch: batch(91) })
    expect(l.keys.size).toBe(3)
    expect(l.source.state).toBe('degraded')
    expect(l.source.nextUs()).toBe(90e6)
    // The engine clears its cache: all is known again.
    l.live(94, batch(94, { kind: 'cleared' }), 31e6)
    expect(l.source.state).toBe('live')
    expect(l.keys.size).toBe(0)
    expect(l.source.nextUs()).toBe(Infinity)
  })

  test('a replay that fails is tried again, then given up', () => {
    const l = listener({ maximumAttempts: 2, replayTimeoutSeconds: 2 })
    l.tell(0, { kind: 'connected' })
    l.live(7, batch(7, storedBlock(1, null)))
    expect(l.source.nextUs()).toBe(2e6)
    expect(l.wake(2e6)).toEqual([{ kind: 'ask-replay', attempt: 2, from: 0 }])
    expect(l.tell(3e6, { kind: 'replay-failed', attempt: 2 })).toEqual([])
    expect(states(l.said).at(-1)).toEqual(['degraded', 'replay-failed'])
    expect(l.keys.size).toBe(1)
    expect(l.source.counts.failedReplays).toBe(2)
  })

  test('gaps without a replay endpoint', () => {
    const l = listener({ canReplay: false })
    l.live(0, batch(0, storedBlock(1, null)))
    l.live(2, batch(2, storedBlock(2, null)))
    expect(states(l.said)).toEqual([
      ['live', null],
      ['degraded', 'no-replay-endpoint'],
    ])
    expect(l.keys.size).toBe(1)
    expect(l.source.nextUs()).toBe(Infinity)
  })

  test('undecodable batches raise an alarm, once, and never pass for an empty cache', () => {
    const l = listener({ alarmAfter: 3 })
    l.tell(0, { kind: 'connected' })
    l.tell(0, { kind: 'replay-ended', attempt: 1 })
    l.live(0, batch(0, storedBlock(1, null)))
    for (let sequence = 1; sequence < 6; sequence++) l.live(sequence, undecodable)
    expect(l.said.filter(({ kind }) => kind === 'alarm')).toEqual([
      { kind: 'alarm', name: 'events-undecodable', reason: 'test' },
    ])
    expect(states(l.said).at(-1)).toEqual(['degraded', 'undecodable'])
    expect(l.source.counts.undecodable).toBe(5)
    expect(l.keys.size).toBe(0)
  })

  test('too much waiting is given up', () => {
    const l = listener({ maximumBuffered: 3 })
    l.tell(0, { kind: 'connected' })
    for (let sequence = 5; sequence < 9; sequence++)
      l.live(sequence, batch(sequence, storedBlock(sequence, null)))
    expect(states(l.said).at(-1)).toEqual(['degraded', 'too-much-waiting'])
    expect(l.keys.size).toBe(4)
  })

  test('a parent nobody told of is repaired, but not for ever', () => {
    const l = listener({ cooldownSeconds: 10 })
    l.tell(0, { kind: 'connected' })
    l.tell(0, { kind: 'replay-ended', attempt: 1 })
    l.live(0, batch(0, storedBlock(1, null)))
    expect(l.tell(1, { kind: 'parent-unknown' })).toEqual([{ kind: 'ask-replay', attempt: 2, from: 0 }])
    l.tell(1, { kind: 'replayed', attempt: 2, sequence: 0, batch: batch(0, storedBlock(1, null)) })
    l.tell(1, { kind: 'replay-ended', attempt: 2 })
    expect(l.source.state).toBe('live')
    expect(l.keys.size).toBe(1)
    expect(l.tell(2, { kind: 'parent-unknown' })).toEqual([])
  })
})

test('sources do not share anything', () => {
  const one: EventSource = createEventSource()
  const other: EventSource = createEventSource()
  one.accept(0, { kind: 'connected' }, [])
  expect(other.state).toBe('connecting')
})
