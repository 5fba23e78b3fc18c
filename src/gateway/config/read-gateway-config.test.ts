import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policyKinds } from '../../routing/index.ts'
import { faultOf, gpt, local, minimal, read, readModelWith, readWith } from './config.fixture.ts'

describe('a minimal file', () => {
  test('works: loopback, no keys, least cost, a ledger on disk', () => {
    const config = read(minimal)
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 4000 })
    expect(config.control).toEqual({ host: '127.0.0.1', port: 4001, token: null })
    expect(config.authentication).toBe('none')
    expect(config.ledger).toEqual({ kind: 'sqlite', path: 'tokenwright-ledger.sqlite', durability: 'full' })
    expect(config.models[0]!.router).toEqual({ kind: 'cost', ttftMs: 2000, tpotMs: 100, admission: {} })
    expect(config.deployments[0]).toMatchObject({
      name: 'local',
      replicas: [
        { name: '127.0.0.1:8000', url: 'http://127.0.0.1:8000', metricsUrl: 'http://127.0.0.1:8000/metrics' },
      ],
      cost: { usdPerReplicaHour: 2.5, priceRuleId: 'configuration' },
      traits: { dataPolicy: 'own' },
    })
  })

  test('needs nothing of the shipped facts', () => {
    expect(read(minimal, { facts: {} }).models).toHaveLength(1)
  })
})

describe('models', () => {
  test.each(policyKinds)('policy: %s', kind => {
    expect(readModelWith({ policy: kind }).router).toMatchObject({ kind, admission: {} })
  })

  test('objectives go into the policy cost, each with its default', () => {
    expect(readModelWith({ objectives: { ttftMs: 300 } }).router).toMatchObject({ ttftMs: 300, tpotMs: 100 })
    expect(readModelWith({ objectives: { ttftMs: null, tpotMs: null } }).router).toMatchObject({
      ttftMs: null,
      tpotMs: null,
    })
    expect(
      readModelWith({ policy: { kind: 'cost', margin: 1.2 }, objectives: { tpotMs: 30 }, admission: null })
        .router,
    ).toEqual({ kind: 'cost', ttftMs: 2000, tpotMs: 30, margin: 1.2, admission: null })
  })

  test.each([
    [{ policy: 'chepest' }, 'models.llama.policy.kind'],
    [{ policy: ['cost'] }, 'models.llama.policy'],
    [{ policy: { kind: 'cost', margni: 1 } }, 'margni'],
    [{ policy: 'random', objectives: { ttftMs: 1 } }, 'count only where the policy is cost'],
    [{ policy: { kind: 'cost', ttftMs: 5 }, objectives: { ttftMs: 1 } }, 'stands in the policy, too'],
    [{ policy: { kind: 'cost', admission: {} }, admission: {} }, 'stands in the policy, too'],
    [{ objectives: { ttftMs: 0 } }, 'expected more than 0'],
    [{ admission: { maximumWaiting: -1 } }, 'models.llama.admission.maximumWaiting'],
    [{ attempts: { cooldownSeconds: 400 } }, 'attempts.cooldownSeconds'],
    [{ attempts: { totalTimeoutMs: 3e9 } }, 'expected at most 2147483647'],
    [{ candidates: ['locl'] }, 'did you mean local?'],
    [{ candidates: ['local', 'local'] }, 'candidates[1] | comes twice'],
    [{ candidates: [] }, 'expected at least 1 entries'],
    [{ fallbacks: ['nobody'] }, 'no model is called nobody'],
    [{ fallbacks: ['llama'] }, 'lead in a circle: llama → llama'],
    [{ aliases: ['llama'] }, 'is a model itself'],
    [{ aliases: ['unknown'] }, 'no name of a model'],
    [{ tokenizer: 'o100k' }, 'did you mean o200k?'],
    [{ require: { regions: ['mars'] } }, 'models.llama.require | no candidate meets this'],
    [{ require: { regions: [] } }, 'expected at least 1 entries'],
    [{ hedging: { afterMs: 100 } }, 'hedging.maximumUsd | is missing'],
  ])('%j is refused', (fields, message) => {
    expect(faultOf(() => readModelWith(fields))).toContain(message)
  })

  test('whoever allows any data policy asks nothing', () => {
    expect(readModelWith({ require: { dataPolicy: 'any' } }).require.dataPolicy).toBeNull()
    expect(readModelWith({ require: { dataPolicy: 'no-training' } }).require.dataPolicy).toBe('no-training')
    const offers = { offers: { gpt } }
    expect(
      faultOf(() => readModelWith({ candidates: ['gpt'], require: { dataPolicy: 'own' } }, offers)),
    ).toContain('no candidate meets this')
  })

  test('are named by tokens where a candidate tells of its cache', () => {
    const telling = { ...local, replicas: [{ url: 'http://h', events: 'tcp://h:5557' }] }
    const deployments = { deployments: { local: telling } }
    expect(readModelWith({}, deployments).tokenizer).toBe('engine')
    expect(readModelWith({ tokenizer: 'o200k' }, deployments).tokenizer).toBe('o200k')
    expect(faultOf(() => readModelWith({ tokenizer: 'bytes' }, deployments))).toContain(
      'models.llama.tokenizer',
    )
    expect(
      faultOf(() => readModelWith({ candidates: ['gpt'], tokenizer: 'engine' }, { offers: { gpt } })),
    ).toContain('no candidate is an engine')
  })

  test('a name leads to one model, and to one upstream', () => {
    const models = {
      a: { candidates: ['local'], aliases: ['c'] },
      b: { candidates: ['local'], aliases: ['c'] },
    }
    expect(faultOf(() => readWith({ models }))).toContain('models.b.aliases[0] | names a already')
    expect(faultOf(() => readWith({ offers: { local: gpt } }))).toContain(
      'offers.local | a deployment has this name',
    )
  })

  test('are told of at once when several things are wrong, in the order of the file', () => {
    const fault = faultOf(() =>
      readWith({ models: { a: { candidates: ['x'] }, b: { candidates: ['y'], fallbacks: ['z'] } } }),
    )
    expect(fault).toContain('3 faults')
    for (const place of ['models.a.candidates[0]', 'models.b.candidates[0]', 'models.b.fallbacks[0]']) {
      expect(fault).toContain(place)
    }
  })

  test('fallbacks: a circle is found exactly when there is one', () => {
    const graph = fc
      .integer({ min: 1, max: 7 })
      .chain(size =>
        fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }),
      )
    fc.assert(
      fc.property(graph, edges => {
        const models = Object.fromEntries(
          edges.map((targets, index) => [
            `m${index}`,
            { candidates: ['local'], fallbacks: targets.map(to => `m${to}`) },
          ]),
        )
        const reaches = edges.map(targets => new Set(targets))
        for (const middle of edges.keys()) {
          for (const from of reaches) if (from.has(middle)) for (const to of reaches[middle]!) from.add(to)
        }
        const hasCircle = reaches.some((targets, index) => targets.has(index))
        if (hasCircle) expect(faultOf(() => readWith({ models }))).toContain('in a circle')
        else expect(readWith({ models }).models).toHaveLength(edges.length)
      }),
      { numRuns: 60 },
    )
  })
})
