/** The control plane of a whole gateway: what requests leave in it, and what of them must not be in it. */
import { expect, test } from 'vitest'
import {
  chatAnswer,
  hello,
  oneModel,
  sendJson,
  startTestGateway,
  startUpstream,
} from '../start/gateway.fixture.ts'
import { controlRoutes } from './routes/all-routes.ts'

const prompt = 'the secret plan of the prompt'
const answer = 'words of the answer'

async function gatewayWithTraffic() {
  const upstream = await startUpstream((_, response) => sendJson(response, 200, chatAnswer(answer)))
  const made = await startTestGateway({
    ...oneModel([upstream.url], { deployment: { apiKey: 'env:KEY' } }),
    authentication: 'none',
    tenants: { anonymous: { limits: [{ per: 'month', usd: '5' }] } },
  })
  const response = await made.post(
    '/v1/chat/completions',
    { ...hello, messages: [{ role: 'user', content: prompt }] },
    { 'x-tokenwright-explain': '1' },
  )
  expect(response.status).toBe(200)
  expect(upstream.requests.at(-1)!.headers.authorization).toBe('Bearer secret-of-upstream')
  await response.text()
  await made.post('/v1/chat/completions', { ...hello, model: 'unheard' })
  await made.events()
  const get = async (path: string): Promise<string> => {
    const page = await fetch(made.gateway.controlUrl + path)
    expect(page.status, path).toBe(200)
    return page.text()
  }
  return { ...made, get, json: async (path: string) => JSON.parse(await get(path)) }
}

test('requests, candidates, cost and accounts are the gateway’s', async () => {
  const { json, get } = await gatewayWithTraffic()
  expect(await json('/ready')).toEqual({ ready: true, reasons: [] })
  expect(await json('/api/status')).toMatchObject({
    version: '0.0.0',
    inFlight: 0,
    ledger: { name: 'memory' },
  })
  const { candidates } = await json('/api/candidates')
  expect(candidates).toMatchObject([{ name: 'own/r0', aliases: ['llama'], ready: true, inFlight: 0 }])
  const { seen, requests } = await json('/api/requests')
  expect(seen).toBe(2)
  expect(requests[0]).toMatchObject({ outcome: 'refused', status: 404, candidate: null })
  expect(requests[1]).toMatchObject({
    model: 'llama',
    outcome: 'served',
    candidate: 'own/r0',
    inputTokens: 100,
    cachedTokens: 40,
    outputTokens: 5,
    explanation: { alias: 'llama' },
  })
  const { request, account } = await json(`/api/requests/${requests[1].requestId}`)
  expect(request.requestId).toBe(requests[1].requestId)
  expect(account.settled).toMatchObject([
    { final: true, state: 'reported', target: 'own/r0', bearer: 'tenant' },
  ])
  const { windows } = await json('/api/cost')
  expect(windows.start.total).toMatchObject({ requests: 2, served: 1, refused: 1, cacheHitShare: 0.4 })
  expect(windows.start.targets.own.capacityUsd).toBeGreaterThan(0)
  expect(await json('/api/ledger/audit')).toMatchObject({ balanced: true, problems: [] })
  expect((await json('/api/budgets')).budgets[0]).toMatchObject({ tenant: 'anonymous', cap: '5' })
  expect(await get('/metrics')).toContain(
    'tokenwright_requests_total{model="llama",tenant="anonymous",outcome="served"} 1\n',
  )
})

test('no prompt, no answer and no key is on any page', async () => {
  const { gateway, get, json } = await gatewayWithTraffic()
  const { requests } = await json('/api/requests')
  const pages = controlRoutes
    .filter(({ method, path }) => method === 'GET' && path !== '/api/live')
    .map(({ path }) => path.replace(':id', requests[1].requestId))
  const texts = await Promise.all(pages.map(get))
  const live = await fetch(`${gateway.controlUrl}/api/live`)
  const { value } = await live.body!.getReader().read()
  texts.push(new TextDecoder().decode(value))
  for (const [index, text] of texts.entries()) {
    expect(text.length, pages[index]).toBeGreaterThan(2)
    for (const secret of [prompt, 'secret plan', answer, 'secret-of-upstream'])
      expect(text, pages[index]).not.toContain(secret)
  }
})
