import { describe, expect, test } from 'vitest'
import type { PolledState } from '../engine-state/index.ts'
import { CandidateLoad } from './candidate-load.ts'

function polled(state: PolledState | null, capacity: number | null = null) {
  const told = { state }
  return { told, load: new CandidateLoad(7, capacity, () => told.state) }
}
const reading: PolledState = { ready: true, waiting: 2, running: 3, cacheUse: 0.5, cacheTokens: 1000 }

describe('the load of a candidate', () => {
  test('is what was read, until more was sent: what answers runs, the rest waits', () => {
    const { load } = polled(reading)
    for (let count = 0; count < 5; count++) load.sent(100)
    expect(load.refresh(0)).toMatchObject({ waiting: 2, running: 3, cacheUse: 0.5, cacheTokens: 1000 })
    expect(load.state.pendingPromptTokens).toBe(500)
    for (let count = 0; count < 4; count++) load.sent(100)
    expect(load.refresh(0)).toMatchObject({ waiting: 6, running: 3 })
    for (let count = 0; count < 7; count++) load.firstToken(100)
    expect(load.refresh(0)).toMatchObject({ waiting: 2, running: 7, pendingPromptTokens: 200 })
    for (let count = 0; count < 7; count++) load.ended(100, true)
    for (let count = 0; count < 2; count++) load.ended(100, false)
    expect(load.refresh(0)).toMatchObject({ waiting: 2, running: 3, pendingPromptTokens: 0 })
  })

  test('of one without metrics is what is under way, and it is ready', () => {
    const load = new CandidateLoad(7, null, null)
    load.sent(100)
    expect(load.refresh(1e12)).toMatchObject({ ready: true, waiting: 0, running: 1, capacity: Infinity })
  })

  test('is looked at again after some time, or when its readiness changed', () => {
    const { told, load } = polled(reading)
    load.refresh(0)
    told.state = { ...reading, ready: false, running: 9 }
    expect(load.refresh(1000)).toMatchObject({ ready: true, running: 3 })
    load.stale()
    expect(load.refresh(1000)).toMatchObject({ ready: false, running: 9 })
  })

  test('a server that was never heard is ready, for it may have no metrics; one that fell silent is not', () => {
    const { told, load } = polled({ ready: false, waiting: 0, running: 0, cacheUse: 0 })
    expect(load.refresh(1e9).ready).toBe(true)
    told.state = reading
    expect(load.refresh(2e9).ready).toBe(true)
    const lost = polled(reading)
    lost.load.refresh(0)
    lost.told.state = { ...reading, ready: false }
    expect(lost.load.refresh(1e6).ready).toBe(false)
  })

  test('the same object each time', () => {
    const { load } = polled(reading)
    expect(load.refresh(0)).toBe(load.refresh(1e6))
  })
})
