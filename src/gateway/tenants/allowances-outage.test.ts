/** Authorities that are away, forget, or whose answers are lost; replicas that die. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { budget, startMs, world } from './replicas.fixture.ts'
import { windowAt } from './window.ts'

describe('an authority that lost its memory', () => {
  test('learns from the ledger before it gives anything', async () => {
    const { state, replica, inner } = world({}, { usedByLedger: () => 95n })
    const spec = budget(100n)
    expect(await replica('a').reserve('r', [{ spec, amount: 6n }])).toMatchObject({ reason: 'budget-spent' })
    const one = replica('b')
    expect(await one.reserve('s', [{ spec, amount: 5n }])).toEqual({ kind: 'allowed' })
    one.settle('s', [3n])
    await inner.close()
    state.nowMs += 4000
    await one.renew()
    // 95 by the ledger; the 3 that were not confirmed yet on top.
    expect(await one.reserve('t', [{ spec, amount: 3n }])).toMatchObject({ reason: 'budget-spent' })
    expect(await one.reserve('u', [{ spec, amount: 2n }])).toEqual({ kind: 'allowed' })
  })

  test('learns from the totals of live replicas when there is no ledger', async () => {
    const { state, replica, inner } = world()
    const one = replica('a')
    const spec = budget(100n)
    await one.reserve('r', [{ spec, amount: 60n }])
    one.settle('r', [60n])
    state.nowMs += 4000
    await one.renew()
    await inner.close()
    expect(await one.reserve('s', [{ spec, amount: 41n }])).toMatchObject({ reason: 'budget-spent' })
    expect(await one.reserve('t', [{ spec, amount: 40n }])).toEqual({ kind: 'allowed' })
  })
})

describe('without the authority', () => {
  test('a lease serves until it ends; then closed refuses', async () => {
    const { state, replica } = world()
    const one = replica('a')
    const spec = budget(1000n)
    await one.reserve('r', [{ spec, amount: 1n }])
    state.away = true
    state.nowMs += 9000
    expect(one.reserve('s', [{ spec, amount: 1n }])).toEqual({ kind: 'allowed' })
    state.nowMs += 1000
    expect(await one.reserve('t', [{ spec, amount: 1n }])).toMatchObject({
      reason: 'authority-away',
      retryAfterSeconds: 1,
    })
    state.away = false
    state.nowMs += 1000
    expect(await one.reserve('u', [{ spec, amount: 1n }])).toEqual({ kind: 'allowed' })
  })

  test('open gives out its allowance beyond the lease, and the overspending is on the books', async () => {
    const { state, replica, inner } = world({ whenAway: { kind: 'open', divisor: 10n } })
    const [one, other] = [replica('a'), replica('b')]
    const spec = budget(100n)
    await one.reserve('r', [{ spec, amount: 100n }])
    one.settle('r', [100n])
    state.away = true
    let given = 0
    for (let index = 0; index < 40; index++) {
      const decision = await (index % 2 === 0 ? one : other).reserve(`s${index}`, [{ spec, amount: 1n }])
      if (decision.kind === 'allowed') given++
      ;(index % 2 === 0 ? one : other).settle(`s${index}`, [1n])
    }
    expect(given).toBe(20)
    state.away = false
    state.nowMs += 10_000
    await Promise.all([one.renew(), other.renew()])
    expect(await inner.standing(spec, windowAt('month', state.nowMs))).toEqual({
      used: 120n,
      held: 0n,
      leases: { a: 0n, b: 0n },
      overspent: 20n,
    })
  })

  test('it is asked again after a pause only', async () => {
    const { state, replica } = world()
    state.away = true
    const one = replica('a')
    for (let index = 0; index < 20; index++)
      await one.reserve(`r${index}`, [{ spec: budget(9n), amount: 1n }])
    expect(state.exchanges).toBe(1)
    state.nowMs += 250
    await one.reserve('later', [{ spec: budget(9n), amount: 1n }])
    expect(state.exchanges).toBe(2)
  })
})

type Act = 'request' | 'finish' | 'renew' | 'crash' | 'away' | 'lose' | 'back' | 'wait'

test('any mix of requests, crashes, outages and lost answers: never above the cap; all of it is usable in the end', async () => {
  const act = fc.record({
    kind: fc.constantFrom<Act>(
      'request',
      'request',
      'request',
      'finish',
      'finish',
      'renew',
      'crash',
      'away',
      'lose',
      'back',
      'wait',
    ),
    replica: fc.nat(2),
    amount: fc.integer({ min: 1, max: 40 }),
    part: fc.nat(100),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 80 }), async acts => {
      const { state, replica, inner } = world()
      const specs = [budget(300n), budget(200n, 'day', 'key:k1')]
      let lives = 0
      const replicas = [0, 1, 2].map(() => ({
        one: replica(`r${lives++}`),
        open: [] as { id: string; amount: bigint }[],
      }))
      let spent = 0n
      for (const [index, { kind, replica: at, amount, part }] of acts.entries()) {
        const mine = replicas[at]!
        if (kind === 'request') {
          const reserved = BigInt(amount)
          const charges = specs.map(spec => ({ spec, amount: reserved }))
          if ((await mine.one.reserve(`q${index}`, charges)).kind === 'allowed') {
            mine.open.push({ id: `q${index}`, amount: reserved })
          }
        } else if (kind === 'finish') {
          const request = mine.open.shift()
          if (request !== undefined) {
            const actual = (request.amount * BigInt(part)) / 100n
            spent += actual
            expect(mine.one.settle(request.id, [actual, actual]).kind).toBe('settled')
          }
        } else if (kind === 'renew') await mine.one.renew()
        else if (kind === 'crash') {
          // What was under way is paid for; the next life knows nothing.
          for (const { amount } of mine.open) spent += amount
          replicas[at] = { one: replica(`r${lives++}`), open: [] }
        } else if (kind === 'away') state.away = true
        else if (kind === 'lose') state.loseAnswers = true
        else if (kind === 'back') Object.assign(state, { away: false, loseAnswers: false })
        else state.nowMs += part * 100
        const under = replicas.flatMap(({ open }) => open).reduce((sum, { amount }) => sum + amount, 0n)
        expect(spent + under <= 200n).toBe(true)
      }
      Object.assign(state, { away: false, loseAnswers: false, nowMs: state.nowMs + 300 })
      for (const { one, open } of replicas) {
        for (const { id } of open) one.release(id)
        await one.close()
      }
      const { held, overspent } = await inner.standing(specs[1]!, windowAt('day', startMs))
      expect(overspent).toBe(0n)
      // Only crashed replicas still hold something.
      if (lives === 3) expect(held).toBe(0n)
    }),
    { numRuns: 150, seed: 6 },
  )
})
