/** What a dispatcher holds after many requests is what it held after few. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { deployment, gatewayConfig, model, offer, outcome, scene, sent } from './dispatch.fixture.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heldBytes(): number {
  for (let round = 0; round < 3; round++) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test('memory does not grow with requests', async () => {
  const router = { kind: 'cost', ttftMs: 2000, tpotMs: 50, admission: {} } as const
  const one = await scene(
    gatewayConfig(
      [deployment('own', 2)],
      [offer('api')],
      [model('a', ['own', 'api'], { router }), model('b', ['own'], { router: { kind: 'kv-aware' } })],
    ),
  )
  const serve = (count: number) => {
    for (let number = 0; number < count; number++) {
      const alias = number % 3 === 0 ? 'b' : 'a'
      const { flight } = sent(one.ask(alias, { tenant: `tenant ${number % 10}` }))
      flight.firstToken(50)
      flight.ended(
        outcome({ ttftMs: 50, durationMs: 500, outputTokens: 10, inputTokens: 90, cachedTokens: 0 }),
      )
      if (number % 10 === 0) one.time.advance(1000)
    }
  }
  serve(5_000)
  const before = heldBytes()
  serve(100_000)
  // 10 bytes a request would be as much. More requests: benchmarks/dispatch.ts.
  expect(heldBytes() - before).toBeLessThan(1e6)
  expect(one.dispatcher.status().map(({ inFlight }) => inFlight)).toEqual([0, 0, 0])
}, 10_000)
