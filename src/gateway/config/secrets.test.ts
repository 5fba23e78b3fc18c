/** Secrets come from outside the file, get where they belong, and are seen nowhere else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { environment, faultOf, gpt, local, readOfferWith, readWith } from './config.fixture.ts'
import { spoken } from './config-faults.ts'
import { describeConfig } from './describe-config.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const whole = {
  control: { token: 'env:ADMIN_TOKEN' },
  ledger: { kind: 'postgres', url: 'env:POSTGRES_URL' },
  authority: { kind: 'redis', url: 'env:REDIS_URL' },
  deployments: {
    local: {
      ...local,
      upstreamModel: 'm',
      region: 'eu',
      headers: { 'x-team': 'a', authorization: 'env:OPENAI_API_KEY' },
    },
    h200: { replicas: [{ url: 'http://h', name: 'a' }], cost: { accelerator: 'h200-sxm', tier: 'owned' } },
  },
  offers: { gpt: { ...gpt, passHeaders: ['x-trace'], serviceTier: 'standard' } },
  models: {
    llama: {
      candidates: ['local'],
      aliases: ['other'],
      policy: 'random',
      fallbacks: ['big'],
      tokenizer: 'bytes',
    },
    big: { candidates: ['gpt'], policy: { kind: 'cost' } },
  },
  tenants: { acme: { limits: [{ per: 'day', usd: '20' }] } },
  keys: [{ id: 'k', tenant: 'acme', hash: digest, visible: 'tw-AbCd1234', expires: '2027-01-01' }],
}

describe('a reference', () => {
  test('to the environment is the variable, trimmed', () => {
    expect(readOfferWith({}).upstream.apiKey).toBe(environment.OPENAI_API_KEY)
    expect(readOfferWith({ apiKey: 'none' }).upstream.apiKey).toBeNull()
  })

  test('to a file is its content, trimmed', () => {
    const files = (path: string) => (path === 'keys/openai' ? 'sk-of-the-file\n' : missing(path))
    const offer = (apiKey: string) => () =>
      readWith({ offers: { gpt: { ...gpt, apiKey } } }, { readSecretFile: files }).offers[0]!
    expect(offer('file:keys/openai')().upstream.apiKey).toBe('sk-of-the-file')
    expect(faultOf(offer('file:keys/nothing'))).toContain('cannot read the file keys/nothing: no such file')
    expect(faultOf(offer('file:'))).toContain('after file: stands the path')
  })

  test.each([
    ['env:NOT_SET', {}, 'the environment variable NOT_SET is not set'],
    ['env:BLANK', { BLANK: ' ' }, 'the environment variable BLANK is empty'],
    ['env:', {}, 'after env: stands the name'],
    ['env:A B', {}, 'after env: stands the name'],
    ['env:toString', {}, 'is not set'],
    ['env:TWO_LINES', { TWO_LINES: 'sk-1\r\nx-injected: 1' }, 'holds a line break'],
    ['ENV:OPENAI_API_KEY', environment, 'must not stand in the configuration'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as other tools write it
    ['${OPENAI_API_KEY}', environment, 'write env:NAME'],
  ])('%s is refused', (apiKey, variables, message) => {
    const fault = faultOf(() => readWith({ offers: { gpt: { ...gpt, apiKey } } }, { environment: variables }))
    expect(fault).toContain('offers.gpt.apiKey')
    expect(fault).toContain(message)
    expect(fault).not.toContain('injected')
  })
})

function missing(path: string): never {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
}

describe('a literal', () => {
  const secret = 'sk-proj-0123456789abcdefSECRET'

  test.each([
    { offers: { gpt: { ...gpt, apiKey: secret } } },
    { control: { token: secret } },
    { ledger: { kind: 'postgres', url: `postgres://u:${secret}@db/x` } },
    { ledger: { kind: 'postgres', url: `postgres://db/x?password=${secret}` } },
    { authority: { kind: 'redis', url: `redis://:${secret}@cache` } },
    { deployments: { local: { ...local, headers: { 'api-key': secret } } } },
    { deployments: { local: { ...local, headers: { Authorization: `Bearer ${secret}` } } } },
    { deployments: { local: { ...local, replicas: [`http://${secret}@h`] } } },
  ])('is refused and not repeated: %j', sections => {
    const fault = faultOf(() => readWith(sections))
    expect(fault).not.toContain('SECRET')
    expect(fault).toMatch(/env:NAME|no user/)
  })

  test('is repeated by no message, in whatever place it was pasted', () => {
    for (const literal of [
      secret,
      `tw-${'A1b2C3d4'.repeat(6)}x`,
      'AIzaSyA0123456789SECRET',
      'eyJhbGciOi.J9.SECRET',
      'a8f5f167f44f4964e6c998dee827110cSECRET',
    ]) {
      for (const path of leavesOf(whole)) {
        const { error, json } = outcomeOf(replaced(whole, path, literal))
        expect(error, `at ${path.join('.')}`).not.toContain(literal)
        // What was accepted stands where no secret belongs; nothing else is shown of it.
        expect(json.includes(environment.ADMIN_TOKEN)).toBe(false)
      }
      for (const path of objectsOf(whole)) {
        expect(outcomeOf(withField(whole, path, literal)).error, `beside ${path.join('.')}`).not.toContain(
          literal,
        )
      }
    }
  })
})

test('the description has no secret, and tells which there are', () => {
  const config = readWith(whole)
  const json = JSON.stringify(describeConfig(config))
  for (const secret of [...Object.values(environment), 'hidden-password', digest, 'ab'.repeat(32)]) {
    expect(json).not.toContain(secret)
  }
  expect(describeConfig(config)).toMatchObject({
    control: { token: 'set' },
    ledger: { kind: 'postgres', url: 'postgres://db/ledger' },
    offers: [{ upstream: { apiKey: 'set' } }],
    deployments: [{ upstream: { apiKey: null, headers: ['x-team', 'authorization'] } }, {}],
    tenants: { acme: { limits: [{ measure: 'usd', cap: '20000000000' }] } },
    keys: [{ id: 'k', visible: ['tw-AbCd1234'] }],
  })
  expect(JSON.parse(json)).toEqual(describeConfig(config))
})

test.each([
  ['Authorization', 'must not stand'],
  ['host', 'is not a header that can be set'],
  ['Transfer-Encoding', 'is not a header that can be set'],
  ['a b', 'is no name of a header'],
])('headers: %s is refused', (name, message) => {
  expect(faultOf(() => readOfferWith({ headers: { [name]: 'value' } }))).toContain(message)
})

test('headers: fixed ones are lower case, once, and cannot end early', () => {
  expect(readOfferWith({ headers: { 'X-Team': 'a' } }).upstream.headers).toEqual({ 'x-team': 'a' })
  expect(faultOf(() => readOfferWith({ headers: { 'X-A': 'a', 'x-a': 'b' } }))).toContain('comes twice')
  expect(faultOf(() => readOfferWith({ headers: { 'x-a': 'a\r\nx-b: c' } }))).toContain('no header can carry')
})

test('headers: some are never passed on', () => {
  expect(readOfferWith({ passHeaders: ['X-Trace', 'accept', 'x-trace'] }).upstream.passHeaders).toEqual([
    'x-trace',
  ])
  for (const name of ['Authorization', 'cookie', 'Host', 'connection', 'x-api-key']) {
    expect(faultOf(() => readOfferWith({ passHeaders: [name] }))).toContain('is never passed on')
  }
})

test('a text is repeated as it stands, or not at all', () => {
  expect(spoken('meta-llama/Llama-3.3-70B-Instruct')).toBe('meta-llama/Llama-3.3-70B-Instruct')
  expect(spoken('Qwen3-Coder-480B-A35B-Instruct-FP8')).toBe('Qwen3-Coder-480B-A35B-Instruct-FP8')
  expect(spoken('risk-model')).toBe('risk-model')
  expect(spoken('[ sk-a, b ]')).not.toContain('sk-a')
  expect(spoken('http://user:word@host')).not.toContain('word')
  expect(spoken('x'.repeat(500)).length).toBeLessThan(200)
  expect(spoken('locl')).toBe('locl')
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0x2ff).map(code => String.fromCharCode(code)) }), text => {
      expect(spoken(text)).not.toMatch(/\p{Cc}/u)
      expect(spoken(`sk-${text}`)).not.toContain(`sk-${text}`)
    }),
  )
})

type Path = readonly (string | number)[]

function outcomeOf(value: unknown): { error: string; json: string } {
  try {
    return { error: '', json: JSON.stringify(describeConfig(readWith(value as object))) }
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    return { error: `${error.where} ${error.message} ${error.fix}`, json: '' }
  }
}

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

function objectsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([key, inner]) =>
    objectsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return Array.isArray(value) ? inner : [path, ...inner]
}

function changed(
  value: unknown,
  path: Path,
  change: (target: Record<string | number, unknown>) => void,
): unknown {
  const copy: unknown = structuredClone(value)
  let target = copy as Record<string | number, unknown>
  for (const part of path) target = target[part] as Record<string | number, unknown>
  change(target)
  return copy
}

function replaced(value: unknown, path: Path, literal: string): unknown {
  return changed(value, path.slice(0, -1), target => {
    target[path.at(-1)!] = literal
  })
}

function withField(value: unknown, path: Path, literal: string): unknown {
  return changed(value, path, target => {
    target[literal] = literal
  })
}
