import { describe, expect, test } from 'vitest'
import { budget, startMs, world } from './replicas.fixture.ts'
import { windowAt } from './window.ts'

describe('one replica', () => {
  test('asks once, then answers from its lease, synchronously', async () => {
    const { state, replica } = world()
    const one = replica('a')
    const spec = budget(1000n)
    expect(await one.reserve('r0', [{ spec, amount: 1n }])).toEqual({ kind: 'allowed' })
    for (let index = 1; index < 100; index++) {
      expect(one.reserve(`r${index}`, [{ spec, amount: 1n }])).toEqual({ kind: 'allowed' })
      one.settle(`r${index}`, [1n])
    }
    // One finds the window blank, one gets the lease.
    expect(state.exchanges).toBe(2)
    expect(one.balance(spec)).toEqual({ limit: 500n, spent: 99n, reserved: 1n, overspent: 0n })
  })

  test('spends the whole of a cap and not more, and says which limit refused', async () => {
    const { replica } = world()
    const one = replica('a')
    const specs = [budget(1000n), budget(100n, 'day', 'key:k1')]
    const charges = specs.map(spec => ({ spec, amount: 7n }))
    const decisions = await Promise.all(
      Array.from({ length: 200 }, (_, index) => one.reserve(`r${index}`, charges)),
    )
    expect(decisions.filter(decision => decision.kind === 'allowed')).toHaveLength(14)
    expect(decisions.at(-1)).toEqual({
      kind: 'refused',
      reason: 'budget-spent',
      limit: {
        account: 'key:k1/day/usd',
        scope: 'key',
        measure: 'usd',
        window: 'day',
        cap: 100n,
        needed: 7n,
      },
      // All of it is reserved; some may come back when requests take less.
      retryAfterSeconds: 4,
    })
    expect(one.balance(specs[0]!)).toMatchObject({ reserved: 98n })
  })

  test('a client that hammers a spent budget does not hammer the authority', async () => {
    const { state, replica } = world()
    const one = replica('a')
    const spec = budget(10n)
    await one.reserve('first', [{ spec, amount: 10n }])
    for (let index = 0; index < 50; index++) await one.reserve(`r${index}`, [{ spec, amount: 1n }])
    expect(state.exchanges).toBe(3)
    state.nowMs += 200
    one.settle('first', [4n])
    expect(await one.reserve('later', [{ spec, amount: 6n }])).toEqual({ kind: 'allowed' })
  })

  test('what can never fit is told apart, and so is an id that comes twice', async () => {
    const { replica } = world()
    const one = replica('a')
    const spec = budget(10n)
    expect(await one.reserve('big', [{ spec, amount: 11n }])).toMatchObject({
      reason: 'larger-than-limit',
      retryAfterSeconds: null,
    })
    await one.reserve('r', [{ spec, amount: 1n }])
    expect(await one.reserve('r', [{ spec, amount: 1n }])).toMatchObject({ reason: 'request-id-repeated' })
    one.settle('r', [1n])
    expect(one.settle('r', [1n])).toEqual({ kind: 'repeated' })
    expect(one.balance(spec)).toMatchObject({ spent: 1n, reserved: 0n })
  })

  test('a new month is a new budget, and what began in the old one is settled there', async () => {
    const { state, replica, inner } = world()
    const one = replica('a')
    const spec = budget(100n)
    const november = windowAt('month', startMs)
    await one.reserve('old', [{ spec, amount: 100n }])
    state.nowMs = november.endMs - 60_000
    expect(one.extend('old')).toBe(true)
    state.nowMs = november.endMs
    expect(await one.reserve('new', [{ spec, amount: 100n }])).toEqual({ kind: 'allowed' })
    // Long after its end the old month is not forgotten, for a request of it still runs.
    for (let third = 0; third < 30; third++) {
      state.nowMs += 3334
      await one.renew()
    }
    expect(one.extend('old')).toBe(true)
    one.settle('old', [80n])
    // Reported at the first renewal, the rest is given back at the second.
    for (let third = 0; third < 2; third++) {
      state.nowMs += 3400
      await one.renew()
    }
    expect(await inner.standing(spec, november)).toMatchObject({ used: 80n, held: 0n })
    expect(await inner.standing(spec, windowAt('month', state.nowMs))).toMatchObject({ used: 0n, held: 100n })
  })

  test('a cap that a new configuration changes holds at once, with what was used', async () => {
    const { replica } = world()
    const one = replica('a')
    await one.reserve('r', [{ spec: budget(100n), amount: 60n }])
    one.settle('r', [60n])
    await one.renew()
    expect(await one.reserve('s', [{ spec: budget(70n), amount: 11n }])).toMatchObject({
      reason: 'budget-spent',
    })
    expect(await one.reserve('t', [{ spec: budget(70n), amount: 10n }])).toEqual({ kind: 'allowed' })
  })
})

describe('several replicas', () => {
  test('spend one cap together, the last unit included', async () => {
    const { state, replica, inner } = world()
    const spec = budget(1000n)
    const replicas = ['a', 'b', 'c'].map(replica)
    let spent = 0
    for (let index = 0; index < 3000; index++) {
      const one = replicas[index % 3]!
      const decision = await one.reserve(`r${index}`, [{ spec, amount: 1n }])
      if (decision.kind === 'allowed') {
        spent++
        one.settle(`r${index}`, [1n])
      }
      state.nowMs += 10
      if (index % 300 === 0) await Promise.all(replicas.map(one => one.renew()))
    }
    expect(spent).toBe(1000)
    await Promise.all(replicas.map(one => one.close()))
    expect(await inner.standing(spec, windowAt('month', state.nowMs))).toEqual({
      used: 1000n,
      held: 0n,
      leases: { a: 0n, b: 0n, c: 0n },
      overspent: 0n,
    })
  })

  test('an idle one gives its lease back', async () => {
    const { state, replica } = world()
    const spec = budget(1000n)
    const [one, other] = [replica('a'), replica('b')]
    await one.reserve('r', [{ spec, amount: 1n }])
    one.settle('r', [1n])
    expect(await other.reserve('s', [{ spec, amount: 900n }])).toMatchObject({
      reason: 'budget-spent',
      retryAfterSeconds: 4,
    })
    for (let third = 0; third < 3; third++) {
      state.nowMs += 3334
      await one.renew()
    }
    expect(await other.reserve('t', [{ spec, amount: 900n }])).toEqual({ kind: 'allowed' })
  })

  test('what is given back is not used any more, even when no answer comes', async () => {
    const { state, replica } = world()
    const spec = budget(100n)
    const [one, other] = [replica('a'), replica('b')]
    await one.reserve('r', [{ spec, amount: 1n }])
    one.settle('r', [1n])
    state.nowMs += 3400
    await one.renew()
    state.nowMs += 3400
    state.loseAnswers = true
    await one.renew()
    state.loseAnswers = false
    state.nowMs += 300
    expect(await other.reserve('s', [{ spec, amount: 99n }])).toEqual({ kind: 'allowed' })
    expect(await one.reserve('t', [{ spec, amount: 1n }])).toMatchObject({ reason: 'budget-spent' })
  })

  test.each([-2, 2])(
    'the clock is the authority’s: one that is %d hours off charges the same day',
    async hours => {
      const { state, replica, inner } = world({}, { clock: () => state.nowMs + hours * 3_600_000 })
      // An hour from midnight on the side the clock errs to.
      state.nowMs = Date.UTC(2026, 10, 22, hours < 0 ? 1 : 23)
      const spec = budget(100n, 'day')
      expect(await replica('a').reserve('r', [{ spec, amount: 1n }])).toEqual({ kind: 'allowed' })
      expect(await inner.standing(spec, windowAt('day', state.nowMs))).toMatchObject({ held: 50n })
    },
  )

  test('each threshold is told once, by one of them', async () => {
    const { state, replica, alerts } = world()
    const spec = budget(100n)
    const replicas = ['a', 'b'].map(replica)
    for (let index = 0; index < 120; index++) {
      const one = replicas[index % 2]!
      if ((await one.reserve(`r${index}`, [{ spec, amount: 1n }])).kind === 'allowed')
        one.settle(`r${index}`, [1n])
      state.nowMs += 1000
      await Promise.all(replicas.map(one => one.renew()))
    }
    expect(alerts.map(({ share }) => share)).toEqual([0.5, 1])
  })
})
