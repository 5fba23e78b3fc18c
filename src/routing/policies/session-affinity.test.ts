import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { candidates, request } from '../routing.fixture.ts'
import { choose, make, range, send } from './policies.fixture.ts'

describe('session affinity', () => {
  const ofSession = (session: number) => request({ id: session, session })

  test('a session stays, whatever the order of the list; sessions spread', () => {
    const router = make({ kind: 'session-affinity' })
    const homes = range(400).map(session => choose(router, ofSession(session), candidates(8)))
    expect(range(400).map(session => choose(router, ofSession(session), candidates(8).toReversed()))).toEqual(
      homes,
    )
    for (const home of range(8)) {
      const sessions = homes.filter(id => id === home).length
      expect(sessions).toBeGreaterThan(20)
      expect(sessions).toBeLessThan(85)
    }
  })

  test('when one goes only its sessions move; when it comes back they return', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(8), fc.nat(1e6), (count, gone, session) => {
        const router = make({ kind: 'session-affinity' })
        const fleet = candidates(count)
        const home = choose(router, ofSession(session), fleet)
        const left = fleet.filter(({ id }) => id !== gone % count)
        const moved = choose(router, ofSession(session), left)
        if (home !== gone % count) expect(moved).toBe(home)
        expect(choose(router, ofSession(session), fleet)).toBe(home)
      }),
    )
  })

  test('nobody holds more than the bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 1, max: 3, noNaN: true }),
        (count, loadFactor) => {
          const router = make({ kind: 'session-affinity', loadFactor })
          const counts = candidates(count).map(() => 0)
          for (const id of range(60)) {
            // All of one session: without the bound all would go to one place.
            counts[send(router, request({ id, session: 5 }), candidates(count))]!++
            expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil((loadFactor * (id + 1)) / count))
          }
        },
      ),
    )
  })

  test('by tenant; who belongs to nothing goes to the least loaded', () => {
    const router = make({ kind: 'session-affinity', key: 'tenant' })
    const fleet = candidates(5)
    const home = choose(router, request({ tenant: 'blue' }), fleet)
    expect(choose(router, request({ id: 1, tenant: 'blue', session: 3 }), fleet)).toBe(home)
    const busy = fleet.map(state => ({ ...state, running: state.id === 2 ? 0 : 3 }))
    expect(choose(router, request({ id: 2 }), busy)).toBe(2)
  })
})
