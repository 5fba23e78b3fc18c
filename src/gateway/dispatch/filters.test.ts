/** Who may serve, what refuses a request, and what is said of it. */
import { describe, expect, test } from 'vitest'
import type { CandidateTraits, Requirements } from '../config/gateway-config.ts'
import {
  deployment,
  gatewayConfig,
  model,
  noRequirements,
  noTraits,
  offer,
  outcome,
  scene,
  sent,
} from './dispatch.fixture.ts'

const traits = (more: Partial<CandidateTraits>) => ({ traits: { ...noTraits, ...more } })
const require = (more: Partial<Requirements>): Requirements => ({ ...noRequirements, ...more })

const config = gatewayConfig(
  [
    deployment('own', 1, {
      ...traits({ region: 'eu', quantization: 'fp8', dataPolicy: 'own', contextTokens: 8000 }),
      performance: { ttftMs: 100, msPerPromptToken: 0.1, tpotMs: 20 },
    }),
  ],
  [
    offer('cheap', traits({ region: 'us', quantization: 'fp4', dataPolicy: 'any', contextTokens: 100_000 })),
    offer('careful', {
      ...traits({ region: 'eu', quantization: 'fp8', dataPolicy: 'no-retention', contextTokens: 200_000 }),
      price: { kind: 'own', ruleId: 'dear', prices: { uncachedInput: '5', output: '20' } },
    }),
    offer('unknown'),
  ],
  [model('chat', ['own', 'cheap', 'careful', 'unknown'])],
)

async function outcomes(more: Parameters<Awaited<ReturnType<typeof scene>>['ask']>[1]) {
  const { ask } = await scene(config)
  const choice = ask('chat', { ...more, explained: true })
  if (choice.kind === 'waiting') throw new Error('nobody waits here')
  return {
    choice,
    told: Object.fromEntries(choice.explanation!.candidates.map(({ name, outcome: out }) => [name, out])),
  }
}

describe('filters', () => {
  test.each([
    [{ regions: ['eu'] }, { cheap: 'region', unknown: 'region' }],
    [
      { quantizations: ['fp4', 'bf16'] },
      { 'own/r0': 'quantization', careful: 'quantization', unknown: 'quantization' },
    ],
    [{ dataPolicy: 'no-training' as const }, { cheap: 'data-policy', unknown: 'data-policy' }],
    [
      { dataPolicy: 'own' as const },
      { cheap: 'data-policy', careful: 'data-policy', unknown: 'data-policy' },
    ],
    [{ maximumInputUsdPerMillionTokens: 2 }, { careful: 'maximum-price' }],
    // Its 20 ms a token at $3.60 an hour are $20 a million.
    [{ maximumOutputUsdPerMillionTokens: 19 }, { careful: 'maximum-price', 'own/r0': 'maximum-price' }],
  ])('%o', async (asked, filtered) => {
    const { told } = await outcomes({ require: require(asked) })
    for (const [name, outcome] of Object.entries(told))
      expect([name, outcome]).toEqual([
        name,
        (filtered as Record<string, string>)[name] ?? expect.stringMatching(/picked|considered/),
      ])
  })

  test('an alias asks for its own part, and requests for more', async () => {
    const strict = model('chat', ['own', 'cheap', 'careful'], { require: require({ regions: ['eu'] }) })
    const { ask } = await scene({ ...config, models: [strict] })
    const only = { require: require({ dataPolicy: 'own' }) }
    expect([1, 2, 3].map(() => sent(ask('chat', only)).candidate.name)).toEqual([
      'own/r0',
      'own/r0',
      'own/r0',
    ])
    expect(ask('chat', { require: require({ regions: ['us'] }) })).toMatchObject({
      kind: 'refused',
      reason: 'requirements',
    })
  })

  test('prompt and answer must fit', async () => {
    const long = { prompt: { inputTokens: 9900, content: null as never }, outputLimit: 200 }
    const prompt = { inputTokens: 9900, content: { tokensPerBlock: 64, blockIds: [] } }
    expect((await outcomes({ ...long, prompt })).told['own/r0']).toBe('context-length')
    expect((await outcomes({ prompt, outputLimit: 50 })).told['own/r0']).not.toBe('context-length')
  })

  test('refusals say why: too long, not met, tried already', async () => {
    const strict = gatewayConfig(config.deployments, [], [model('chat', ['own'])])
    const { ask } = await scene(strict)
    const prompt = { inputTokens: 50_000, content: { tokensPerBlock: 64, blockIds: [] } }
    expect(ask('chat', { prompt })).toMatchObject({ reason: 'context-too-long', retryAfterSeconds: 0 })
    expect(ask('chat', { require: require({ regions: ['mars'] }) })).toMatchObject({ reason: 'requirements' })
    const { candidate } = sent(ask('chat'))
    expect(ask('chat', { excluded: new Set([candidate.id]) })).toMatchObject({ reason: 'no-candidate' })
  })

  test('who failed is left alone; when all are, clients hear when to come back; one tries then', async () => {
    const { ask, time, dispatcher } = await scene(
      gatewayConfig([], [offer('a'), offer('b')], [model('chat', ['a', 'b'])]),
    )
    const fail = (name: string, seconds: number) => {
      const choice = [ask('chat'), ask('chat')].map(sent)
      for (const { candidate, flight } of choice)
        flight.ended(
          candidate.name === name
            ? outcome({ kind: 'limited', retryAfterSeconds: seconds })
            : outcome({ kind: 'cancelled' }),
        )
    }
    fail('a', 30)
    expect([1, 2].map(() => sent(ask('chat')).candidate.name)).toEqual(['b', 'b'])
    sent(ask('chat')).flight.ended(outcome({ kind: 'limited', retryAfterSeconds: 7.5 }))
    expect(ask('chat', { explained: true })).toMatchObject({
      kind: 'refused',
      reason: 'cooling-down',
      retryAfterSeconds: 8,
      explanation: { decision: 'refused: cooling-down' },
    })
    expect(dispatcher.status().map(({ coolingUntilMs }) => coolingUntilMs! - time.nowMs())).toEqual([
      30_000, 7500,
    ])
    time.advance(8e6)
    expect(sent(ask('chat')).candidate.name).toBe('b')
    expect(ask('chat')).toMatchObject({ reason: 'cooling-down' })
  })
})
