import { describe, expect, it } from 'vitest'
import { marketCommand } from './market.ts'

async function run(...args: readonly string[]): Promise<string> {
  let written = ''
  const command = marketCommand(text => {
    written += text
  })
  for (const each of [command, ...command.commands])
    each.exitOverride().configureOutput({ writeErr: () => {} })
  await command.parseAsync(args as string[], { from: 'user' })
  return written
}

const json = async (...args: readonly string[]) => JSON.parse(await run(...args, '--json'))
const at = ['--at', '2026-11-02T12:00Z']

describe('market list', () => {
  it('says what the book holds', async () => {
    const text = await run('list', ...at)
    expect(text).toMatch(/^1,\d{3} offers in force at 2026-11-02 12:00 UTC/)
    expect(text).toContain('deepseek')
    expect(text).toContain('genai-prices')
  })

  it('lists a provider’s offers with their conditions', async () => {
    const text = await run('list', '--provider', 'deepseek', '--at', '2026-11-02T03:00Z')
    expect(text).toMatch(
      /deepseek-v4-flash +standard +0\.44 +0\.014 +– +1\.32 +from 2026-08-23; 01:00 to 04:00 UTC/,
    )
  })

  it('gives the price in force as JSON', async () => {
    const { offers } = await json(
      'list',
      '--model',
      'gpt-5.6-sol',
      '--provider',
      'openai',
      '--at',
      '2026-08-01',
    )
    expect(offers.map((offer: { serviceTier: string }) => offer.serviceTier)).toContain('batch')
    expect(offers[0]).toMatchObject({
      provider: 'openai',
      inForce: { uncachedInput: '5' },
      validTo: '2026-08-21',
    })
  })
})

describe('market price', () => {
  it('sorts by the cost of the job, and its lines add up', async () => {
    const { offers } = await json(
      'price',
      'gpt-oss-120b',
      '--input',
      '1M',
      '--cached',
      '500k',
      '--output',
      '200k',
      ...at,
    )
    const costs = offers.map((offer: { usd: string }) => Number(offer.usd))
    expect(costs.length).toBeGreaterThan(5)
    expect(costs).toEqual(costs.toSorted((a: number, b: number) => a - b))
    for (const { usd, lines } of offers) {
      const sum = lines.reduce((total: number, line: { lineUsd: string }) => total + Number(line.lineUsd), 0)
      expect(sum).toBeCloseTo(Number(usd), 9)
    }
  })

  it('divides the input among requests to find the length of prompts', async () => {
    const cost = async (...more: string[]) =>
      (
        await json(
          'price',
          'gpt-5.4',
          '--provider',
          'openai',
          '--input',
          '30M',
          '--output',
          '1M',
          ...at,
          ...more,
        )
      ).offers[0]
    expect((await cost()).usd).toBe('90.00')
    expect((await cost('--requests', '1k')).usd).toBe('90.00')
    expect(await cost('--requests', '100')).toMatchObject({
      usd: '172.50',
      rule: ['prompts from 272000 tokens on'],
    })
    expect((await cost('--prompt-tokens', '300k')).usd).toBe('172.50')
  })

  it('leaves out what was to be retired, and says so', async () => {
    const job = ['price', 'grok-4-fast-reasoning', '--provider', 'xai', '--input', '1M']
    expect(await run(...job, '--retired', ...at)).toContain('to be retired on 2026-05-15')
    expect((await json(...job, '--at', '2026-05-14')).retiredOffers).toBe(0)
    expect(await run('price', 'grok-4-fast-reasoning', '--input', '1M', ...at)).toContain('1 offer left out')
  })

  it('prices audio by the hour', async () => {
    const text = await run('price', 'whisper-1', '--audio-duration', '90min', ...at)
    expect(text).toMatch(/openai +whisper-1 +standard +0\.5400/)
    expect(text).toMatch(/perAudioHour +5,400 s +0\.36 +0\.54/)
  })

  it.each([
    [['price', 'llama-9', '--input', '1k'], 'no offer of model'],
    [['price', 'gpt-5.4', '--input', '1k', '--cached', '2k'], 'the parts are 2000 tokens'],
    [['price', 'gpt-5.4', '--output', '1k', '--output-audio', '2k'], 'the parts are 2000 tokens'],
    [
      ['price', 'grok-4-fast-reasoning', '--provider', 'xai', '--input', '1k', ...at],
      'was to be retired by then',
    ],
    [['price', 'gpt-5.4'], 'the job is empty'],
    [['price', 'gpt-5.4', '--input', '1k', '--tier', 'gold'], 'no service tier'],
    [['list', '--provider', 'opnai'], 'no provider "opnai"'],
    [['list', '--at', 'yesterday'], 'no moment'],
    [['list', '--at', '2026-11-02T03:00'], 'no moment'],
    [['list', '--at', '2026-13-02'], 'no moment'],
    [['check', '--provider', 'opnai'], 'no provider "opnai"'],
  ])('%j is refused', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message)
  })
})

describe('market check', () => {
  it('counts, and lists what it is asked for', async () => {
    expect(await run('check')).toMatch(/one-hour-write-multiple +litellm +2/)
    expect(await run('check', '--provider', 'anthropic')).toMatch(/claude-3-haiku.* 24\.0 +1 to 2\.6/)
    expect(await run('check', '--model', 'luna', '--provider', 'openai')).toMatch(
      /0\.2 +genai-prices +0\.1 +openrouter/,
    )
    expect(await run('check', '--model', 'no such model')).toContain('nothing was refused')
    expect((await json('check', '--provider', 'openai')).refused.length).toBeGreaterThan(0)
  })
})
