import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultOf, local, minimal, readWith } from './config.fixture.ts'
import { isLoopback } from './upstream-address.ts'

const digest = `sha256:${'0'.repeat(64)}`
const tenants = {
  tenants: { acme: {} },
  keys: [{ id: 'k', tenant: 'acme', hash: digest, visible: 'tw-AbCd1234' }],
}
const everywhere = { listen: { host: '0.0.0.0' } }

describe('who may send requests', () => {
  test('keys where there are any', () => {
    expect(readWith(tenants).authentication).toBe('keys')
    expect(readWith({ ...tenants, ...everywhere }).authentication).toBe('keys')
    expect(readWith({ authentication: 'keys', ...everywhere }).authentication).toBe('keys')
    expect(faultOf(() => readWith({ ...tenants, authentication: 'none' }))).toContain('and there are keys')
  })

  test('everybody only on this machine, unless somebody wants it so', () => {
    expect(readWith({ listen: { host: '::1' } }).authentication).toBe('none')
    expect(faultOf(() => readWith(everywhere))).toContain('whoever does spends your money')
    expect(readWith({ ...everywhere, exposeWithoutKeys: true }).authentication).toBe('none')
  })

  test.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['localhost', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.org', false],
    ['1270.0.0.1', false],
  ])('%s is loopback: %j', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })

  test('tenants and keys are checked by their own rules, and told of by their place here', () => {
    const limits = { tenants: { acme: { limits: [{ per: 'fortnight', requests: 1 }] } } }
    expect(faultOf(() => readWith(limits))).toContain('tenants.acme.limits[0].per')
    expect(faultOf(() => readWith({ tenants: {}, keys: tenants.keys }))).toContain(
      'keys.k | there is no tenant acme',
    )
  })
})

describe('control plane', () => {
  test('needs a token where others reach it', () => {
    expect(faultOf(() => readWith({ control: { host: '0.0.0.0' } }))).toContain('control.token')
    const control = readWith({ control: { host: '0.0.0.0', token: 'env:ADMIN_TOKEN' } }).control
    expect(control.token).toBe('an-admin-token-of-some-length')
    const short = { environment: { T: 'short' } }
    expect(faultOf(() => readWith({ control: { token: 'env:T' } }, short))).toContain(
      'shorter than 16 characters',
    )
  })

  test('has a port of its own', () => {
    expect(faultOf(() => readWith({ control: { port: 4000 } }))).toContain('control.port')
    expect(readWith({ listen: { port: 0 }, control: { port: 0 } }).control.port).toBe(0)
  })
})

test.each([
  [{ listen: { port: 65536 } }, 'listen.port | expected at most 65535'],
  [{ listen: { port: '4000' } }, 'listen.port | expected a number, not a text'],
  [{ listen: { host: '127.0.0.1:4000' } }, 'listen.host: 127.0.0.1:4000 is no host'],
  [{ listen: { host: 'a b' } }, 'listen.host'],
  [{ listen: [] }, 'listen | expected fields with values, not a list'],
  [{ listen: null }, 'leave the field out'],
  [{ limits: { bodyBytes: 0 } }, 'limits.bodyBytes | expected at least 1'],
  [{ limits: { bodyBytes: 2 ** 31 } }, 'expected at most 1073741824'],
  [{ limits: { headersSeconds: 400 } }, 'limits.headersSeconds'],
  [{ limits: { drainSeconds: -1 } }, 'expected at least 0'],
  [{ ledger: 'sqlit' }, 'ledger.kind | expected memory, sqlite, postgres'],
  [{ ledger: 5 }, 'ledger | '],
  [{ ledger: { kind: 'sqlite', durability: 'half' } }, 'ledger.durability'],
  [{ ledger: { kind: 'memory', path: 'x' } }, 'ledger.path | there is no such field'],
  [{ ledger: 'postgres' }, 'ledger.url | is missing'],
  [{ ledger: { kind: 'postgres', url: 'mysql://h/x' } }, 'is no address of postgres'],
  [{ authority: { kind: 'redis', url: 'env:POSTGRES_URL' } }, 'is no address of redis'],
  [
    { authority: { kind: 'redis', url: 'redis://h', policy: { whenAway: 'open' } } },
    'whenAway.divisor | is missing',
  ],
  [{ reservation: { kind: 'expected', margin: 0.9 } }, 'reservation.margin | expected at least 1'],
  [{ sampledDecisions: 10 }, 'expected at most 1'],
  [{ billing: { intervalSeconds: 0.5 } }, 'expected at least 1'],
  [{ exposeWithoutKeys: 'yes' }, 'expected true or false, not a text'],
  [{ models: {} }, 'models | is empty'],
  [{ modles: {} }, 'did you mean models?'],
  [{ deployments: { 'a/b': local } }, 'is not a name'],
  [{ deployments: { local: { ...local, capasity: 5 } } }, 'did you mean capacity?'],
])('%j is refused', (sections, message) => {
  expect(faultOf(() => readWith(sections))).toContain(message)
})

test('stores by name and by address', () => {
  expect(readWith({ ledger: 'memory' }).ledger).toEqual({ kind: 'memory' })
  const resolvePath = (path: string) => `/etc/gateway/${path}`
  expect(readWith({ ledger: 'sqlite' }, { resolvePath }).ledger).toMatchObject({
    path: '/etc/gateway/tokenwright-ledger.sqlite',
  })
  expect(readWith({ ledger: { kind: 'postgres', url: 'env:POSTGRES_URL' } }).ledger).toEqual({
    kind: 'postgres',
    url: 'postgres://user:hidden-password@db/ledger',
  })
  expect(readWith({ ledger: { kind: 'postgres', url: 'postgresql://db/ledger' } }).ledger.kind).toBe(
    'postgres',
  )
  const policy = { shareDivisor: 3, whenAway: { kind: 'open', divisor: 10 } }
  expect(readWith({ authority: { kind: 'redis', url: 'redis://h:6379', policy } }).authority).toEqual({
    kind: 'redis',
    url: 'redis://h:6379',
    policy: { shareDivisor: 3n, whenAway: { kind: 'open', divisor: 10n } },
  })
  expect(readWith({ reservation: 'worst-case' }).reservation).toEqual({ kind: 'worst-case' })
})

test('any value anywhere is read or refused with its place, never met by another error', () => {
  const sections = [
    'listen',
    'control',
    'limits',
    'ledger',
    'authority',
    'deployments',
    'offers',
    'models',
    'keys',
    'tenants',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...sections), fc.jsonValue({ maxDepth: 4 }), (section, value) => {
      try {
        readWith({ [section]: value })
      } catch {
        expect(faultOf(() => readWith({ [section]: value }))).toMatch(/^gateway\.yaml/)
      }
    }),
    { numRuns: 300 },
  )
  expect(faultOf(() => readWith({ ...minimal, models: 5 }))).toContain('models | expected names with values')
})
