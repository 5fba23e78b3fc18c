import { afterEach, describe, expect, test } from 'vitest'
import {
  deployment,
  gatewayConfig,
  model,
  offer,
  outcome,
  promptOf,
  type Scene,
  scene,
  sent,
} from './dispatch.fixture.ts'

const scenes: Scene[] = []
afterEach(() => {
  for (const { dispatcher } of scenes.splice(0)) dispatcher.close()
})
async function open(...parts: Parameters<typeof scene>): Promise<Scene> {
  const one = await scene(...parts)
  scenes.push(one)
  return one
}

describe('a dispatcher', () => {
  test('spreads requests over replicas and offers of an alias, and knows further names of it', async () => {
    const { dispatcher, ask } = await open(
      gatewayConfig(
        [deployment('own', 2)],
        [offer('api')],
        [model('chat', ['own', 'api'], { aliases: ['gpt'] })],
      ),
    )
    const names = [0, 1, 2].map(() => sent(ask('gpt')).candidate.name)
    expect(names.sort()).toEqual(['api', 'own/r0', 'own/r1'])
    expect(dispatcher.pool('nobody')).toBeNull()
    expect(dispatcher.pool('chat')).toBe(dispatcher.pool('gpt'))
    expect(dispatcher.status().map(({ inFlight }) => inFlight)).toEqual([1, 1, 1])
  })

  test('a prompt goes where its beginning is cached', async () => {
    const { ask } = await open(
      gatewayConfig(
        [deployment('own', 4)],
        [],
        [model('chat', ['own'], { router: { kind: 'prefix-aware' } })],
      ),
    )
    const text = 'all prompts begin with the same words. '.repeat(100)
    const first = sent(ask('chat', { prompt: promptOf(`${text} one`) }))
    first.flight.ended(outcome())
    const second = sent(ask('chat', { prompt: promptOf(`${text} two`) }))
    expect(second.candidate).toBe(first.candidate)
    expect(second.expectedCachedTokens).toBeGreaterThan(900)
  })

  test('what one alias has under way counts for the others', async () => {
    const both = [model('a', ['own']), model('b', ['own'])]
    const { ask } = await open(gatewayConfig([deployment('own', 2, { capacity: 2 })], [], both))
    const first = sent(ask('a')).candidate
    expect(sent(ask('b')).candidate).not.toBe(first)
    expect([sent(ask('a')), sent(ask('a'))].map(({ candidate }) => candidate.name).sort()).toEqual([
      'own/r0',
      'own/r1',
    ])
    expect(ask('b')).toMatchObject({ kind: 'refused', reason: 'queue-full', retryAfterSeconds: 1 })
  })

  test('a conversation stays where it is', async () => {
    const router = { kind: 'session-affinity' } as const
    const { ask } = await open(
      gatewayConfig([deployment('own', 8)], [], [model('chat', ['own'], { router })]),
    )
    const names = [7, 7, 7].map(session => {
      const { candidate, flight } = sent(ask('chat', { session }))
      flight.ended(outcome())
      return candidate.name
    })
    expect(new Set(names).size).toBe(1)
  })

  test('explains: who was picked, who was not and why, what was predicted', async () => {
    const performance = { ttftMs: 100, msPerPromptToken: 0.5, tpotMs: 20 }
    const router = { kind: 'cost', ttftMs: 2000, tpotMs: 50 } as const
    const { ask } = await open(
      gatewayConfig(
        [deployment('own', 1, { performance })],
        [offer('api', { performance }), offer('far')],
        [model('chat', ['own', 'api', 'far'], { router })],
      ),
    )
    const far = new Set([2])
    const { explanation, candidate, predictedTtftMs, predictedNanoUsd } = sent(
      ask('chat', { explained: true, excluded: far }),
    )
    expect(candidate.name).toBe('api')
    expect(explanation).toMatchObject({
      alias: 'chat',
      policy: 'cost',
      decision: 'send to api',
      candidates: [
        { name: 'own/r0', outcome: 'considered', parts: { ttftMs: 150, tpotMs: 20 } },
        // 100 × $1 + 10 × $4 a million.
        { name: 'api', outcome: 'picked', parts: { ttftMs: 150, tpotMs: 20 } },
        { name: 'far', outcome: 'excluded', score: null, parts: {} },
      ],
    })
    expect(explanation!.candidates[0]!.parts.usd).toBeCloseTo(0.00025, 10)
    expect([predictedTtftMs, predictedNanoUsd]).toEqual([150, 140_000n])
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation)
  })

  test('predictions give an unknown candidate a request at a time until it is known', async () => {
    const performance = { ttftMs: 100, msPerPromptToken: 0.5, tpotMs: 20 }
    const router = { kind: 'cost', ttftMs: 2000, tpotMs: 50 } as const
    const { ask, dispatcher } = await open(
      gatewayConfig(
        [deployment('own', 1, { performance })],
        [
          offer('new', {
            price: { kind: 'own', ruleId: 'dear', prices: { uncachedInput: '100', output: '100' } },
          }),
        ],
        [model('chat', ['own', 'new'], { router })],
      ),
    )
    const tries: string[] = []
    for (let round = 0; round < 20; round++) {
      const tried = sent(ask('chat', { explained: true }))
      const beside = sent(ask('chat'))
      tries.push(tried.candidate.name)
      expect(beside.candidate.name).toBe('own/r0')
      for (const { flight } of [tried, beside]) {
        flight.firstToken(150)
        flight.ended(outcome({ ttftMs: 150, durationMs: 350, outputTokens: 11 }))
      }
    }
    expect(tries.slice(0, 4)).toEqual(['new', 'new', 'new', 'own/r0'])
    expect(tries.slice(4)).not.toContain('new')
    expect(dispatcher.status()[1]).toMatchObject({ name: 'new', ttftMs: 150, tpotMs: 20 })
  })

  test('who never becomes known is not tried for ever', async () => {
    const performance = { ttftMs: 100, msPerPromptToken: 0.5, tpotMs: 20 }
    const router = { kind: 'cost', ttftMs: null, tpotMs: null } as const
    const { ask } = await open(
      gatewayConfig(
        [deployment('own', 1, { performance })],
        [offer('mute')],
        [model('chat', ['own', 'mute'], { router })],
      ),
    )
    let tried = 0
    for (let round = 0; round < 1000; round++) {
      const { candidate, flight } = sent(ask('chat'))
      if (candidate.name === 'mute') tried++
      flight.ended(outcome())
    }
    expect(tried).toBeGreaterThan(8)
    expect(tried).toBeLessThan(8 + 1000 * 0.03)
  })

  test('status tells load, hits and alarms', async () => {
    const { ask, dispatcher } = await open(
      gatewayConfig(
        [deployment('own', 1)],
        [],
        [model('chat', ['own'], { router: { kind: 'prefix-aware' } })],
      ),
    )
    const prompt = promptOf('the same words again. '.repeat(200))
    for (let round = 0; round < 40; round++) {
      const { flight } = sent(ask('chat', { prompt }))
      flight.ended(outcome({ inputTokens: prompt.inputTokens, cachedTokens: 500, outputTokens: 5 }))
    }
    sent(ask('chat'))
    const [status] = dispatcher.status()
    expect(status).toMatchObject({
      aliases: ['chat'],
      ready: true,
      inFlight: 1,
      running: 1,
      waiting: 0,
      cacheUse: null,
    })
    expect(status).toMatchObject({ cacheKnownBy: 'estimate', alarms: [] })
    expect(status!.expectedHitShare).toBeGreaterThan(0.9)
    expect(status!.realisedHitShare).toBeCloseTo(500 / prompt.inputTokens, 2)
  })
})
