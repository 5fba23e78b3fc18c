/** The configuration over HTTP: complete for people, and no secret in it wherever one stood. */
import { expect, test } from 'vitest'
import { describeConfig, type GatewayConfig, type UpstreamSettings } from '../config/index.ts'
import { newKeyRecord } from '../tenants/index.ts'
import { configOf, startedPlane } from './control.fixture.ts'

const secret = 'S3CRET-that-nobody-may-see'

const upstream: UpstreamSettings = {
  dialect: 'openai',
  apiKey: secret,
  headers: { 'x-team': secret },
  passHeaders: ['x-trace'],
  outputLimitField: 'max_tokens',
  engineFields: true,
  injectUsage: true,
  connectTimeoutMs: 1000,
  connections: null,
}
const traits = {
  region: 'eu',
  quantization: null,
  contextTokens: null,
  outputTokens: null,
  dataPolicy: 'own',
} as const
/** The reader of configurations refuses addresses with user, password or query. */
const address = 'http://10.0.0.1:8000/base'

/** A secret in every place that has one. */
const config: GatewayConfig = configOf({
  control: { host: '127.0.0.1', port: 4001, token: secret },
  ledger: { kind: 'postgres', url: `postgres://gateway:${secret}@db:5432/ledger?sslkey=${secret}` },
  authority: { kind: 'redis', url: `redis://:${secret}@cache:6379/0`, policy: {} },
  deployments: [
    {
      name: 'h200',
      replicas: [
        {
          name: 'a',
          url: address,
          metricsUrl: address,
          events: null,
          powerUrl: address,
        },
      ],
      upstreamModel: null,
      upstream,
      traits,
      cost: {
        usdPerReplicaHour: 24,
        devicesPerReplica: 8,
        priceRuleId: 'configuration',
        energyUsdPerKilowattHour: null,
        watts: null,
      },
      performance: null,
      capacity: null,
    },
  ],
  offers: [
    {
      name: 'openai/gpt',
      url: address,
      upstreamModel: 'gpt-5',
      upstream,
      traits,
      price: { kind: 'book', provider: 'openai', model: 'gpt-5' },
      serviceTier: 'default' as GatewayConfig['offers'][0]['serviceTier'],
      performance: null,
      capacity: null,
    },
  ],
  tenants: {
    tenants: {
      acme: { limits: [{ measure: 'usd', window: 'day', cap: 1_500_000_000n, alertsAt: [0.5] }], models: {} },
    },
    keys: [
      newKeyRecord(
        { id: 'k1', tenant: 'acme', digest: { hash: `sha256:${secret}`, visible: 'tw-AbCd1234' } },
        0,
      ),
    ],
  },
})

test('no secret, wherever it stood', () => {
  const text = JSON.stringify(describeConfig(config))
  expect(text).not.toContain(secret)
  expect(text).not.toContain('S3CRET')
})

test('what is left says what is set', () => {
  expect(describeConfig(config)).toMatchObject({
    control: { port: 4001, token: 'set' },
    ledger: { kind: 'postgres', url: 'postgres://db:5432/ledger' },
    authority: { kind: 'redis', url: 'redis://cache:6379/0' },
    deployments: [
      {
        name: 'h200',
        replicas: [{ name: 'a', url: 'http://10.0.0.1:8000/base' }],
        upstream: { apiKey: 'set', headers: ['x-team'], dialect: 'openai' },
        cost: { usdPerReplicaHour: 24 },
      },
    ],
    offers: [{ name: 'openai/gpt', price: { provider: 'openai' } }],
    tenants: { acme: { limits: [{ measure: 'usd', cap: '1500000000' }] } },
    keys: [{ id: 'k1', tenant: 'acme' }],
  })
})

test('over HTTP, with its digest', async () => {
  const { plane, call, state } = await startedPlane()
  state.config = config
  const text = await (await call('/api/config')).text()
  expect(JSON.parse(text)).toMatchObject({ digest: 'd1', config: { control: { token: 'set' } } })
  expect(text).not.toContain('S3CRET')
  state.config = configOf({ ledger: { kind: 'sqlite', path: 'ledger.db', durability: 'full' } })
  expect(await (await call('/api/config')).json()).toMatchObject({
    config: { ledger: { path: 'ledger.db' } },
  })
  await plane.close()
})
