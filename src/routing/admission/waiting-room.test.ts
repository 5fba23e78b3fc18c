import fc from 'fast-check'
import { expect, test } from 'vitest'
import { request } from '../routing.fixture.ts'
import { admissionSettings } from './admission-spec.ts'
import { TenantBooks } from './tenant-books.ts'
import { type Waiting, WaitingRoom } from './waiting-room.ts'

const change = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      model: fc.constantFrom('', '', '', 'x'),
      priority: fc.constantFrom(0, 0, 0, 3, -2),
      tenant: fc.constantFrom('a', 'a', 'b', 'c'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), index: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('serve' as const), tenant: fc.constantFrom('a', 'b', 'c') }),
  },
)

test('agrees with a plain list about who is next, and who goes first when there are too many', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60, size: 'max' }), changes => {
      const books = new TenantBooks(admissionSettings({ tenants: { b: { weight: 2 } } }))
      const room = new WaitingRoom(books)
      const plain: Waiting[] = []
      let id = 0
      for (const one of changes) {
        if (one.kind === 'add') {
          const { model, priority, tenant } = one
          plain.push(room.add(id, request({ id, model, priority, tenant }), books.of(tenant, 0)))
          id++
        } else if (one.kind === 'serve') books.charge(books.of(one.tenant, 0), request())
        else if (plain.length > 0) room.remove(plain.splice(one.index % plain.length, 1)[0]!)

        expect(room.size).toBe(plain.length)
        const turns = plain.toSorted(
          (a, b) =>
            a.request.priority - b.request.priority ||
            a.tenant.counter - b.tenant.counter ||
            a.order - b.order,
        )
        for (const model of ['', 'x', 'y'])
          expect(room.next(model)).toBe(turns.find(each => each.request.model === model) ?? null)
        expect([...room.nexts()].length).toBe(new Set(plain.map(each => each.request.model)).size)
        const held = (each: Waiting) =>
          plain.filter(other => other.tenant === each.tenant).length / each.tenant.weight
        const worst = plain.toSorted(
          (a, b) => b.request.priority - a.request.priority || held(b) - held(a) || b.order - a.order,
        )
        if (plain.length > 0) expect(room.last()).toBe(worst[0])
        for (const each of plain) expect(room.find(each.request.id)).toBe(each)
      }
    }),
    { numRuns: 200 },
  )
})
