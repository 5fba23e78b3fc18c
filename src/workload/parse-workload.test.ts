/** Short texts mean what their descriptions say; everything else is refused with an example. */
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { parseArrivals, parseLength, parseRate } from './parse-workload.ts'

describe('arrivals', () => {
  it('take the rate given beside them', () => {
    expect(parseArrivals('poisson', 12)).toEqual({ kind: 'poisson', rate: 12 })
    expect(parseArrivals(' constant ', 12)).toEqual({ kind: 'constant', rate: 12 })
    expect(parseArrivals('gamma:2.5', 12)).toEqual({ kind: 'gamma', rate: 12, cv: 2.5 })
    expect(parseArrivals('burst:100', null)).toEqual({ kind: 'burst', requests: 100 })
    expect(parseArrivals('burst:1k@2min', null)).toEqual({ kind: 'burst', requests: 1000, everySeconds: 120 })
  })

  it.each([
    ['poison', 12, /no pattern of arrivals/],
    ['poisson', null, /need a rate/],
    ['poisson:2', 12, /take no argument/],
    ['gamma', 12, /need a coefficient/],
    ['gamma:-1', 12, /negative/],
    ['gamma:1:2', 12, /too many colons/],
    ['burst:9', 12, /takes no rate/],
    ['burst', null, /not a number/],
    ['burst:9@30', null, /no unit/],
    ['', 12, /no pattern of arrivals/],
  ] as const)('refuse %j at rate %j', (text, rate, message) => {
    expect(() => parseArrivals(text, rate, '--arrival')).toThrow(message)
    expect(() => parseArrivals(text, rate, '--arrival')).toThrow(TokenwrightError)
  })
})

describe('rates', () => {
  it('are numbers, series and slopes', () => {
    expect(parseRate('720/min')).toBe(12)
    expect(parseRate('60s@10/s, 2min@10/s..50/s')).toEqual({
      kind: 'series',
      steps: [
        { seconds: 60, rate: 10 },
        { seconds: 120, from: 10, to: 50 },
      ],
    })
    expect(parseRate('1h@1/s..2/s,hold')).toEqual({
      kind: 'series',
      steps: [{ seconds: 3600, from: 1, to: 2 }],
      after: 'hold',
    })
    expect(parseRate('1s@1/s,repeat')).toMatchObject({ after: 'repeat' })
  })

  it.each([
    ['12', /does not say per what/],
    ['60@10/s', /no unit/],
    ['60s@10', /does not say per what/],
    ['60s@10/s,5/s', /no part of a rate series/],
    ['60s@1/s@2/s', /no part/],
    ['60s@1/s..2/s..3/s', /too many rates/],
    ['hold,60s@1/s', /no part/],
  ])('refuse %j', (text, message) => {
    expect(() => parseRate(text, '--rate')).toThrow(message)
  })
})

describe('lengths', () => {
  it('are counts, ranges and distributions', () => {
    expect(parseLength('4k')).toBe(4000)
    expect(parseLength('100..1k')).toEqual({ kind: 'uniform', minimum: 100, maximum: 1000 })
    expect(parseLength('lognormal:1k:0.8')).toEqual({ kind: 'lognormal', mean: 1000, cv: 0.8 })
    expect(parseLength('exponential:300')).toEqual({ kind: 'exponential', mean: 300 })
    expect(parseLength('below:1024:0.8')).toEqual({ kind: 'range-below', nominal: 1024, ratio: 0.8 })
    expect(parseLength('around:1024:0')).toEqual({ kind: 'range-around', nominal: 1024, ratio: 0 })
  })

  it.each([
    ['', /"" is no length/],
    ['lognorm:5:1', /no length/],
    ['lognormal:5', /no length/],
    ['lognormal:5:1:2', /no length/],
    ['below:1024:80%', /takes no unit/],
    ['1..2..3', /too many limits/],
    ['1,000', /not a number/],
    ['gamma:x:1', /not a number/],
  ])('refuse %j', (text, message) => {
    expect(() => parseLength(text, '--isl')).toThrow(message)
    expect(() => parseLength(text, '--isl')).toThrow(TokenwrightError)
  })
})
