import { describe, expect, it } from 'vitest'
import { chooseStandard, chooseTier } from './choose-price.ts'
import { corrected } from './corrections.ts'
import { groupOffers } from './group-offers.ts'
import { readHistory } from './history.ts'
import type { ListedOffer } from './listed-offer.ts'
import { contextOf, dayOf, genai, listed, litellm } from './lists.fixture.ts'
import { mergeOffers } from './merge.ts'

describe('the choice', () => {
  const choose = (...offers: ListedOffer[]) => {
    const context = contextOf()
    const [group] = groupOffers(offers, dayOf)
    return { chosen: chooseStandard(group!, context), context, group: group! }
  }

  it('believes the newest list and reports the others', () => {
    const { chosen, context } = choose(
      listed('genai-prices', '2', '8'),
      listed('litellm', '3', '8'),
      listed('models.dev', '2.005', '8'),
    )
    expect(chosen).toMatchObject({ offer: { source: 'genai-prices' }, agreeing: ['models.dev'] })
    expect(context.disagreements).toEqual([
      expect.objectContaining({
        source: 'litellm',
        class: 'uncachedInput',
        listed: '3',
        chosen: '2',
        day: '2026-08-01',
      }),
    ])
  })

  it('takes an implausible price from no list', () => {
    const { chosen, context } = choose(listed('genai-prices', '2', '0.1'), listed('litellm', '2', '8'))
    expect(chosen!.offer.source).toBe('litellm')
    expect(context.refused).toMatchObject([
      { source: 'genai-prices', rule: 'output-multiple', listed: '0.1' },
    ])
    expect(choose(listed('litellm', '0', '0')).chosen).toBeNull()
  })

  it('leaves an implausible class out and takes it from a list that agrees', () => {
    const slip = listed('genai-prices', '2', '8', { cacheWriteOneHour: '48' })
    const { chosen } = choose(slip, listed('litellm', '2', '8', { cacheWriteOneHour: '4' }))
    expect(chosen!.offer.spells[0]!.prices.cacheWriteOneHour).toBe('4')
    expect(choose(slip).chosen!.offer.spells[0]!.prices).toEqual({ uncachedInput: '2', output: '8' })
  })

  it('takes a class the newest list lacks from two that say the same, not from one of several', () => {
    const with3 = (first: string, second: object) =>
      choose(
        listed('genai-prices', '30', '180'),
        listed('litellm', '30', '180', { cachedInput: first }),
        listed('models.dev', '30', '180', second),
      )
    expect(with3('3', {}).chosen!.offer.spells[0]!.prices.cachedInput).toBeUndefined()
    expect(with3('3', { cachedInput: '3' }).chosen!.offer.spells[0]!.prices.cachedInput).toBe('3')
  })

  it('does not take a maker’s price from OpenRouter', () => {
    expect(choose(listed('openrouter', '1', '4')).chosen).toBeNull()
  })

  it('compares with the price of the other list’s day', () => {
    const fell: ListedOffer = {
      ...listed('genai-prices', '2', '8'),
      spells: [
        {
          validFrom: null,
          validTo: '2026-08-21',
          prices: { uncachedInput: '5', output: '30' },
          variants: [],
        },
        {
          validFrom: '2026-08-21',
          validTo: null,
          prices: { uncachedInput: '4', output: '20' },
          variants: [],
        },
      ],
    }
    const batch: ListedOffer = { ...listed('litellm', '2.5', '15'), serviceTier: 'batch' }
    const { chosen, context, group } = choose(fell, listed('litellm', '5', '30'), batch)
    expect(context.disagreements).toEqual([])
    const tier = chooseTier(group, 'batch', chosen!.offer, context)
    expect(tier!.offer.spells).toMatchObject([{ validFrom: null, validTo: '2026-08-21' }])
  })

  it('refuses a tier that is no rebate, or lacks output', () => {
    for (const slip of [
      listed('litellm', '2.5', '8'),
      {
        ...listed('litellm', '0.5', '1'),
        spells: [{ validFrom: null, validTo: null, prices: { uncachedInput: '0.5' }, variants: [] }],
      },
    ]) {
      const { chosen, context, group } = choose(listed('litellm', '1', '4'), {
        ...slip,
        serviceTier: 'batch',
      })
      expect(chooseTier(group, 'batch', chosen!.offer, context)).toBeNull()
    }
  })
})

describe('names', () => {
  it('of one model come together, unless they cost something else', () => {
    const [first] = genai([
      { id: 'max-2.1', match: { starts_with: 'max-2' }, prices: { input_mtok: 1, output_mtok: 4 } },
    ])
    const named = (model: string, input: string) => ({ ...listed('litellm', input, '4'), model })
    const groups = groupOffers(
      [first!, named('Max-2-1', '9'), named('max-2-latest', '1'), named('max-2-mini', '0.1')],
      dayOf,
    )
    expect(groups.map(group => [group.model, [...group.aliases]])).toEqual([
      ['max-2.1', ['Max-2-1', 'max-2-latest']],
      ['max-2-mini', []],
    ])
  })
})

describe('the history of a list', () => {
  const header =
    'date,model,event,provider,mode,old_input,old_output,old_cache_read,old_cache_write,new_input,new_output,new_cache_read,new_cache_write'
  const read = (...rows: string[]) =>
    readHistory([header, ...rows].join('\n'))
      .get('max')!
      .map(({ from, prices }) => [from, prices.uncachedInput, prices.cachedInput])

  it('is a spell for each price; a class named late was not free before', () => {
    expect(
      read(
        '2025-02-06,max,initial,openai,chat,,,,,3e-6,9e-6,,',
        '2025-03-01,max,changed,openai,chat,3e-6,9e-6,,,3e-6,9e-6,3e-7,',
        '2025-06-01,max,changed,openai,chat,3e-6,9e-6,3e-7,,2e-6,8e-6,2e-7,',
      ),
    ).toEqual([
      ['2025-02-06', '3', '0.3'],
      ['2025-06-01', '2', '0.2'],
    ])
  })

  it('passes over what was put right within two weeks, and over slips', () => {
    expect(
      read(
        '2026-04-24,max,added,openai,chat,,,,,6e-5,3.6e-4,,',
        '2026-04-29,max,changed,openai,chat,6e-5,3.6e-4,,,3e-5,1.8e-4,,',
        '2026-05-29,max,changed,openai,chat,3e-5,1.8e-4,,,0,0,,',
      ),
    ).toEqual([['2026-04-24', '30', undefined]])
  })

  it('comes before the chosen price, if it leads to it', () => {
    const offers = litellm({
      max: {
        litellm_provider: 'openai',
        mode: 'chat',
        input_cost_per_token: 2e-6,
        output_cost_per_token: 8e-6,
      },
    })
    const spell = (from: string, uncachedInput: string) => ({ from, prices: { uncachedInput, output: '8' } })
    const rowsWith = (last: string) =>
      mergeOffers(
        {
          groups: groupOffers(offers, dayOf),
          history: new Map([['max', [spell('2025-02-06', '3'), spell('2025-06-01', last)]]]),
          historyDay: '2026-07-24',
          catalog: [],
        },
        contextOf(),
      ).map(row => [row.source, row.validFrom ?? null, row.validTo ?? null, row.prices.uncachedInput])
    expect(rowsWith('2')).toEqual([
      ['litellm-history', null, '2025-06-01', '3'],
      ['litellm', '2025-06-01', null, '2'],
    ])
    expect(rowsWith('7')).toEqual([['litellm', null, null, '2']])
  })
})

describe('retirement', () => {
  const chat = {
    litellm_provider: 'openai',
    mode: 'chat',
    input_cost_per_token: 2e-6,
    output_cost_per_token: 8e-6,
  }
  const gone = { ...chat, deprecation_date: '2026-05-15' }
  const rowsOf = (offers: readonly ListedOffer[]) =>
    mergeOffers(
      { groups: groupOffers(offers, dayOf), history: new Map(), historyDay: '2026-07-24', catalog: [] },
      contextOf(),
    )
  const listedByGenai = genai([
    { id: 'max', match: { starts_with: 'max' }, prices: { input_mtok: 2, output_mtok: 8 } },
  ])

  it('is kept beside the price of a list that still has it', () => {
    expect(rowsOf([...listedByGenai, ...litellm({ max: gone })])).toMatchObject([
      { source: 'genai-prices', retiredOn: '2026-05-15' },
    ])
  })

  it('is not that of one snapshot among several', () => {
    const [row] = rowsOf([...listedByGenai, ...litellm({ max: chat, 'max-2025-01-01': gone })])
    expect(row).not.toHaveProperty('retiredOn')
  })

  it('leaves out what no other list has', () => {
    expect(rowsOf(litellm({ max: gone }))).toEqual([])
    expect(rowsOf(litellm({ max: { ...chat, deprecation_date: '2027-01-01' } }))).toMatchObject([
      { retiredOn: '2027-01-01' },
    ])
  })
})

describe('corrections', () => {
  it('count DeepSeek’s peak hours on weekdays only from 2026-08-23', () => {
    const offers = genai(
      [
        {
          id: 'deepseek-v4-flash',
          match: { equals: 'deepseek-v4-flash' },
          prices: [
            { prices: { input_mtok: 0.14 } },
            { constraint: { type: 'start_date', start_date: '2026-08-17' }, prices: { input_mtok: 0.22 } },
            {
              constraint: { type: 'time_of_date', start_time: '01:00:00Z', end_time: '04:00:00Z' },
              prices: { input_mtok: 0.44 },
            },
          ],
        },
        { id: 'deepseek-v3.2', match: { equals: 'deepseek-v3.2' }, prices: { input_mtok: 0.2 } },
      ],
      'deepseek',
    )
    const [flash, ...rest] = corrected(offers)
    expect(rest).toEqual([])
    expect(
      flash!.spells.map(({ validFrom, variants }) => [validFrom, variants[0]?.when.weekdaysUtc]),
    ).toEqual([
      [null, undefined],
      ['2026-08-17', undefined],
      ['2026-08-23', [1, 2, 3, 4, 5]],
    ])
  })
})
