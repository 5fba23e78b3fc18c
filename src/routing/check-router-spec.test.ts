import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import { parseRouterSpec } from './check-router-spec.ts'
import { createRouter } from './create-router.ts'
import { policyKinds, type RouterSpec } from './router-spec.ts'

function fault(value: unknown): TokenwrightError {
  try {
    parseRouterSpec(value, 'deployment.yaml: router')
  } catch (error) {
    expect(error).toBeInstanceOf(TokenwrightError)
    return error as TokenwrightError
  }
  throw new Error(`accepted ${JSON.stringify(value)}`)
}

describe('parseRouterSpec', () => {
  test('a name stands for the defaults of its policy', () => {
    for (const kind of policyKinds.filter(kind => kind !== 'cost'))
      expect(parseRouterSpec(kind)).toEqual({ kind })
  })

  test('passes through what is right', () => {
    const spec: RouterSpec = {
      kind: 'kv-aware',
      overlapWeight: 2,
      temperature: 0.5,
      index: {
        kind: 'events',
        blockTokens: 32,
        tierWeights: { device: 1, host: 0.5, disk: 0 },
        predictionSeconds: null,
      },
      saturation: { waiting: 10 },
      refusal: { full: 'wait', retryAfterSeconds: 0.5 },
      admission: {
        maximumWaiting: 0,
        maximumWaitSeconds: null,
        ttftMs: 800,
        shedAbovePriority: -1,
        limits: { requestsPerSecond: 0.5, tokenBurst: null },
        tenants: { '': { weight: 2 }, constructor: { tokensPerMinute: 9 } },
      },
    }
    expect(parseRouterSpec(spec)).toEqual(spec)
  })

  test.each([
    [3, 'deployment.yaml: router', 'name of a policy', 'round-robin'],
    [null, 'deployment.yaml: router', 'name of a policy', 'weighted'],
    [[], 'deployment.yaml: router', 'name of a policy', 'cost'],
    [{}, 'deployment.yaml: router.kind', 'needs a "kind"', 'round-robin'],
    ['least-load', 'deployment.yaml: router.kind', '"least-load"', 'least-loaded?'],
    ['xyzzy', 'deployment.yaml: router.kind', '"xyzzy"', 'take one of'],
    ['toString', 'deployment.yaml: router.kind', '"toString"', 'take one of'],
    [{ kind: 'cost' }, 'deployment.yaml: router.ttftMs', 'cost', 'null for no objective'],
    [{ kind: 'cost', ttftMs: 0, tpotMs: null }, 'deployment.yaml: router.ttftMs', 'cost', 'milliseconds'],
    [
      { kind: 'random', seed: 1 },
      'deployment.yaml: router',
      '"seed"',
      'fields of random: kind, saturation, refusal, admission',
    ],
    [{ kind: 'kv-aware', temperature: -1 }, 'deployment.yaml: router.temperature', 'kv-aware', 'fields of'],
    [
      { kind: 'kv-aware', temperature: Number.NaN },
      'deployment.yaml: router.temperature',
      'kv-aware',
      'fields of',
    ],
    [
      { kind: 'prefix-aware', index: { kind: 'guess' } },
      'deployment.yaml: router.index.kind',
      'prefix-aware',
      'index',
    ],
    [
      { kind: 'prefix-aware', index: { kind: 'estimated', blockTokens: 0.5 } },
      'deployment.yaml: router.index.blockTokens',
      'prefix-aware',
      'index',
    ],
    [
      { kind: 'session-affinity', loadFactor: 0.9 },
      'deployment.yaml: router.loadFactor',
      'session-affinity',
      'loadFactor',
    ],
    [{ kind: 'weighted', scorers: [] }, 'deployment.yaml: router.scorers', 'weighted', 'scorers'],
    [
      {
        kind: 'weighted',
        scorers: [
          { scorer: 'queue', weight: 1 },
          { scorer: 'luck', weight: 1 },
        ],
      },
      'deployment.yaml: router.scorers.1.scorer',
      'weighted',
      'scorers',
    ],
    [
      { kind: 'least-loaded', saturation: { cacheUse: 80 } },
      'deployment.yaml: router.saturation.cacheUse',
      'least-loaded',
      '',
    ],
    [
      { kind: 'least-loaded', refusal: { full: 'drop' } },
      'deployment.yaml: router.refusal.full',
      'least-loaded',
      'refusal',
    ],
    [
      { kind: 'random', admission: { queue: 5 } },
      'deployment.yaml: router.admission',
      '"queue"',
      'fields of admission: maximumWaiting, maximumWaitSeconds',
    ],
    [
      { kind: 'random', admission: { maximumWaiting: 1.5 } },
      'deployment.yaml: router.admission.maximumWaiting',
      'int',
      'docs/models/routing.md#admission',
    ],
    [
      { kind: 'random', admission: { maximumWaitSeconds: 0 } },
      'deployment.yaml: router.admission.maximumWaitSeconds',
      'random',
      'maximumWaitSeconds',
    ],
    [
      { kind: 'random', admission: { limits: { requestsPerSecond: -1 } } },
      'deployment.yaml: router.admission.limits.requestsPerSecond',
      'random',
      'tokensPerMinute',
    ],
    [
      { kind: 'random', admission: { tenants: { blue: { weight: 0 } } } },
      'deployment.yaml: router.admission.tenants.blue.weight',
      'random',
      'fields of limits, for all and by tenant: weight',
    ],
    [
      { kind: 'random', admission: { tenants: { blue: { tokensPerMinute: 'many' } } } },
      'deployment.yaml: router.admission.tenants.blue.tokensPerMinute',
      'number',
      'tenant',
    ],
    [{ kind: 'random', admission: true }, 'deployment.yaml: router.admission', 'object', 'maximumWaiting'],
  ])('refuses %j', (value, where, message, fix) => {
    const error = fault(value)
    expect(error.code).toBe('usage')
    expect(error.where).toBe(where)
    expect(error.message).toContain(message)
    expect(error.fix).toContain(fix)
  })

  test('createRouter checks what it is given', () => {
    const wrong = JSON.parse('{"kind":"two-choices","by":"luck"}')
    expect(() => createRouter(wrong, new RandomSource(1))).toThrow(TokenwrightError)
  })
})
