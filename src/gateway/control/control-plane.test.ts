/** Every route over a real port: with the token and without, by other methods, with bad queries and bodies; and as the page says. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parsePrometheus } from '../../emulate/telemetry/prometheus-text.fixture.ts'
import type { LiveSeries } from '../observe/index.ts'
import { explanationOf, offerAttempt, refusedSummary, summaryOf } from '../observe/summary.fixture.ts'
import { errorOf, nowMs, startedPlane, token } from './control.fixture.ts'
import { ControlError, controlErrorCodes } from './control-error.ts'
import { controlRoutes } from './routes/all-routes.ts'
import { startControlPlane } from './start-control-plane.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/gateway-control.md'), 'utf8')

let made: Awaited<ReturnType<typeof startedPlane>>
beforeAll(async () => {
  made = await startedPlane()
  for (const summary of [
    summaryOf({ explanation: explanationOf(1, 2, 3) }),
    summaryOf({ requestId: 'req-2', modelAlias: 'gpt', attempts: [offerAttempt()] }),
    refusedSummary,
  ]) {
    made.observer.requestStarted()
    made.observer.requestEnded(summary)
  }
})
afterAll(() => made.plane.close())

const pathOf = (path: string): string => path.replace(':id', 'req-1')
const reading = controlRoutes.filter(({ openness, path }) => openness === 'read' && path !== '/api/live')

describe('every route', () => {
  test.each(reading.map(({ path }) => path))('%s answers whoever has the token', async path => {
    const response = await made.call(pathOf(path))
    expect(response.status).toBe(200)
    expect((await response.text()).length).toBeGreaterThan(2)
  })

  test.each(controlRoutes.filter(({ openness }) => openness !== 'open'))(
    '$method $path answers nobody else',
    async ({ method, path }) => {
      for (const bearer of [null, 'wrong', `${token}x`, token.slice(1)])
        expect(await errorOf(await made.call(pathOf(path), { method }, bearer))).toBe('401 unauthorized')
    },
  )

  test.each(controlRoutes)('$method $path has the security headers', async ({ method, path }) => {
    const response = await made.call(pathOf(path), { method }, null)
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    await response.body?.cancel()
  })

  test.each(controlRoutes)('$method $path knows no other method', async ({ method, path }) => {
    const others = ['PUT', 'DELETE', 'PATCH', 'OPTIONS', method === 'GET' ? 'POST' : 'GET']
    for (const other of others) {
      if (controlRoutes.some(route => route.method === other && route.path === path)) continue
      const response = await made.call(pathOf(path), { method: other })
      expect(response.headers.get('allow')).toContain(method)
      expect(await errorOf(response)).toBe('405 method_not_allowed')
    }
  })

  test.each(reading.map(({ path }) => path))('%s refuses a parameter it does not know', async path => {
    expect(await errorOf(await made.call(`${pathOf(path)}?nonsense=1`))).toBe('400 bad_request')
  })

  test('HEAD is GET without a body', async () => {
    const response = await made.call('/api/status', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect((await made.call('/api/status', { method: 'HEAD' }, null)).status).toBe(401)
  })

  test('are those of the page', () => {
    const listed = [...page.matchAll(/^\| `(GET|POST)` \| `([^`]+)` \| (\w+) \| ([\w, ]*?) ?\|/gm)].map(
      ([, method, path, openness, query]) => `${method} ${path} ${openness} ${query}`,
    )
    const there = controlRoutes.map(
      ({ method, path, openness, query }) => `${method} ${path} ${openness} ${query.join(', ')}`,
    )
    expect(listed).toEqual(there)
    expect(new Set(there).size).toBe(there.length)
    const codes = [...page.matchAll(/`([a-z_]+)` (\d{3})/g)].map(([, code, status]) => `${code} ${status}`)
    expect(codes.toSorted()).toEqual(
      controlErrorCodes.map(code => `${code} ${new ControlError(code, '').status}`).toSorted(),
    )
  })
})

describe('health', () => {
  test('is open, and says nothing else', async () => {
    const response = await made.call('/health', {}, null)
    expect([response.status, await response.json()]).toEqual([200, { status: 'up' }])
  })

  test('ready until it drains, has no candidate, or cannot write', async () => {
    const { state } = made
    const ready = async () => {
      const response = await made.call('/ready', {}, null)
      return [response.status, ((await response.json()) as { reasons: string[] }).reasons]
    }
    expect(await ready()).toEqual([200, []])
    const [candidate] = state.candidates
    state.candidates = [{ ...candidate!, ready: false }]
    expect(await ready()).toEqual([503, ['no-candidate-ready']])
    state.candidates = [{ ...candidate!, coolingUntilMs: nowMs + 1 }]
    expect(await ready()).toEqual([503, ['no-candidate-ready']])
    state.candidates = []
    state.ledgerFault = 'disk full'
    const { status } = state
    state.status = { ...status, isDraining: true }
    expect(await ready()).toEqual([503, ['draining', 'no-candidate-ready', 'ledger-not-writable']])
    Object.assign(state, { status, ledgerFault: null, candidates: [candidate] })
    expect(await ready()).toEqual([200, []])
  })

  test('metrics are text for Prometheus', async () => {
    const response = await made.call('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const own = (await response.text()).split('\n').filter(line => /^(# \w+ )?tokenwright_/.test(line))
    expect(parsePrometheus(`${own.join('\n')}\n`).get('tokenwright_requests_total')!.type).toBe('counter')
  })

  test('status', async () => {
    expect(await (await made.call('/api/status')).json()).toMatchObject({
      version: '1.2.3',
      uptimeSeconds: 60,
      inFlight: 3,
      ready: true,
      config: { digest: 'd1', source: 'gateway.yaml' },
      refusedReload: null,
      ledger: { name: 'memory', fault: null },
      keys: 'writable',
    })
  })
})

describe('live', () => {
  test('cost by window, with savings', async () => {
    const cost = (await (await made.call('/api/cost')).json()) as {
      windows: Record<string, { total: { requests: number }; models: object; targets: object }>
      savings: { priced: number; baselines: object[] }
    }
    expect(Object.keys(cost.windows)).toEqual(['1m', '10m', '1h', 'start'])
    expect(cost.windows['1m']!.total.requests).toBe(3)
    expect(Object.keys(cost.windows['1m']!.models)).toEqual(['llama', 'gpt'])
    expect(Object.keys(cost.windows['1m']!.targets)).toEqual(['h200', 'openai/gpt'])
    expect([cost.savings.priced, cost.savings.baselines.length]).toEqual([1, 3])
  })

  test('series of a name that was seen', async () => {
    const series = async (query: string) => made.call(`/api/cost/series?${query}`)
    expect(await (await series('step=60&group=model&name=gpt')).json()).toMatchObject({
      stepSeconds: 60,
      name: 'gpt',
      points: [{ figures: { requests: 1 } }],
    })
    expect(await errorOf(await series('group=model&name=unheard'))).toBe('404 not_found')
    expect(await errorOf(await series('step=15'))).toBe('400 bad_request')
    const slim = await (await series('group=tenant&name=acme&figures=usd,requests')).json()
    expect(Object.keys((slim as LiveSeries).points.at(-1)!.figures!)).toEqual(['usd', 'requests'])
    expect(await errorOf(await series('step=60&group=tenant&name=acme'))).toBe('404 not_found')
    expect(await errorOf(await series('group=key&name=k1'))).toBe('400 bad_request')
    expect(await errorOf(await series('figures=usd,constructor'))).toBe('400 bad_request')
    expect(await errorOf(await series('since=yesterday'))).toBe('400 bad_request')
    expect(await errorOf(await series('step=10&step=60'))).toBe('400 bad_request')
  })

  test('the last requests, newest first', async () => {
    const body = (await (await made.call('/api/requests?limit=2')).json()) as {
      seen: number
      requests: { requestId: string }[]
    }
    expect([body.seen, body.requests.map(({ requestId }) => requestId)]).toEqual([
      3,
      ['req-refused', 'req-2'],
    ])
    for (const limit of ['0', '1001', '-1', '1.5', 'x', ''])
      expect(await errorOf(await made.call(`/api/requests?limit=${limit}`)), limit).toBe('400 bad_request')
  })

  test('one request', async () => {
    expect(await (await made.call('/api/requests/req-1')).json()).toMatchObject({
      request: { requestId: 'req-1', explanation: { policy: 'cost' } },
      account: null,
    })
    expect(await errorOf(await made.call('/api/requests/nobody'))).toBe('404 not_found')
    expect(await errorOf(await made.call('/api/requests/%2e%2e%2fetc'))).toBe('404 not_found')
    expect(await errorOf(await made.call('/api/requests/a%00b'))).toBe('404 not_found')
  })
})

test('a port that is taken is a fault of the user’s, with a way out', async () => {
  const settings = { host: '127.0.0.1', port: made.plane.port, token: null }
  await expect(startControlPlane(settings, made.parts)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('EADDRINUSE'),
  })
})

test('nothing that should not have happened happened', () => {
  expect(made.state.faults).toEqual([])
})
