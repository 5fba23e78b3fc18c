/** docs/reference/gateway-config.md names every field the file may have, no other, and their defaults; its examples are read. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allowanceDefaults } from '../tenants/index.ts'
import { read } from './config.fixture.ts'
import {
  defaultAttempts,
  defaultBilling,
  defaultConnectTimeoutMs,
  defaultControl,
  defaultDurability,
  defaultLedgerFile,
  defaultLimits,
  defaultListen,
  defaultObjectives,
  defaultPriceTier,
  defaultSampledDecisions,
  providerAddresses,
} from './config-defaults.ts'
import { configSchema } from './config-schema.ts'
import { parseConfigText } from './config-text.ts'
import { loadGatewayConfig } from './load-gateway-config-file.ts'
import { allFieldPaths } from './schema-faults.ts'

const docs = new URL('../../../docs/', import.meta.url)
const page = readFileSync(new URL('reference/gateway-config.md', docs), 'utf8')
const example = new URL('guides/gateway-example.yaml', docs)

interface Row {
  readonly path: string
  readonly default: string
}

/** Rows of the tables; what stands in a heading comes before their fields. Names that users choose are left out. */
function rowsOf(text: string): Row[] {
  let prefixes: string[] = []
  const rows: Row[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      const named = codeIn(line).map(path => `${path.replace(/\.(NAME|ALIAS)/g, '')}.`)
      prefixes = named.length > 0 ? named : ['']
    }
    const [, field, value] = /^\| (`.*?`) \| (.*?) ?\|/.exec(line) ?? []
    if (field === undefined) continue
    for (const prefix of prefixes) {
      for (const name of codeIn(field)) rows.push({ path: `${prefix}${name}`, default: value!.trim() })
    }
  }
  return rows
}

function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(match => match[1]!)
}

const rows = rowsOf(page)

test('names every field, and no other', () => {
  const documented = rows.map(({ path }) => path)
  expect(new Set(documented)).toEqual(new Set(allFieldPaths(configSchema)))
  expect(documented.length).toBe(new Set(documented).size)
})

describe('defaults', () => {
  const expected: Record<string, unknown> = {
    ...prefixed('listen', { ...defaultListen, port: String(defaultListen.port) }),
    ...prefixed('control', { ...defaultControl, port: String(defaultControl.port) }),
    ...prefixed('limits', defaultLimits),
    ...prefixed('billing', defaultBilling),
    ...prefixed('models.attempts', defaultAttempts),
    ...prefixed('models.objectives', defaultObjectives),
    ...prefixed('authority.policy', { ...allowanceDefaults, whenAway: allowanceDefaults.whenAway.kind }),
    'ledger.path': defaultLedgerFile,
    'ledger.durability': defaultDurability,
    sampledDecisions: defaultSampledDecisions,
    'deployments.connectTimeoutMs': defaultConnectTimeoutMs,
    'offers.connectTimeoutMs': defaultConnectTimeoutMs,
    'deployments.cost.tier': defaultPriceTier,
  }

  test.each(Object.entries(expected))('%s is %s', (path, value) => {
    expect(rows.find(row => row.path === path)?.default).toBe(written(value))
  })

  test('addresses that are known are named', () => {
    const known = rows.find(({ path }) => path === 'offers.url')!.default
    for (const provider of Object.keys(providerAddresses)) expect(known).toContain(provider)
  })
})

function prefixed(prefix: string, fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${prefix}.${name}`, value]))
}

function written(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint'
    ? value.toLocaleString('en-US')
    : String(value)
}

test('its examples are read', () => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(match => match[1]!)
  expect(blocks.length).toBeGreaterThan(0)
  for (const block of blocks) {
    expect(read(parseConfigText(Buffer.from(block), 'block').value).models.length).toBeGreaterThan(0)
  }
})

test("the guide's example is read", () => {
  const config = loadGatewayConfig(example.pathname, {
    environment: {
      GROQ_API_KEY: 'gsk-example',
      ANTHROPIC_API_KEY: 'sk-ant-example',
      TOKENWRIGHT_ADMIN_TOKEN: 'x'.repeat(32),
    },
    now: () => Date.parse('2026-11-21'),
  })
  expect(config.deployments.map(({ name, cost }) => [name, cost.usdPerReplicaHour])).toEqual([
    ['h200', 5.8],
    ['a100', 4.2],
  ])
  expect(config.offers.map(({ upstream }) => upstream.dialect)).toEqual(['openai', 'anthropic'])
  expect(config.models.map(({ alias }) => alias)).toEqual(['llama-70b', 'llama-private', 'claude'])
  expect(config.authentication).toBe('keys')
})
