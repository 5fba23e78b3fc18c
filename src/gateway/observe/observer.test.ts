/** One teller, many listeners; and the last requests in memory. */
import { expect, test } from 'vitest'
import { createObserver } from './observer.ts'
import { createRecentRequests } from './recent-requests.ts'
import { summaryOf } from './summary.fixture.ts'

test('everybody is told, whoever throws', () => {
  const told: string[] = []
  const faults: unknown[] = []
  const observer = createObserver({
    metrics: {
      requestStarted: () => {
        throw new Error('at the start')
      },
      requestEnded: () => {
        throw new Error('at the end')
      },
    },
    log: { requestEnded: ({ requestId }) => told.push(`log ${requestId}`) },
    tracing: null,
    live: { add: ({ requestId }) => told.push(`live ${requestId}`) },
    onFault: (part, error) => faults.push(`${part}: ${(error as Error).message}`),
  })
  observer.requestStarted()
  observer.requestEnded(summaryOf())
  observer.requestEnded(summaryOf({ requestId: 'req-2' }))
  expect(told).toEqual(['log req-1', 'live req-1', 'log req-2', 'live req-2'])
  expect(faults).toEqual(['metrics: at the start'])
})

test('who is told of faults may throw as well, or be nobody', () => {
  const broken = {
    requestStarted: () => {
      throw new Error('x')
    },
  }
  const observer = createObserver({
    log: broken,
    onFault: () => {
      throw new Error('y')
    },
  })
  expect(() => observer.requestStarted()).not.toThrow()
  expect(() => createObserver({ log: broken }).requestStarted()).not.toThrow()
  expect(() => createObserver({}).requestEnded(summaryOf())).not.toThrow()
})

test('the last requests, newest first, a fixed number', () => {
  const recent = createRecentRequests(3)
  const ids = (list: readonly { requestId: string }[]) => list.map(({ requestId }) => requestId)
  expect(recent.last(5)).toEqual([])
  for (const requestId of ['a', 'b', 'c', 'd']) recent.add(summaryOf({ requestId }))
  expect(ids(recent.last(2))).toEqual(['d', 'c'])
  expect(ids(recent.last(100))).toEqual(['d', 'c', 'b'])
  expect(recent.find('a')).toBeNull()
  expect(recent.find('b')?.requestId).toBe('b')
  expect(recent.added).toBe(4)
  expect(ids(recent.since(3, 10))).toEqual(['d'])
  expect(ids(recent.since(4, 10))).toEqual([])
  expect(ids(recent.since(0, 10))).toEqual(['d', 'c', 'b'])
  expect(ids(recent.since(0, 1))).toEqual(['d'])
})

test('of the same id the newest is found', () => {
  const recent = createRecentRequests(10)
  recent.add(summaryOf({ status: 500 }))
  recent.add(summaryOf({ status: 200 }))
  expect(recent.find('req-1')!.status).toBe(200)
  expect(() => createRecentRequests(0)).toThrow(/bounded/)
  expect(() => createRecentRequests(100_000)).toThrow(/bounded/)
})
