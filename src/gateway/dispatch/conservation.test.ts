/** Whatever happens to requests and configuration, books come back to zero, and nobody is asked who may not be. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RouterSpec } from '../../routing/index.ts'
import {
  deployment,
  gatewayConfig,
  model,
  offer,
  outcome,
  promptOf,
  request,
  scene,
} from './dispatch.fixture.ts'
import type { Pool } from './model-pool.ts'
import type { Choice, Waiting } from './types.ts'

const routers: readonly RouterSpec[] = [
  { kind: 'least-loaded' },
  { kind: 'prefix-aware' },
  { kind: 'cost', ttftMs: 2000, tpotMs: null },
  { kind: 'least-loaded', admission: { maximumWaiting: 5, maximumWaitSeconds: 20 } },
  { kind: 'two-choices', refusal: { full: 'wait', noCandidate: 'wait' } },
  { kind: 'kv-aware', admission: { limits: { requestsPerSecond: 2, requestBurst: 4 } } },
]

/** One of several that a reconfiguration goes to: more or fewer replicas, another price, another policy, an alias less. */
function configOf(number: number, router: RouterSpec) {
  const own = deployment('own', [2, 1, 3, 2][number % 4]!, { capacity: number % 3 === 1 ? 1 : 3 })
  const api = offer('api', { capacity: 2, serviceTier: number % 2 === 0 ? 'standard' : 'flex' })
  const other = routers[(routers.indexOf(router) + number) % routers.length]!
  const models = [
    model('a', ['own', 'api'], { router: number < 4 ? router : other }),
    model('b', ['own'], { router }),
  ]
  return gatewayConfig([own], [api], number % 5 === 4 ? models.slice(0, 1) : models)
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        kind: fc.constant('choose' as const),
        alias: fc.constantFrom('a', 'b'),
        text: fc.nat(3),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('first' as const), which: fc.nat() }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        which: fc.nat(),
        outcome: fc.constantFrom('served', 'failed', 'limited', 'cancelled', 'refused'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(8000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconfigure' as const), config: fc.nat(7) }) },
  ),
  { minLength: 40, maxLength: 80 },
)

test('after any sequence of choices, first tokens, ends, withdrawals and reconfigurations all counts are zero again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routers), steps, async (router, all) => {
      const { dispatcher, time } = await scene(configOf(0, router))
      const flying: (Choice & { kind: 'send' })[] = []
      const waiting: Waiting[] = []
      let decided = 0
      let asked = 0
      let withdrawn = 0
      const take = (choice: Choice) => {
        decided++
        if (choice.kind === 'send') flying.push(choice)
        else expect(choice.retryAfterSeconds).toBeGreaterThanOrEqual(0)
      }
      const check = () => {
        const total = dispatcher.status().reduce((sum, { inFlight }) => sum + inFlight, 0)
        const present = new Set(dispatcher.candidates)
        expect(total).toBe(flying.filter(({ candidate }) => present.has(candidate)).length)
      }
      for (const [number, each] of all.entries()) {
        if (each.kind === 'choose') {
          const pool = dispatcher.pool(each.alias)
          if (pool === null) continue
          asked++
          const prompt = promptOf(`${each.text} `.repeat(500))
          const choice = pool.choose(time.nowUs(), request(number, { prompt, explained: number % 3 === 0 }))
          if (choice.kind === 'waiting') {
            waiting.push(choice)
            void choice.choice.then(late => {
              waiting.splice(waiting.indexOf(choice), 1)
              take(late)
            })
          } else take(choice)
        } else if (each.kind === 'wait') time.advance(each.ms * 1000)
        else if (each.kind === 'reconfigure') await dispatcher.reconfigure(configOf(each.config, router))
        else if (each.kind === 'withdraw') {
          if (waiting.length === 0) continue
          waiting.splice(each.which % waiting.length, 1)[0]!.withdraw()
          withdrawn++
        } else if (flying.length > 0) {
          const index = each.which % flying.length
          if (each.kind === 'first') flying[index]!.flight.firstToken(100)
          else {
            const [{ flight }] = flying.splice(index, 1) as [Choice & { kind: 'send' }]
            flight.ended(
              outcome({ kind: each.outcome, outputTokens: 20, inputTokens: 300, cachedTokens: 10 }),
            )
            flight.ended(outcome())
            flight.firstToken(100)
          }
        }
        await Promise.resolve()
        check()
      }
      // To the end: whoever waits is served or refused, and all that fly end.
      for (let round = 0; round < 200 && (flying.length > 0 || waiting.length > 0); round++) {
        for (const { flight } of flying.splice(0)) flight.ended(outcome({ outputTokens: 5 }))
        time.advance(10e6)
        await Promise.resolve()
      }
      expect([flying.length, waiting.length]).toEqual([0, 0])
      expect(decided + withdrawn).toBe(asked)
      for (const { inFlight, waiting: there, running } of dispatcher.status())
        expect([inFlight, there, running]).toEqual([0, 0, 0])
      for (const pool of dispatcher.pools as readonly Pool[])
        for (const { candidate } of pool.entries)
          expect(pool.router.inFlight?.(candidate.id)).toEqual({
            requests: 0,
            pendingPromptTokens: 0,
            promptTokens: 0,
          })
      expect(time.timers).toBe(0)
      dispatcher.close()
    }),
    { numRuns: 60 },
  )
})
