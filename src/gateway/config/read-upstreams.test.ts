import { describe, expect, test } from 'vitest'
import { createPriceBook } from '../../market/index.ts'
import { faultOf, gpt, readDeploymentWith, readOfferWith, readWith } from './config.fixture.ts'
import { shippedFacts } from './load-gateway-config-file.ts'

describe('addresses', () => {
  test('lose the /v1 and the slash at their end, and keep what stands before', () => {
    const urls = (url: string) => readDeploymentWith({ replicas: [url] }).replicas[0]!
    expect(urls('http://h:1/').url).toBe('http://h:1')
    expect(urls('https://h/team/v1').url).toBe('https://h/team')
    expect(urls('https://h/team/v1').metricsUrl).toBe('https://h/team/metrics')
    expect(urls('http://[::1]:8000').name).toBe('__1_:8000'.replace(/^_+/, ''))
  })

  test.each([
    ['ftp://h', 'only http and https'],
    ['http://user:secret-word@h', 'no user and no password'],
    ['http://h/?key=secret-word', 'no query'],
    ['http://h/#secret-word', 'no fragment'],
    ['10.0.0.7:8000', 'is no address'],
    ['http://h\n', 'is no address'],
    ['http:\\\\h', 'is no address'],
    ['javascript:alert(1)', 'only http and https'],
    ['file:///etc/passwd', 'only http and https'],
  ])('%s is refused', (url, message) => {
    const fault = faultOf(() => readDeploymentWith({ replicas: [url] }))
    expect(fault).toContain('deployments.local.replicas[0].url')
    expect(fault).toContain(message)
    expect(fault).not.toContain('secret-word')
  })

  test('of events are tcp or ipc, and need metrics', () => {
    const events = { publish: 'tcp://10.0.0.7:5557', replay: 'tcp://[::1]:5558' }
    const replica = readDeploymentWith({ replicas: [{ url: 'http://h', events }] }).replicas[0]!
    expect(replica.events).toEqual({ ...events, mode: 'connect', ranks: 1, topic: '' })
    const short = readDeploymentWith({ replicas: [{ url: 'http://h', events: 'tcp://h:1' }] }).replicas[0]!
    expect(short.events?.replay).toBeNull()
    const bad = { url: 'http://h', events: 'http://h:5557' }
    expect(faultOf(() => readDeploymentWith({ replicas: [bad] }))).toContain('replicas[0].events.publish')
    const deaf = { url: 'http://h', events: 'tcp://h:1', metrics: false }
    expect(faultOf(() => readDeploymentWith({ replicas: [deaf] }))).toContain('replicas[0].metrics')
  })

  test('metrics: false reads none, another address reads that', () => {
    const metrics = (value: unknown) =>
      readDeploymentWith({ replicas: [{ url: 'http://h', metrics: value }] }).replicas[0]!.metricsUrl
    expect(metrics(false)).toBeNull()
    expect(metrics('http://h:9090/probe')).toBe('http://h:9090/probe')
    expect(faultOf(() => metrics(true))).toContain('expected an address, or false')
  })

  test('twice in a deployment is a fault, and so is a name', () => {
    const twice = faultOf(() => readDeploymentWith({ replicas: ['http://h:1', 'http://h:1/v1'] }))
    expect(twice).toContain('has the address of replicas[0]')
    const names = [
      { name: 'a', url: 'http://h:1' },
      { name: 'a', url: 'http://h:2' },
    ]
    expect(faultOf(() => readDeploymentWith({ replicas: names }))).toContain('has the name of replicas[0]')
  })
})

describe('offers', () => {
  test('have what their provider needs by default', () => {
    expect(readOfferWith({})).toMatchObject({
      url: 'https://api.openai.com',
      upstreamModel: 'gpt-5',
      upstream: {
        dialect: 'openai',
        apiKey: 'sk-from-the-environment',
        outputLimitField: 'max_completion_tokens',
        engineFields: false,
      },
      price: { kind: 'book', provider: 'openai', model: 'gpt-5' },
      serviceTier: 'standard',
      traits: { dataPolicy: null },
    })
    const claude = readOfferWith({ provider: 'anthropic', model: 'claude-sonnet-4-5' })
    expect(claude.url).toBe('https://api.anthropic.com')
    expect(claude.upstream).toMatchObject({ dialect: 'anthropic', outputLimitField: 'max_tokens' })
  })

  test('may have prices of a contract, whose rule changes with them', () => {
    const own = (price: object) =>
      readWith({ offers: { house: { url: 'https://llm.example/v1', apiKey: 'none', price } } }).offers[0]!
    const first = own({ uncachedInput: 0.25, output: '1.10' })
    expect(first.price).toMatchObject({ kind: 'own', prices: { uncachedInput: '0.25', output: '1.10' } })
    expect(first.upstreamModel).toBeNull()
    const ruleId = (price: object) => {
      const read = own(price).price
      return read.kind === 'own' ? read.ruleId : ''
    }
    expect(ruleId({ output: '1.10', uncachedInput: 0.25 })).toBe(
      ruleId({ uncachedInput: 0.25, output: '1.10' }),
    )
    expect(ruleId({ uncachedInput: 0.26, output: '1.10' })).not.toBe(
      ruleId({ uncachedInput: 0.25, output: '1.10' }),
    )
    expect(own({ perAudioHour: 1e-7 }).price).toMatchObject({ prices: { perAudioHour: '1e-7' } })
  })

  test.each([
    [{ provider: 'openi' }, 'did you mean openai?'],
    [{ model: 'gpt-5x' }, 'has no model gpt-5x of openai'],
    [{ provider: 'groq' }, 'offers.gpt.url: is missing'],
    [{ provider: undefined }, 'has no price'],
    [{ serviceTier: 'fast' }, 'expected standard, batch, flex, priority'],
    [{ model: 'gpt-4o-mini-tts', serviceTier: 'flex' }, 'serviceTier'],
    [{ price: { uncachedInput: 1 } }, 'lacks a price'],
    [{ price: { uncachedInput: -1, output: 1 } }, 'expected dollars, 0 or more'],
    [{ price: { uncachedInput: '1,5', output: 1 } }, 'expected dollars, 0 or more'],
    [{ price: { input: 1, output: 1 } }, 'did you mean inputAudio?'],
    [{ apiKey: undefined }, 'offers.gpt.apiKey | is missing'],
  ])('%j is refused', (fields, message) => {
    const offer = Object.fromEntries(
      Object.entries({ ...gpt, ...fields }).filter(([, value]) => value !== undefined),
    )
    expect(faultOf(() => readWith({ offers: { gpt: offer } }))).toContain(message)
  })

  test('must have a price that is in force', () => {
    const book = createPriceBook({
      asOf: '2026-01-01',
      sources: {
        list: { title: 'a list', url: 'https://list.example', licence: 'none', asOf: '2026-01-01' },
      },
      providers: { openai: { name: 'OpenAI', aliases: [] } },
      offers: [
        {
          provider: 'openai',
          model: 'gpt-5',
          validTo: '2026-02-01',
          prices: { output: '1' },
          source: 'list',
        },
      ],
    })
    const facts = { ...shippedFacts, priceBook: () => book }
    const at = (day: string) => () => readWith({ offers: { gpt } }, { facts, atMs: Date.parse(day) })
    expect(at('2026-01-31')().offers).toHaveLength(1)
    expect(faultOf(at('2026-02-01'))).toContain('offers.gpt.model | has no price that is in force now')
  })
})
