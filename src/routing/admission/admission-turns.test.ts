/** Whose turn it is, of those who wait. */
import { describe, expect, test } from 'vitest'
import type { WorkloadRequest } from '../../workload/request.ts'
import { candidate, request } from '../routing.fixture.ts'
import { admission, ask, drive, free, full } from './admission.fixture.ts'
import type { AdmissionRouter } from './admission-router.ts'

describe('turns', () => {
  /** Order in which those who came while the place was taken are sent. */
  function order(router: AdmissionRouter, requests: readonly WorkloadRequest[], byTurn = true) {
    const blocker = request({ id: 1000, inputTokens: 1, outputTokens: 1, tenant: 'blocker' })
    const sent: number[] = []
    drive(router, [blocker, ...requests.map(each => ({ ...each, arrivalUs: 1 }))], {
      slots: 1,
      byTurn,
      beforeSend: ({ id }) => sent.push(id),
    })
    return sent.slice(1)
  }
  const of = (tenant: string, ids: readonly number[], priority = 0) =>
    ids.map(id => request({ id, tenant, priority }))

  test('one tenant: in order of arrival', () => {
    expect(order(admission(), of('a', [3, 1, 2]))).toEqual([3, 1, 2])
  })

  test('tenants take turns however much one asks for; whoever drives it', () => {
    const requests = [...of('loud', [0, 1, 2, 3, 4, 5]), ...of('quiet', [10, 11])]
    expect(order(admission(), requests)).toEqual([0, 10, 1, 11, 2, 3, 4, 5])
    expect(order(admission({ retrySeconds: 0.001 }), requests, false)).toEqual([0, 10, 1, 11, 2, 3, 4, 5])
  })

  test('long requests count for what they are; weights divide', () => {
    const long = of('long', [0, 1, 2]).map(each => ({ ...each, inputTokens: 200 + 40, outputTokens: 30 }))
    const short = of('short', [10, 11, 12, 13, 14, 15])
    // 300 against 120 weighted tokens.
    expect(order(admission(), [...long, ...short])).toEqual([0, 10, 11, 12, 1, 13, 14, 2, 15])
    const weighted = admission({ tenants: { b: { weight: 2 } } })
    expect(order(weighted, [...of('a', [0, 1, 2]), ...of('b', [10, 11, 12, 13])])).toEqual([
      0, 10, 11, 1, 12, 13, 2,
    ])
  })

  test('urgent ones first', () => {
    const requests = [...of('a', [0, 1]), ...of('a', [2], 5), ...of('b', [3], -1), ...of('a', [4], -1)]
    expect(order(admission(), requests)).toEqual([3, 4, 0, 1, 2])
  })

  test('a model nobody serves yet does not hold up another', () => {
    const fleet = [
      candidate(0, { capacity: 1, models: ['up'] }),
      candidate(1, { ready: false, models: ['starting'] }),
    ]
    const requests = [
      request({ id: 0, model: 'up' }),
      request({ id: 1, model: 'starting', priority: -5 }),
      request({ id: 2, model: 'up' }),
    ]
    const fates = drive(admission({ maximumWaitSeconds: 1 }), requests, { slots: 1, candidates: fleet })
    expect([0, 1, 2].map(id => fates.get(id))).toMatchObject([
      { kind: 'sent', atUs: 0 },
      { kind: 'rejected', reason: 'deadline', atUs: 1_000_000 },
      { kind: 'sent', atUs: 10_000 },
    ])
  })

  test('of several models the most urgent, then the least served is asked first', () => {
    const router = admission()
    ask(router, 0, request({ id: 1, model: 'x', tenant: 'a' }), full)
    ask(router, 0, request({ id: 2, model: 'y', tenant: 'b', priority: -1 }), full)
    ask(router, 0, request({ id: 3, model: 'z', tenant: 'c' }), full)
    router.sent(0, request({ id: 9, tenant: 'a' }), 0)
    const asked: (number | null)[] = []
    for (let next = router.nextWaiting(1); next !== null; next = router.nextWaiting(1)) {
      asked.push(next)
      ask(router, 1, request({ id: next, model: 'xyz'[next - 1]! }), full)
    }
    expect(asked).toEqual([2, 3, 1])
  })

  test('is asked again after a change, not twice for the same', () => {
    const router = admission()
    ask(router, 0, request({ id: 1 }), full)
    expect(router.nextWaiting(0)).toBeNull()
    for (const change of [
      () => router.ended(0, 99, 0),
      () => router.firstToken(0, 99, 0),
      () => router.removed(99),
    ]) {
      change()
      expect(router.nextWaiting(0)).toBe(1)
      ask(router, 0, request({ id: 1 }), full)
      expect(router.nextWaiting(0)).toBeNull()
    }
    expect(router.nextWaiting(1)).toBe(1)
  })

  test('once the driver asks whose turn it is, only who is next comes back by itself', () => {
    const router = admission({ retrySeconds: 0.1 })
    expect(router.route(0, request({ id: 0 }), full)).toEqual({ kind: 'wait', retryUs: 100_000 })
    expect(router.route(0, request({ id: 1 }), full)).toEqual({ kind: 'wait', retryUs: 100_000 })
    router.nextWaiting(0)
    expect(router.route(10, request({ id: 1 }), full)).toEqual({ kind: 'wait', retryUs: 60_000_000 })
    expect(router.route(10, request({ id: 0 }), full)).toEqual({ kind: 'wait', retryUs: 100_010 })
  })

  test('who gives up leaves, told or not of being turned away', () => {
    const router = admission({ maximumWaiting: 1 })
    ask(router, 0, request({ id: 0, tenant: 'a', priority: 1 }), full)
    ask(router, 0, request({ id: 1, tenant: 'b' }), full)
    router.withdrawn(1, 0)
    router.withdrawn(1, 77)
    expect(router.nextWaiting(1)).toBe(1)
    router.withdrawn(1, 1)
    expect([router.nextWaiting(2), router.waiting]).toEqual([null, 0])
    expect(ask(router, 3, request({ id: 2 }), free)).toBe('send')
  })
})
