import { describe, expect, it } from 'vitest'
import { implausiblePrices, implausibleTier, implausibleVariant } from './plausibility.ts'
import type { Prices } from './types.ts'

const rulesOf = (prices: Prices) =>
  implausiblePrices(prices).map(({ rule, class: name }) => `${rule} ${name}`)

describe('implausible prices', () => {
  it.each<[string, Prices, string[]]>([
    [
      'Claude Opus 5',
      { uncachedInput: '5', cachedInput: '0.5', cacheWrite: '6.25', cacheWriteOneHour: '10', output: '25' },
      [],
    ],
    [
      'DeepSeek V4 Pro before August',
      { uncachedInput: '0.435', cachedInput: '0.003625', output: '0.87' },
      [],
    ],
    ['an embedding', { uncachedInput: '0.02' }, []],
    ['a price by the hour', { perAudioHour: '0.36' }, []],
    [
      '24 times',
      { uncachedInput: '0.25', cacheWriteOneHour: '6', output: '1.25' },
      ['one-hour-write-multiple cacheWriteOneHour'],
    ],
    [
      '0.4 times',
      { uncachedInput: '15', cacheWriteOneHour: '6', output: '75' },
      ['one-hour-write-multiple cacheWriteOneHour'],
    ],
    [
      'free writes',
      { uncachedInput: '1', cacheWrite: '0', output: '3' },
      ['cache-write-multiple cacheWrite'],
    ],
    ['nothing', { uncachedInput: '0', output: '0' }, ['zero uncachedInput']],
    ['less than nothing', { uncachedInput: '-1', output: '3' }, ['negative uncachedInput']],
    ['no number', { uncachedInput: 'free', output: '3' }, ['negative uncachedInput']],
    ['per thousand', { uncachedInput: '3200', output: '9710' }, ['unit-slip uncachedInput']],
    ['per token', { uncachedInput: '0.000003', output: '0.000015' }, ['unit-slip uncachedInput']],
    ['output for little', { uncachedInput: '10', output: '0.5' }, ['output-multiple output']],
    ['pictures taken for words', { uncachedInput: '0.5', output: '60' }, ['output-multiple output']],
    [
      'a cache that costs',
      { uncachedInput: '0.1', cachedInput: '0.3', output: '0.3' },
      ['cached-input-share cachedInput'],
    ],
  ])('%s', (_, prices, rules) => {
    expect(rulesOf(prices)).toEqual(rules)
  })

  it('tell the figure and the band', () => {
    expect(implausiblePrices({ uncachedInput: '0.25', cacheWriteOneHour: '6' })).toEqual([
      { rule: 'one-hour-write-multiple', class: 'cacheWriteOneHour', value: 24, band: [1, 2.6] },
    ])
  })

  it('of tiers: a surcharge of fifty times, a rebate that is none, priority for nothing more', () => {
    const standard = { uncachedInput: '0.05', output: '0.4' }
    expect(implausibleTier('priority', { uncachedInput: '2.5', output: '0.8' }, standard)).toMatchObject([
      { rule: 'priority-multiple', class: 'uncachedInput', value: 50 },
    ])
    expect(implausibleTier('batch', { uncachedInput: '0.1', output: '0.2' }, standard)).toHaveLength(1)
    expect(implausibleTier('priority', standard, standard)).toHaveLength(2)
    expect(implausibleTier('batch', { uncachedInput: '0.025', output: '0.2' }, standard)).toEqual([])
    // 0.13 is how lists write half of 0.25.
    expect(implausibleTier('flex', { cachedInput: '0.13' }, { cachedInput: '0.125' })).toEqual([])
  })

  it('of conditions: a hundred times, a hundredth', () => {
    const plain = { uncachedInput: '1', output: '4' }
    expect(implausibleVariant({ uncachedInput: '2', output: '6' }, plain)).toEqual([])
    expect(implausibleVariant({ uncachedInput: '100', output: '0.04' }, plain)).toHaveLength(2)
  })
})
