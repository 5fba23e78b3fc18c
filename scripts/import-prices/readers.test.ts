import { describe, expect, it } from 'vitest'
import { decimalUsd } from './decimal.ts'
import { genai, litellm } from './lists.fixture.ts'
import { readModelsDev } from './models-dev.ts'
import { readOpenrouter } from './openrouter.ts'

describe('numbers of lists', () => {
  it.each([
    [2.5e-7, 6, 1, '0.25'],
    [0.000003, 6, 1, '3'],
    [4.9999999999999996e-6, 6, 1, '5'],
    ['0.0000000028', 6, 1, '0.0028'],
    [0.0001, 0, 3600, '0.36'],
    [12, -3, 1, '0.012'],
    [0, 6, 1, '0'],
    [-1, 0, 1, '-1'],
  ])('%s with shift %s and factor %s is %s', (value, shift, factor, decimal) => {
    expect(decimalUsd(value, shift, factor)).toBe(decimal)
  })

  it('are numbers', () => {
    expect(() => decimalUsd('cheap', 6)).toThrow('cheap')
  })
})

describe('genai-prices', () => {
  it('gives dates, hours, and tiers that begin after their start', () => {
    const [offer] = genai([
      {
        id: 'max',
        match: { or: [{ equals: 'max' }, { regex: '^max-\\d+$' }] },
        prices: [
          { prices: { input_mtok: 1, output_mtok: { base: 4, tiers: [{ start: 199_999, price: 6 }] } } },
          {
            constraint: { type: 'start_date', start_date: '2026-08-17' },
            prices: { input_mtok: 2, output_mtok: 5 },
          },
          {
            constraint: { type: 'time_of_date', start_time: '01:30:00Z', end_time: '04:00:00Z' },
            prices: { input_mtok: 4, output_mtok: 10 },
          },
        ],
      },
    ])
    expect(offer!.spells).toEqual([
      {
        validFrom: null,
        validTo: '2026-08-17',
        prices: { uncachedInput: '1', output: '4' },
        variants: [{ when: { promptTokensFrom: 200_000 }, prices: { output: '6' } }],
      },
      {
        validFrom: '2026-08-17',
        validTo: null,
        prices: { uncachedInput: '2', output: '5' },
        variants: [{ when: { minutesUtc: [90, 240] }, prices: { uncachedInput: '4', output: '10' } }],
      },
    ])
    expect(['MAX', 'max-3', 'max-x'].map(name => offer!.matches!(name))).toEqual([true, true, false])
  })

  it('is not believed where it repeats others', () => {
    const model = { id: 'max', match: { equals: 'max' }, prices: { input_mtok: 1 } }
    expect(genai([{ ...model, price_comments: 'Imported from OpenRouter pricing; verify' }])).toEqual([])
    expect(genai([{ ...model, deprecated: true }])).toEqual([])
    expect(genai([model])).toHaveLength(1)
  })

  it('states in words what other tiers cost', () => {
    const offers = genai([
      {
        id: 'max',
        match: { equals: 'max' },
        prices: { input_mtok: 0.75, output_mtok: 3.75 },
        price_comments: 'Batch and Flex tiers offer 50% discount, Priority tier is 1.8x.',
      },
    ])
    expect(offers.map(({ serviceTier, spells }) => [serviceTier, spells[0]!.prices.uncachedInput])).toEqual([
      ['standard', '0.75'],
      ['batch', '0.375'],
      ['flex', '0.375'],
      ['priority', '1.35'],
    ])
  })
})

describe('LiteLLM’s list', () => {
  it('gives tiers and long prompts by suffixes', () => {
    const offers = litellm({
      'max-2026-01-01': {
        litellm_provider: 'openai',
        mode: 'chat',
        input_cost_per_token: 2.5e-6,
        input_cost_per_token_above_272k_tokens: 5e-6,
        input_cost_per_token_priority: 5e-6,
        input_cost_per_token_above_272k_tokens_priority: 1e-5,
        output_cost_per_token: 1.5e-5,
      },
    })
    expect(
      offers.map(offer => [offer.serviceTier, offer.spells[0]!.prices, offer.spells[0]!.variants]),
    ).toEqual([
      [
        'standard',
        { uncachedInput: '2.5', output: '15' },
        [{ when: { promptTokensFrom: 272_001 }, prices: { uncachedInput: '5' } }],
      ],
      [
        'priority',
        { uncachedInput: '5' },
        [{ when: { promptTokensFrom: 272_001 }, prices: { uncachedInput: '10' } }],
      ],
    ])
  })

  it('leaves out a size, a region, a fine-tune or no text', () => {
    const chat = { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 1e-6 }
    expect(
      litellm({
        'ft:gpt-4o': chat,
        'bedrock/us-east-1/claude': { ...chat, litellm_provider: 'bedrock' },
        'fireworks-ai-above-16b': { ...chat, litellm_provider: 'fireworks_ai' },
        picture: { ...chat, mode: 'image_generation' },
        elsewhere: { ...chat, litellm_provider: 'nobody' },
      }),
    ).toEqual([])
  })

  it('reads ranges, embeddings and seconds of audio', () => {
    const offers = litellm({
      'dashscope/flash': {
        litellm_provider: 'dashscope',
        mode: 'chat',
        tiered_pricing: [
          { input_cost_per_token: 5e-8, output_cost_per_token: 4e-7, range: [0, 256_000] },
          { input_cost_per_token: 2.5e-7, output_cost_per_token: 2e-6, range: [256_000, 1e6] },
        ],
      },
      embed: {
        litellm_provider: 'openai',
        mode: 'embedding',
        input_cost_per_token: 2e-8,
        output_cost_per_token: 0,
      },
      'groq/whisper': {
        litellm_provider: 'groq',
        mode: 'audio_transcription',
        input_cost_per_second: 0.0001,
      },
    })
    expect(offers.map(({ model, spells: [spell] }) => [model, spell!.prices, spell!.variants])).toEqual([
      [
        'flash',
        { uncachedInput: '0.05', output: '0.4' },
        [{ when: { promptTokensFrom: 256_001 }, prices: { uncachedInput: '0.25', output: '2' } }],
      ],
      ['embed', { uncachedInput: '0.02' }, []],
      ['whisper', { perAudioHour: '0.36' }, []],
    ])
  })
})

describe('the other lists', () => {
  it('models.dev has modes that are service tiers', () => {
    const cost = { input: 2.5, output: 15, cache_read: 0 }
    const fast = { cost: { input: 5, output: 30 }, provider: { body: { service_tier: 'priority' } } }
    const offers = readModelsDev({
      providers: { openai: { models: { max: { cost, experimental: { modes: { fast } } } } } },
    })
    expect(offers.map(({ serviceTier, spells }) => [serviceTier, spells[0]!.prices])).toEqual([
      ['standard', { uncachedInput: '2.5', output: '15' }],
      ['priority', { uncachedInput: '5', output: '30' }],
    ])
  })

  it('OpenRouter’s offers are its own, and heard on the maker’s', () => {
    const pricing = {
      prompt: '0.0000025',
      completion: '0.000015',
      overrides: [{ min_prompt_tokens: 272_000, prompt: '0.000005' }],
    }
    const offers = readOpenrouter({
      data: [
        { id: 'openai/max', pricing },
        { id: 'openai/max:free', pricing },
        { id: 'openrouter/auto', pricing: { prompt: '-1' } },
      ],
    })
    expect(offers.map(({ provider, model }) => `${provider} ${model}`)).toEqual([
      'openrouter openai/max',
      'openai max',
    ])
    expect(offers[0]!.spells[0]!.variants).toEqual([
      { when: { promptTokensFrom: 272_000 }, prices: { uncachedInput: '5' } },
    ])
  })
})
