import { describe, expect, test } from 'vitest'
import type { LedgerEvent } from '../events.ts'
import { opened, settled } from '../ledger.fixture.ts'
import { createGroupCommit, type WriteOutcome } from './group-commit.ts'
import { contradiction } from './ledger-faults.ts'

type Calls = readonly (readonly LedgerEvent[])[]
const kept = (calls: Calls): WriteOutcome[] =>
  calls.map(events => ({ appended: events.length, duplicates: 0 }))
const one = (index: number) => [opened({ requestId: `r${index}` })]

/** A database whose commits end when the test says so. */
function slowDatabase() {
  const writes: { readonly calls: Calls; end(error?: Error): void }[] = []
  const write = (calls: Calls): Promise<WriteOutcome[]> =>
    new Promise((resolve, reject) => {
      writes.push({ calls, end: error => (error === undefined ? resolve(kept(calls)) : reject(error)) })
    })
  return { writes, write }
}

const settings = { delayMs: 0, events: 10, mostWaiting: 20 }
const turns = () => new Promise(resolve => setTimeout(resolve, 5))

describe('group commit', () => {
  test('calls of a moment are written together', async () => {
    const { writes, write } = slowDatabase()
    const commits = createGroupCommit(settings, 'test', write)
    const appended = [commits.append(one(1)), commits.append(one(2))]
    await turns()
    expect(writes.map(({ calls }) => calls.length)).toEqual([2])
    writes[0]!.end()
    expect(await Promise.all(appended)).toHaveLength(2)
  })

  test('one commit at a time; what comes meanwhile goes with the next', async () => {
    const { writes, write } = slowDatabase()
    const commits = createGroupCommit(settings, 'test', write)
    const first = commits.append(one(0))
    await turns()
    const later = [1, 2, 3].map(index => commits.append(one(index)))
    await turns()
    expect(writes).toHaveLength(1)
    writes[0]!.end()
    await first
    await turns()
    expect(writes.map(({ calls }) => calls.length)).toEqual([1, 3])
    writes[1]!.end()
    await Promise.all(later)
  })

  test('enough events do not wait', () => {
    const { writes, write } = slowDatabase()
    const commits = createGroupCommit({ ...settings, delayMs: 60_000 }, 'test', write)
    for (let index = 0; index < 9; index++) commits.append(one(index))
    expect(writes).toHaveLength(0)
    commits.append(one(9))
    expect(writes).toHaveLength(1)
  })

  test('a database that is away fails those that waited, and nobody after', async () => {
    const { writes, write } = slowDatabase()
    const commits = createGroupCommit(settings, 'test', write)
    const lost = Promise.allSettled([commits.append(one(1)), commits.append(one(2))])
    await turns()
    writes[0]!.end(new Error('connection refused'))
    for (const outcome of await lost) {
      expect(outcome).toMatchObject({
        reason: { code: 'ledger', message: expect.stringMatching(/connection refused/) },
      })
    }
    const again = commits.append(one(1))
    await turns()
    writes[1]!.end()
    expect(await again).toEqual({ appended: 1, duplicates: 0 })
  })

  test('more than memory should hold is refused', async () => {
    const { writes, write } = slowDatabase()
    const commits = createGroupCommit(settings, 'test', write)
    const first = commits.append(one(0))
    await turns()
    for (let index = 1; index <= 20; index++) void commits.append(one(index))
    await expect(commits.append(one(21))).rejects.toMatchObject({
      code: 'ledger',
      message: expect.stringMatching(/keep up/),
    })
    writes[0]!.end()
    await first
  })

  test('one that contradicts fails alone, and so does one that cannot be true', async () => {
    const commits = createGroupCommit(settings, 'test', calls =>
      calls.map((_, index) => (index === 1 ? contradiction('key', 'test') : { appended: 1, duplicates: 0 })),
    )
    const outcomes = await Promise.allSettled([
      commits.append(one(0)),
      commits.append(one(1)),
      commits.append([settled({ tenant: '' })]),
      commits.append(one(3)),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  })

  test('close writes what waits, then refuses', async () => {
    const { writes, write } = slowDatabase()
    const commits = createGroupCommit({ ...settings, delayMs: 60_000 }, 'test', write)
    const waiting = commits.append(one(0))
    const closing = commits.close()
    await turns()
    writes[0]!.end()
    await closing
    expect(await waiting).toEqual({ appended: 1, duplicates: 0 })
    await expect(commits.append(one(1))).rejects.toMatchObject({ code: 'ledger' })
  })
})
