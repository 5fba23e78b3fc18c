import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Breaker, type BreakerOutcome } from './breaker.ts'

const settings = { cooldownAfter: 3, cooldownSeconds: 5, longestCooldownSeconds: 30 }
const second = 1e6
const failed: BreakerOutcome = { kind: 'failed', retryAfterSeconds: null }
const served: BreakerOutcome = { kind: 'served', retryAfterSeconds: null }

/** Sends and ends at once. */
function one(breaker: Breaker, nowUs: number, outcome: BreakerOutcome): void {
  breaker.ended(nowUs, breaker.sent(nowUs), outcome, settings)
}

function opened(): Breaker {
  const breaker = new Breaker()
  for (let count = 0; count < 3; count++) one(breaker, 0, failed)
  return breaker
}

describe('a breaker', () => {
  test('opens after failures in a row, and a served request between them begins the row anew', () => {
    const breaker = new Breaker()
    for (const outcome of [failed, failed, served, failed, failed]) one(breaker, 0, outcome)
    expect(breaker.admits(0)).toBe(true)
    one(breaker, 0, failed)
    expect(breaker.admits(0)).toBe(false)
    expect(breaker.coolingUntilUs(0)).toBe(5 * second)
  })

  test('what is nobody’s fault, or the request’s own, counts for nothing', () => {
    const breaker = new Breaker()
    for (const kind of ['failed', 'cancelled', 'failed', 'refused', 'failed'] as const)
      one(breaker, 0, { kind, retryAfterSeconds: null })
    expect(breaker.admits(0)).toBe(false)
  })

  test('lets one request try after its cooldown; served, it is closed', () => {
    const breaker = opened()
    expect(breaker.admits(5 * second - 1)).toBe(false)
    expect(breaker.admits(5 * second)).toBe(true)
    const ticket = breaker.sent(5 * second)
    expect(breaker.admits(5 * second)).toBe(false)
    breaker.ended(6 * second, ticket, served, settings)
    expect(breaker.admits(6 * second)).toBe(true)
    one(breaker, 6 * second, failed)
    expect(breaker.admits(6 * second)).toBe(true)
  })

  test('each failed try doubles the cooldown up to the longest', () => {
    const breaker = opened()
    const seconds: number[] = []
    for (let count = 0; count < 5; count++) {
      const nowUs = breaker.coolingUntilUs(0)!
      one(breaker, nowUs, failed)
      seconds.push((breaker.coolingUntilUs(nowUs)! - nowUs) / second)
    }
    expect(seconds).toEqual([10, 20, 30, 30, 30])
  })

  test('a try that was cancelled lets another try', () => {
    const breaker = opened()
    one(breaker, 5 * second, { kind: 'cancelled', retryAfterSeconds: null })
    expect(breaker.admits(5 * second)).toBe(true)
  })

  test('failures of what was sent before it opened neither lengthen the cooldown nor end the try', () => {
    const breaker = new Breaker()
    const tickets = Array.from({ length: 10 }, () => breaker.sent(0))
    for (const ticket of tickets.slice(0, 5)) breaker.ended(second, ticket, failed, settings)
    expect(breaker.coolingUntilUs(second)).toBe(6 * second)
    const probe = breaker.sent(6 * second)
    for (const ticket of tickets.slice(5)) breaker.ended(7 * second, ticket, failed, settings)
    expect(breaker.admits(7 * second)).toBe(false)
    breaker.ended(8 * second, probe, served, settings)
    expect(breaker.admits(8 * second)).toBe(true)
  })

  test('Retry-After is obeyed at once, the longer one of two, no longer than the longest cooldown', () => {
    const breaker = new Breaker()
    const tickets = [breaker.sent(0), breaker.sent(0), breaker.sent(0)] as const
    breaker.ended(0, tickets[0], { kind: 'limited', retryAfterSeconds: 20 }, settings)
    expect(breaker.coolingUntilUs(0)).toBe(20 * second)
    breaker.ended(0, tickets[1], { kind: 'limited', retryAfterSeconds: 2 }, settings)
    expect(breaker.coolingUntilUs(0)).toBe(20 * second)
    breaker.ended(0, tickets[2], { kind: 'limited', retryAfterSeconds: 86_400 }, settings)
    expect(breaker.coolingUntilUs(0)).toBe(30 * second)
  })

  test('for any history: one try at a time, no cooldown beyond the longest, and it comes back once it serves', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('send' as const) }),
      fc.record({ kind: fc.constant('wait' as const), us: fc.integer({ min: 1, max: 40 * second }) }),
      fc.record({
        kind: fc.constant('end' as const),
        which: fc.nat(20),
        outcome: fc.constantFrom('served', 'failed', 'limited', 'cancelled', 'refused'),
        retryAfterSeconds: fc.option(fc.integer({ min: 0, max: 100 })),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), steps => {
        const breaker = new Breaker()
        const flying: number[] = []
        let nowUs = 0
        let hasCooled = false
        let tries = 0
        for (const each of steps) {
          if (each.kind === 'wait') nowUs += each.us
          else if (each.kind === 'send') {
            if (!breaker.admits(nowUs)) continue
            flying.push(breaker.sent(nowUs))
            if (hasCooled) expect(breaker.admits(nowUs)).toBe(false)
            if (hasCooled) tries++
          } else if (flying.length > 0) {
            const [ticket] = flying.splice(each.which % flying.length, 1)
            const { outcome: kind, retryAfterSeconds } = each
            breaker.ended(nowUs, ticket!, { kind, retryAfterSeconds }, settings)
          }
          const untilUs = breaker.coolingUntilUs(nowUs)
          if (untilUs !== null) expect(untilUs - nowUs).toBeLessThanOrEqual(30 * second)
          // Since it closed, any number may be sent.
          hasCooled = untilUs !== null || (hasCooled && !isClosed(breaker, nowUs))
        }
        for (const ticket of flying)
          breaker.ended(nowUs, ticket, { kind: 'cancelled', retryAfterSeconds: null }, settings)
        nowUs += 31 * second
        expect(breaker.admits(nowUs)).toBe(true)
        one(breaker, nowUs, served)
        expect(isClosed(breaker, nowUs)).toBe(true)
        expect(tries).toBeLessThanOrEqual(steps.length)
      }),
      { numRuns: 300 },
    )
  })
})

/** Asked without leaving a trace: two requests at once are admitted only by a closed one. */
function isClosed(breaker: Breaker, nowUs: number): boolean {
  if (!breaker.admits(nowUs)) return false
  const ticket = breaker.sent(nowUs)
  const both = breaker.admits(nowUs)
  breaker.ended(nowUs, ticket, { kind: 'cancelled', retryAfterSeconds: null }, settings)
  return both
}
