import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { faultOf, minimal, read } from './config.fixture.ts'
import { largestConfigBytes, parseConfigText } from './config-text.ts'

const parse = (text: string) => parseConfigText(Buffer.from(text), 'gateway.yaml')
const whole = (text: string) => {
  const { value, lineOf } = parse(text)
  return read(value, { lineOf })
}

const yaml = `deployments:
  local: { replicas: [http://127.0.0.1:8000], cost: { usdPerReplicaHour: 2.5 } }
models:
  llama:
    candidates:
      - local
`

describe('forms', () => {
  test('YAML and JSON say the same', () => {
    const expected = read(minimal)
    expect(whole(yaml)).toEqual(expected)
    expect(whole(JSON.stringify(minimal))).toEqual(expected)
    expect(whole(JSON.stringify(minimal, null, '\t'))).toEqual(expected)
    expect(whole(yaml.replaceAll('\n', '\r\n'))).toEqual(expected)
    expect(whole(`\uFEFF${yaml}`)).toEqual(expected)
    expect(whole(`%YAML 1.2\n---\n# comment\n${yaml}...\n`)).toEqual(expected)
  })

  test('anchors and merge keys save writing', () => {
    const merged = whole(`
deployments:
  a: &common { replicas: [http://a], cost: { usdPerReplicaHour: 1 }, region: eu }
  b: { <<: *common, replicas: [http://b] }
models: { m: { candidates: [a, b] } }`)
    expect(merged.deployments[1]).toMatchObject({
      name: 'b',
      replicas: [{ url: 'http://b' }],
      traits: { region: 'eu' },
    })
  })

  test('words of YAML 1.1 are texts: no, on, 1_000, 0777', () => {
    const fault = faultOf(() => whole(`${yaml}exposeWithoutKeys: yes\n`))
    expect(fault).toContain('gateway.yaml:7: exposeWithoutKeys | expected true or false, not a text')
  })
})

describe('faults have their line', () => {
  test.each([
    ['candidates:\n      - local', 'candidates:\n      - locl', 6, 'models.llama.candidates[0]'],
    ['usdPerReplicaHour: 2.5', 'usdPerReplicaHour: -2.5', 2, 'deployments.local.cost.usdPerReplicaHour'],
    ['usdPerReplicaHour: 2.5', 'usdPerReplicaHuor: 2.5', 2, 'deployments.local.cost.usdPerReplicaHuor'],
    ['models:', 'modles:', 3, 'modles'],
    [
      'candidates:\n      - local',
      'policy: cheap\n    candidates:\n      - local',
      5,
      'models.llama.policy.kind',
    ],
  ])('%s → %s', (from, to, line, place) => {
    const fault = faultOf(() => whole(yaml.replace(from, to)))
    expect(fault).toMatch(new RegExp(`gateway\\.yaml:${line}: |line ${line}, `))
    expect(fault).toContain(place)
  })
})

describe('what is no YAML', () => {
  test.each([
    [
      'truncated',
      'models: { llama: { candidates: [local',
      /gateway\.yaml:1 \| not valid YAML: indented wrongly, or a bracket that is not closed/,
    ],
    ['an open quote', 'models:\n  a: "text', /gateway\.yaml:2 .*missing here/],
    ['a tab', 'models:\n\tllama: {}\n', /gateway\.yaml:2 \| not valid YAML: a tab/],
    [
      'a key twice',
      'models: {}\nmodels: {}\n',
      /gateway\.yaml:2 \| not valid YAML: a field or name that comes twice/,
    ],
    ['a key twice in JSON', '{"models": {}, "models": {}}', /comes twice/],
    ['two documents', 'models: {}\n---\nmodels: {}\n', /a second document/],
    ['an alias of nothing', 'models: *nothing\n', /anchors/],
    ['an unknown tag', 'models: !!js/function "return 1"\n', /a tag \(!name\) nobody knows/],
    ['a reserved character', 'models: @x\n', /reserved character/],
    ['a wrong indent', 'a:\n    b: 1\n  c: 2\n', /gateway\.yaml:3/],
    ['nothing', '', /is empty/],
    ['a comment', '# later\n', /is empty/],
    ['a list', '- a\n- b\n', /holds no fields/],
    ['a word', 'gateway', /holds no fields/],
    ['binary', '\u0000\u0001\u0002', /holds no fields/],
    ['bytes in base 64', 'models: !!binary aGVsbG8=\n', /neither text, number, list nor fields/],
    ['a list as a key', 'models: { ? [sk-a, b] : 1 }\n', /is not a name/],
    ['a set', 'models: !!set { a, b }\n', /neither text, number, list nor fields/],
  ])('%s', (_, text, message) => {
    expect(faultOf(() => whole(text))).toMatch(message)
  })

  test('bytes of latin1, and which line they are in', () => {
    const bytes = Buffer.from('# gr\u00fc\u00dfe\n# Stra\u00dfe\n', 'latin1')
    expect(faultOf(() => parseConfigText(bytes, 'gateway.yaml'))).toContain('gateway.yaml:1 | not UTF-8')
    const later = Buffer.concat([Buffer.from('# größe\n'), bytes])
    expect(faultOf(() => parseConfigText(later, 'gateway.yaml'))).toContain('gateway.yaml:2 | not UTF-8')
    const utf16 = Buffer.from('\uFEFFmodels: {}', 'utf16le')
    expect(faultOf(() => parseConfigText(utf16, 'gateway.yaml'))).toContain('not UTF-8')
  })

  test('larger than any configuration', () => {
    const huge = Buffer.alloc(largestConfigBytes + 1, 0x20)
    expect(faultOf(() => parseConfigText(huge, 'gateway.yaml'))).toContain('is larger than 4 MiB')
  })

  test('nests too deeply', () => {
    expect(faultOf(() => whole('['.repeat(10_000)))).toContain('nested too deeply')
    expect(faultOf(() => whole(`models: ${'['.repeat(500)}${']'.repeat(500)}`))).toContain(
      'is nested deeper than 32',
    )
  })

  test.each([
    'models: *sk-SECRET\n',
    'models: "sk-SECRET\n',
    'sk-SECRET: 1\nsk-SECRET: 2\n',
    'models: !sk-SECRET x\n',
    'models: {sk-SECRET\n',
    'models: @sk-SECRET\n',
    'models: "\\x sk-SECRET"\n',
    'apiKey: sk-SECRET: more\n',
    '{"apiKey": "sk-SECRET" "models": 1}',
  ])('repeats nothing of %j', text => {
    expect(faultOf(() => whole(text))).not.toContain('SECRET')
  })

  test('anchors that multiply', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`,
    )
    const bomb = `a0: &a0 [x]\n${levels.join('\n')}\nmodels: *a12\n`
    expect(faultOf(() => whole(bomb))).toContain('refers to anchors too often')
  })

  test('an anchor that holds itself', () => {
    expect(faultOf(() => whole('models: &a { llama: *a }\n'))).toMatch(/anchor|nested deeper/)
  })
})

describe('names that mean something to JavaScript', () => {
  test.each(['__proto__', 'constructor', 'prototype'])('%s is refused wherever it stands', name => {
    const places = [
      `${yaml}${name}: { polluted: true }\n`,
      yaml.replace('llama:', `${name}:`),
      yaml.replace('  local:', `  ${name}:`),
      `${yaml}tenants: { ${name}: { limits: [] } }\n`,
      JSON.stringify(minimal).replace('"llama"', JSON.stringify(name)),
    ]
    for (const text of places) expect(faultOf(() => whole(text))).toContain(`${name} | cannot be a name`)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('others are names like any other', () => {
    const config = whole(yaml.replaceAll('local', 'toString').replace('llama', 'hasOwnProperty'))
    expect(config.models[0]).toMatchObject({ alias: 'hasOwnProperty', candidates: ['toString'] })
    expect(faultOf(() => whole(yaml.replace('- local', '- valueOf')))).toContain('no deployment and no offer')
  })

  test('objects of other kinds are no configuration', () => {
    expect(faultOf(() => read({ ...minimal, models: new Map() }))).toContain(
      'is neither text, number, list nor fields',
    )
    expect(faultOf(() => read({ ...minimal, limits: new Date(0) }))).toContain('limits')
  })
})

test('a valid file cut anywhere or with a byte changed is read or refused, never met by another error', () => {
  const bytes = Buffer.from(yaml)
  const tried = (broken: Uint8Array) => {
    try {
      const { value, lineOf } = parseConfigText(broken, 'gateway.yaml')
      read(value, { lineOf })
    } catch (error) {
      expect(error).toBeInstanceOf(TokenwrightError)
    }
  }
  for (let length = 0; length < bytes.length; length++) tried(bytes.subarray(0, length))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const broken = Buffer.from(bytes)
      broken[at] = byte
      tried(broken)
    }),
    { numRuns: 200 },
  )
})
