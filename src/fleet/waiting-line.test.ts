import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { request } from './fleet.fixture.ts'
import { Flight } from './flight.ts'
import { WaitingLine } from './waiting-line.ts'

const never = Number.POSITIVE_INFINITY

function flights(count: number): Flight[] {
  return Array.from({ length: count }, () => new Flight(request(), 0))
}

function take(line: WaitingLine, flight: Flight): void {
  line.remove(flight)
  flight.place = 'ingress'
}

describe('a waiting line', () => {
  test('gives the first that still waits', () => {
    const line = new WaitingLine('front')
    const [a, b, c] = flights(3) as [Flight, Flight, Flight]
    for (const flight of [a, b, c]) line.add(flight, never)
    take(line, b)
    expect(line.first()).toBe(a)
    take(line, a)
    expect(line.first()).toBe(c)
    take(line, c)
    expect([line.first(), line.size]).toEqual([undefined, 0])
  })

  test('wakes for the earliest that still waits, at its latest wish', () => {
    const line = new WaitingLine('front')
    const [a, b] = flights(2) as [Flight, Flight]
    line.add(a, 10)
    line.add(b, 20)
    line.postpone(a, 30)
    expect(line.nextUs()).toBe(20)
    expect(line.due(19)).toBeUndefined()
    expect(line.due(20)).toBe(b)
    take(line, b)
    expect(line.due(30)).toBe(a)
    take(line, a)
    expect(line.nextUs()).toBe(never)
  })

  test('one that comes back waits again', () => {
    const line = new WaitingLine('front')
    const [a, b] = flights(2) as [Flight, Flight]
    line.add(a, never)
    line.add(b, never)
    take(line, a)
    line.add(a, 7)
    expect([line.size, line.nextUs()]).toEqual([2, 7])
    take(line, a)
    expect([line.first(), line.size]).toEqual([b, 1])
  })

  test('agrees with a plain list, however long', () => {
    const change = fc.oneof(
      fc.constant({ kind: 'add' as const }),
      fc.record({ kind: fc.constant('take' as const), index: fc.nat(300) }),
    )
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400, size: 'max' }), changes => {
        const line = new WaitingLine('front')
        let plain: Flight[] = []
        for (const one of changes) {
          if (one.kind === 'add') {
            const flight = new Flight(request(), 0)
            line.add(flight, never)
            plain.push(flight)
          } else if (plain.length > 0) {
            const taken = plain[one.index % plain.length]!
            take(line, taken)
            plain = plain.filter(flight => flight !== taken)
          }
          expect(line.size).toBe(plain.length)
          expect(line.first() === plain[0]).toBe(true)
        }
      }),
      { numRuns: 30 },
    )
  })
})
