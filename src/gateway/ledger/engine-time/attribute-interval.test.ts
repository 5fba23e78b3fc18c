import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EngineCharge } from '../events.ts'
import { chargeSum } from '../postings.ts'
import { attributeInterval, correctInterval, type IntervalBill } from './attribute-interval.ts'
import { fact, rates } from './engine-time.fixture.ts'
import { prefillSpans } from './prefill-spans.ts'

function bill(overrides: Partial<IntervalBill> = {}): IntervalBill {
  return {
    fromMs: 0,
    toMs: 10_000,
    heldMs: 10_000,
    deviceNanoUsd: 10_000_000n,
    energyNanoUsd: 0n,
    energyMillijoules: null,
    ...overrides,
  }
}

const times = (charges: readonly EngineCharge[]) =>
  Object.fromEntries(charges.map(each => [each.requestId, [each.prefillUs, each.decodeUs]]))

describe('spans of prompts', () => {
  test('a prompt lies right before its first token', () => {
    expect(prefillSpans([{ fromMs: 0, toMs: 100, workMs: 30 }])).toEqual([{ fromMs: 70, toMs: 100, work: 0 }])
  })

  test('prompts queue: those before make room', () => {
    const spans = prefillSpans([
      { fromMs: 0, toMs: 100, workMs: 60 },
      { fromMs: 10, toMs: 101, workMs: 40 },
    ])
    expect(spans).toEqual([
      { fromMs: 1, toMs: 61, work: 0 },
      { fromMs: 61, toMs: 101, work: 1 },
    ])
  })

  test('work beyond the time there was is dropped', () => {
    expect(prefillSpans([{ fromMs: 50, toMs: 100, workMs: 80 }])).toEqual([
      { fromMs: 50, toMs: 100, work: 0 },
    ])
  })

  test('never two at once, never outside, all work where there is room', () => {
    const works = fc.array(
      fc
        .record({ fromMs: fc.nat(1000), spanMs: fc.nat(300), workMs: fc.nat(60) })
        .map(({ fromMs, spanMs, workMs }) => ({
          fromMs,
          toMs: fromMs + spanMs,
          workMs,
        })),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(works, list => {
        const spans = prefillSpans(list)
        const done = list.map(() => 0)
        let lastMs = Number.NEGATIVE_INFINITY
        for (const { fromMs, toMs, work } of spans) {
          expect(fromMs).toBeGreaterThanOrEqual(Math.max(lastMs, list[work]!.fromMs))
          expect(toMs).toBeLessThanOrEqual(list[work]!.toMs)
          expect(toMs).toBeGreaterThan(fromMs)
          lastMs = toMs
          done[work]! += toMs - fromMs
        }
        for (const [index, { workMs }] of list.entries())
          expect(done[index]).toBeLessThanOrEqual(workMs + 1e-9)
        // Room for all: every prompt alone in its span.
        const apart = list.every((a, i) =>
          list.every((b, j) => i >= j || a.toMs <= b.fromMs || b.toMs <= a.fromMs),
        )
        if (!apart) return
        list.forEach(({ fromMs, toMs, workMs }, index) => {
          expect(done[index]).toBeCloseTo(Math.min(workMs, toMs - fromMs))
        })
      }),
    )
  })
})

describe('the bill of an interval', () => {
  test('alone: prompt, decode, and the rest is idle', () => {
    const { charges, idle } = attributeInterval(bill(), [fact()], rates)
    expect(charges).toHaveLength(1)
    expect(charges[0]).toMatchObject({
      prefillUs: 100_000,
      decodeUs: 1_000_000,
      prefillNanoUsd: 100_000n,
      decodeNanoUsd: 1_000_000n,
      heldTokenMs: 106_000,
    })
    expect(idle).toMatchObject({ idleUs: 8_900_000, deviceNanoUsd: 8_900_000n })
  })

  test('decoders share what prompts leave them', () => {
    const { charges } = attributeInterval(
      bill(),
      [
        fact({ requestId: 'a', sentMs: 0, firstTokenMs: 100, endMs: 1000 }),
        fact({ requestId: 'b', sentMs: 200, firstTokenMs: 400, endMs: 1000, computedTokens: 200 }),
      ],
      rates,
    )
    expect(times(charges)).toEqual({ a: [100_000, 400_000], b: [200_000, 300_000] })
  })

  test('longer contexts take more of a step where that is known', () => {
    const long = fact({ requestId: 'long', computedTokens: 100, cachedTokens: 890, outputTokens: 20 })
    const short = fact({ requestId: 'short', computedTokens: 0, cachedTokens: 0, outputTokens: 0 })
    const { charges } = attributeInterval(bill(), [long, short], {
      ...rates,
      decodeWeightPerContextToken: 1e-3,
    })
    expect(charges[0]!.decodeUs / charges[1]!.decodeUs).toBeCloseTo(2)
  })

  test('waiting for a first token is not engine time beyond the prompt’s own', () => {
    const { charges, idle } = attributeInterval(bill(), [fact({ firstTokenMs: 5000, endMs: 5000 })], rates)
    expect(charges[0]).toMatchObject({ prefillUs: 100_000, decodeUs: 0 })
    expect(idle.idleUs).toBe(9_900_000)
  })

  test('an answer in one piece takes engine time too: its prompt at once, then it decodes', () => {
    const whole = attributeInterval(bill(), [fact({ firstTokenMs: null })], rates)
    expect(whole).toEqual(attributeInterval(bill(), [fact()], rates))
    const unknownRate = { ...rates, prefillSecondsPerToken: 0 }
    expect(attributeInterval(bill(), [fact({ firstTokenMs: null })], unknownRate).charges[0]).toMatchObject({
      prefillUs: 0,
      decodeUs: 1_100_000,
    })
    const nothingWritten = attributeInterval(bill(), [fact({ firstTokenMs: null, outputTokens: 0 })], rates)
    expect(nothingWritten.charges[0]).toMatchObject({ prefillUs: 100_000, decodeUs: 0 })
  })

  test('replicas do not disturb each other', () => {
    const facts = ['0', '1'].map(replica => fact({ requestId: replica, replica }))
    const { charges } = attributeInterval(bill({ heldMs: 20_000 }), facts, rates)
    expect(times(charges)).toEqual({ 0: [100_000, 1_000_000], 1: [100_000, 1_000_000] })
  })

  test('an interval takes its part, and its neighbours take theirs', () => {
    const facts = [fact({ sentMs: 9900, firstTokenMs: 9990, endMs: 12_000, computedTokens: 50 })]
    const first = attributeInterval(bill(), facts, rates)
    const second = attributeInterval(bill({ fromMs: 10_000, toMs: 20_000 }), facts, rates)
    expect(times(first.charges)).toEqual({ r1: [50_000, 10_000] })
    expect(times(second.charges)).toEqual({ r1: [0, 2_000_000] })
  })

  test('nobody came: all is idle; nothing held: still nothing is lost', () => {
    expect(attributeInterval(bill(), [], rates).idle).toMatchObject({
      idleUs: 10_000_000,
      deviceNanoUsd: 10_000_000n,
    })
    expect(attributeInterval(bill({ heldMs: 0 }), [], rates).idle).toMatchObject({
      idleUs: 0,
      deviceNanoUsd: 10_000_000n,
    })
  })

  test('energy by what was done, joules as measured', () => {
    const { charges, idle } = attributeInterval(
      bill({ energyNanoUsd: 1000n, energyMillijoules: 149_000 }),
      [fact()],
      rates,
    )
    // 0.1 s × 1000 W, 1 s × 500 W, 8.9 s × 100 W
    expect(charges[0]!.energyMillijoules).toBe(60_000)
    expect(idle.energyMillijoules).toBe(89_000)
    expect(charges[0]!.prefillEnergyNanoUsd + charges[0]!.decodeEnergyNanoUsd + idle.energyNanoUsd).toBe(
      1000n,
    )
  })

  const anyFact = fc
    .record({
      requestId: fc.uuid(),
      replica: fc.constantFrom('0', '1'),
      sentMs: fc.double({ min: 0, max: 12_000, noNaN: true }),
      waitMs: fc.option(fc.double({ min: 0, max: 2000, noNaN: true })),
      decodeMs: fc.option(fc.double({ min: 0, max: 5000, noNaN: true })),
      computedTokens: fc.nat(3000),
      cachedTokens: fc.nat(3000),
      outputTokens: fc.nat(500),
    })
    .map(({ waitMs, decodeMs, ...rest }) => {
      const firstTokenMs = waitMs === null ? null : rest.sentMs + waitMs
      return fact({
        ...rest,
        firstTokenMs,
        endMs: decodeMs === null ? null : (firstTokenMs ?? rest.sentMs) + decodeMs,
      })
    })

  test('Σ requests + idle = bill to the nano-dollar, time and joules too, for any facts', () => {
    const amounts = fc.bigInt({ min: 0n, max: 10n ** 15n })
    fc.assert(
      fc.property(
        fc.array(anyFact, { maxLength: 20 }),
        amounts,
        amounts,
        fc.nat(10 ** 9),
        (facts, devices, energy, mJ) => {
          const interval = bill({
            heldMs: 20_000,
            deviceNanoUsd: devices,
            energyNanoUsd: energy,
            energyMillijoules: mJ,
          })
          const { charges, idle } = attributeInterval(interval, facts, rates)
          const sum = charges.reduce(
            (total, each) => total + chargeSum(each),
            idle.deviceNanoUsd + idle.energyNanoUsd,
          )
          expect(sum).toBe(devices + energy)
          expect(charges.reduce((total, each) => total + each.prefillUs + each.decodeUs, idle.idleUs)).toBe(
            20_000_000,
          )
          expect(
            charges.reduce((total, each) => total + each.energyMillijoules, idle.energyMillijoules),
          ).toBe(mJ)
          expect(charges.every(each => each.prefillUs >= 0 && each.decodeUs >= 0)).toBe(true)
        },
      ),
    )
  })

  test('a correction and what it corrects make the attribution with all facts', () => {
    fc.assert(
      fc.property(
        fc.array(anyFact, { maxLength: 10 }),
        fc.array(anyFact, { maxLength: 5 }),
        (early, late) => {
          const interval = bill({ heldMs: 20_000, energyNanoUsd: 77n })
          const before = attributeInterval(interval, early, rates)
          const after = attributeInterval(interval, [...early, ...late], rates)
          const correction = correctInterval(interval, before, after)
          const total = new Map<string, bigint>()
          for (const each of [...before.charges, ...(correction?.charges ?? [])]) {
            total.set(each.requestId, (total.get(each.requestId) ?? 0n) + chargeSum(each))
          }
          for (const each of after.charges) expect(total.get(each.requestId)).toBe(chargeSum(each))
          const moved = (correction?.charges ?? []).reduce((sum, each) => sum + chargeSum(each), 0n)
          const idle =
            correction === null ? 0n : correction.idle.deviceNanoUsd + correction.idle.energyNanoUsd
          expect(moved + idle).toBe(0n)
        },
      ),
    )
  })
})
