import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rationalFromDecimal } from '../core/rational.ts'
import { noUsage, type UsageClasses } from '../cost/usage.ts'
import { costOfUsage } from './cost-of-usage.ts'
import { effectivePrice, usageOfMix } from './effective-price.ts'
import { type Prices, tokenPriceClasses } from './types.ts'

const prices: Prices = {
  uncachedInput: '5',
  cachedInput: '0.5',
  cacheWrite: '6.25',
  cacheWriteOneHour: '10',
  output: '25',
}
const million = 1_000_000
const linesOf = (cost: ReturnType<typeof costOfUsage>) =>
  cost.lines.map(line => `${line.used} as ${line.pricedAs}: ${line.nanoUsd}`)

describe('the cost of usage', () => {
  it('is a line a class', () => {
    const usage = {
      ...noUsage,
      uncachedInput: million,
      cachedInput: million,
      cacheWrite: million,
      output: 40_000,
      reasoning: 30_000,
    }
    const cost = costOfUsage(prices, usage, { cacheWriteOneHour: 400_000 })
    expect(linesOf(cost)).toEqual([
      'uncachedInput as uncachedInput: 5000000000',
      'cachedInput as cachedInput: 500000000',
      'cacheWrite as cacheWrite: 3750000000',
      'cacheWriteOneHour as cacheWriteOneHour: 4000000000',
      'output as output: 1000000000',
    ])
    expect(cost.nanoUsd).toBe(14_250_000_000n)
    expect(cost.unpriced).toEqual([])
  })

  it('takes input’s price where a class has none, and says so', () => {
    const usage = { ...noUsage, cachedInput: 10, cacheWrite: 20, inputAudio: 30, outputAudio: 40 }
    const cost = costOfUsage({ uncachedInput: '1', output: '2' }, usage, { cacheWriteOneHour: 5 })
    expect(linesOf(cost)).toEqual([
      'cachedInput as uncachedInput: 10000',
      'cacheWrite as uncachedInput: 15000',
      'cacheWriteOneHour as uncachedInput: 5000',
      'inputAudio as uncachedInput: 30000',
      'outputAudio as output: 80000',
    ])
  })

  it('names what it cannot price, and never calls it free', () => {
    const cost = costOfUsage({ uncachedInput: '1' }, { ...noUsage, uncachedInput: 1, output: 5 })
    expect(cost.unpriced).toEqual(['output'])
    expect(effectivePrice({ uncachedInput: '1' }, { ...noUsage, output: 5 })).toBeNull()
  })

  it('charges requests and hours of audio where they are sold', () => {
    const sonar = costOfUsage({ uncachedInput: '1', output: '1', perRequest: '0.012' }, noUsage, {
      requests: 3,
    })
    expect(sonar.nanoUsd).toBe(36_000_000n)
    expect(costOfUsage({ uncachedInput: '1', perRequest: '0.012' }, noUsage).nanoUsd).toBe(12_000_000n)
    const heard = { ...noUsage, inputAudio: 9000, output: 200 }
    const whisper = costOfUsage({ perAudioHour: '0.36' }, heard, { audioSeconds: 90.5 })
    expect(whisper).toMatchObject({ nanoUsd: 9_050_000n, unpriced: [] })
  })

  it('rounds each line once, to the even nano-dollar', () => {
    const one = (price: string, tokens: number) =>
      costOfUsage({ uncachedInput: price }, { ...noUsage, uncachedInput: tokens }).nanoUsd
    expect(one('0.0028', 1)).toBe(3n)
    expect(one('0.0025', 1)).toBe(2n)
    expect(one('0.0035', 1)).toBe(4n)
    expect(one('0.0028', 1_000_000_000)).toBe(2_800_000_000n)
  })

  it.each([
    ['negative', { ...noUsage, output: -1 }, {}],
    ['broken', { ...noUsage, output: 1.5 }, {}],
    ['not a number', { ...noUsage, output: Number.NaN }, {}],
    ['of an hour without a write', noUsage, { cacheWriteOneHour: 1 }],
  ])('refuses counts that are %s', (_, usage, extras) => {
    expect(() => costOfUsage(prices, usage, extras)).toThrow('assertion failed')
  })
})

const tokens = fc.nat({ max: 2_000_000_000 })
const decimal = fc
  .tuple(fc.nat({ max: 999 }), fc.nat({ max: 999_999_999 }))
  .map(([whole, part]) => `${whole}.${String(part).padStart(9, '0')}`)
const usages: fc.Arbitrary<UsageClasses> = fc.record({
  uncachedInput: tokens,
  cachedInput: tokens,
  cacheWrite: tokens,
  inputAudio: tokens,
  output: tokens,
  outputAudio: tokens,
  reasoning: fc.constant(0),
})
const priceLists: fc.Arbitrary<Prices> = fc
  .record(Object.fromEntries(tokenPriceClasses.map(name => [name, decimal])), {
    requiredKeys: ['uncachedInput', 'output'],
  })
  .map(list => list as Prices)

describe('for any usage and prices', () => {
  it('the lines are the total, and each is within half a nano-dollar of its exact product', () => {
    fc.assert(
      fc.property(priceLists, usages, (list, usage) => {
        const { nanoUsd, lines, unpriced } = costOfUsage(list, usage)
        expect(unpriced).toEqual([])
        expect(lines.reduce((sum, line) => sum + line.nanoUsd, 0n)).toBe(nanoUsd)
        for (const line of lines) {
          const { numerator, denominator } = rationalFromDecimal(line.usd)!
          const exact = BigInt(line.quantity) * numerator * 1000n
          const twiceOff = 2n * (line.nanoUsd * denominator - exact)
          expect(twiceOff <= denominator && twiceOff >= -denominator).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('every token is in one line', () => {
    fc.assert(
      fc.property(priceLists, usages, fc.double({ min: 0, max: 1, noNaN: true }), (list, usage, share) => {
        const cacheWriteOneHour = Math.floor(usage.cacheWrite * share)
        const { lines } = costOfUsage(list, usage, { cacheWriteOneHour })
        const { reasoning: _, ...classes } = usage
        const used = Object.values(classes).reduce((sum, count) => sum + count, 0)
        expect(lines.reduce((sum, line) => sum + line.quantity, 0)).toBe(used)
      }),
      { numRuns: 100 },
    )
  })

  it('more tokens never cost less', () => {
    fc.assert(
      fc.property(
        priceLists,
        usages,
        fc.constantFrom('output', 'cachedInput', 'cacheWrite'),
        (list, usage, name) => {
          const more = { ...usage, [name]: usage[name as 'output'] + 1000 }
          expect(costOfUsage(list, more).nanoUsd >= costOfUsage(list, usage).nanoUsd).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('the effective price', () => {
  it('falls with the share of the cache', () => {
    const at = (cachedShare: number) =>
      effectivePrice(prices, usageOfMix({ inputPerOutput: 9, cachedShare }))!
    expect(at(0)).toBeCloseTo(0.9 * 5 + 0.1 * 25, 9)
    expect(at(0.8)).toBeCloseTo(0.9 * (0.2 * 5 + 0.8 * 0.5) + 0.1 * 25, 9)
    expect(at(1)).toBeCloseTo(0.9 * 0.5 + 0.1 * 25, 9)
  })

  it('pays for writes, and leaves fees per request out', () => {
    const written = usageOfMix({ inputPerOutput: 1, cachedShare: 0.5, cacheWriteShare: 0.5 })
    expect(effectivePrice({ ...prices, perRequest: '1' }, written)).toBeCloseTo(
      0.25 * 0.5 + 0.25 * 6.25 + 0.5 * 25,
      9,
    )
    expect(effectivePrice(prices, noUsage)).toBeNull()
  })

  it('refuses shares beyond the whole', () => {
    expect(() => usageOfMix({ inputPerOutput: 1, cachedShare: 0.6, cacheWriteShare: 0.6 })).toThrow('shares')
    expect(() => usageOfMix({ inputPerOutput: -1, cachedShare: 0 })).toThrow('not negative')
  })
})
