import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { loadGatewayConfig } from './load-gateway-config-file.ts'
import { type ConfigWatch, type WatchConfigOptions, watchGatewayConfig } from './watch-gateway-config-file.ts'

let folder: string
let path: string
let watch: ConfigWatch | null = null
const applied: GatewayConfig[] = []
const refused: TokenwrightError[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwright-config-'))
  path = join(folder, 'gateway.yaml')
  applied.length = 0
  refused.length = 0
})

afterEach(() => {
  watch?.close()
  watch = null
  rmSync(folder, { recursive: true })
})

function yaml(usdPerHour: number, more = ''): string {
  return `deployments:
  local: { replicas: [http://127.0.0.1:8000], cost: { usdPerReplicaHour: ${usdPerHour} } }
models:
  llama: { candidates: [local] }
${more}`
}

function start(options: Partial<WatchConfigOptions> = {}): ConfigWatch {
  watch = watchGatewayConfig(path, {
    environment: {},
    intervalMs: 5,
    onConfig: config => {
      applied.push(config)
    },
    onRefused: error => {
      refused.push(error)
    },
    ...options,
  })
  return watch
}

const byHand = { intervalMs: 0 }
const price = (config: GatewayConfig) => config.deployments[0]!.cost.usdPerReplicaHour
/** However slow the machine: as long as the test itself may take. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 })

describe('loading', () => {
  test('paths are relative to the file', () => {
    writeFileSync(join(folder, 'token'), 'a-token-of-sufficient-length\n')
    writeFileSync(
      path,
      yaml(1, 'control: { token: "file:token" }\nledger: { kind: sqlite, path: books/l.sqlite }'),
    )
    const config = loadGatewayConfig(path, { environment: {} })
    expect(config.control.token).toBe('a-token-of-sufficient-length')
    expect(config.ledger).toMatchObject({ path: join(folder, 'books/l.sqlite') })
  })

  test('says what is wrong with the file itself', () => {
    const load = (of: string) => () => loadGatewayConfig(of, { environment: {} })
    expect(load(path)).toThrow('cannot read the configuration: no such file')
    expect(load(folder)).toThrow('it is a folder')
    writeFileSync(path, ' '.repeat(5 * 1024 * 1024))
    expect(load(path)).toThrow('is larger than 4 MiB')
    expect(() => start()).toThrow(TokenwrightError)
  })
})

describe('reload by hand', () => {
  test('takes over what changed, and nothing else', async () => {
    writeFileSync(path, yaml(1))
    const { reload } = start(byHand)
    expect(await reload()).toEqual({ kind: 'unchanged' })
    writeFileSync(path, yaml(2))
    expect(await reload()).toMatchObject({ kind: 'applied' })
    expect(price(watch!.config)).toBe(2)
    writeFileSync(path, `# only a comment\n${yaml(2)}`)
    expect(await reload()).toEqual({ kind: 'unchanged' })
    expect(applied.map(price)).toEqual([2])
  })

  test('a bad file is refused, told of, and the old one stays', async () => {
    writeFileSync(path, yaml(1))
    const { reload } = start(byHand)
    writeFileSync(path, yaml(-1))
    expect(await reload()).toMatchObject({ kind: 'refused', error: { code: 'usage' } })
    unlinkSync(path)
    expect(await reload()).toMatchObject({ kind: 'refused', error: { code: 'file' } })
    expect(refused).toHaveLength(2)
    expect(price(watch!.config)).toBe(1)
    writeFileSync(path, yaml(3))
    expect(await reload()).toMatchObject({ kind: 'applied' })
  })

  test.each([
    ['listen: { port: 4100 }', 'listen.port'],
    ['control: { port: 4101 }', 'control.port'],
    ['ledger: memory', 'ledger'],
    ['ledger: { kind: sqlite, durability: normal }', 'ledger.durability'],
    ['authority: { kind: redis, url: "redis://cache" }', 'authority.kind'],
  ])('%s needs a restart, and nothing else of that file is taken', async (section, field) => {
    writeFileSync(path, yaml(1))
    const { reload } = start(byHand)
    writeFileSync(path, yaml(2, section))
    const outcome = await reload()
    expect(outcome).toMatchObject({ kind: 'refused' })
    const error = outcome.kind === 'refused' ? outcome.error : null
    expect(`${error?.where} ${error?.message}`).toContain(field)
    expect(`${error?.message}`).toContain('cannot change while the gateway runs')
    expect(`${error?.where}`).toContain('gateway.yaml:5')
    expect(price(watch!.config)).toBe(1)
    expect(applied).toEqual([])
  })

  test('what cannot be taken over counts as refused', async () => {
    writeFileSync(path, yaml(1))
    const { reload } = start({
      ...byHand,
      onConfig: () => Promise.reject(new Error('no socket')),
    })
    writeFileSync(path, yaml(2))
    expect(await reload()).toMatchObject({ kind: 'refused', error: { code: 'internal' } })
    expect(refused[0]!.message).toContain('no socket')
    expect(price(watch!.config)).toBe(1)
  })

  test('several at once happen one after the other', async () => {
    writeFileSync(path, yaml(1))
    let atOnce = 0
    let most = 0
    const { reload } = start({
      ...byHand,
      onConfig: async config => {
        most = Math.max(most, ++atOnce)
        await new Promise(resolve => setImmediate(resolve))
        atOnce--
        applied.push(config)
      },
    })
    writeFileSync(path, yaml(2))
    const outcomes = await Promise.all([reload(), reload(), reload()])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'unchanged', 'unchanged'])
    expect(most).toBe(1)
  })
})

describe('watching', () => {
  test('sees a file written in place, and one put in its place', async () => {
    writeFileSync(path, yaml(1))
    start()
    writeFileSync(path, yaml(2))
    await eventually(() => expect(applied.map(price)).toEqual([2]))
    writeFileSync(`${path}.new`, yaml(3))
    renameSync(`${path}.new`, path)
    await eventually(() => expect(applied.map(price)).toEqual([2, 3]))
  })

  test('sees links swapped as Kubernetes does', async () => {
    for (const [name, usd] of [
      ['first', 1],
      ['second', 2],
    ] as const) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'gateway.yaml'), yaml(usd))
    }
    symlinkSync('first', join(folder, '..data'))
    symlinkSync('..data/gateway.yaml', path)
    start()
    symlinkSync('second', join(folder, '..new'))
    renameSync(join(folder, '..new'), join(folder, '..data'))
    await eventually(() => expect(applied.map(price)).toEqual([2]))
  })

  test('tells of a bad file once, and takes the next good one', async () => {
    writeFileSync(path, yaml(1))
    start()
    writeFileSync(path, 'models: [')
    await eventually(() => expect(refused).toHaveLength(1))
    unlinkSync(path)
    await eventually(() => expect(refused).toHaveLength(2))
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(refused.map(({ code }) => code)).toEqual(['usage', 'file'])
    writeFileSync(path, yaml(2))
    await eventually(() => expect(applied.map(price)).toEqual([2]))
    expect(refused).toHaveLength(2)
  })

  test('sees secrets change, and those that were missing come', async () => {
    writeFileSync(join(folder, 'key'), 'first')
    const offer = (file: string) =>
      yaml(1, `offers: { gpt: { provider: openai, model: gpt-5, apiKey: "file:${file}" } }`)
    writeFileSync(path, offer('key'))
    start()
    expect(watch!.config.offers[0]!.upstream.apiKey).toBe('first')
    writeFileSync(join(folder, 'key'), 'second')
    await eventually(() => expect(watch!.config.offers[0]!.upstream.apiKey).toBe('second'))
    writeFileSync(path, offer('later'))
    await eventually(() => expect(refused).toHaveLength(1))
    writeFileSync(join(folder, 'later'), 'third')
    await eventually(() => expect(watch!.config.offers[0]!.upstream.apiKey).toBe('third'))
  })

  test('ends with close()', async () => {
    writeFileSync(path, yaml(1))
    start().close()
    writeFileSync(path, yaml(2))
    await new Promise(resolve => setTimeout(resolve, 60))
    expect(applied).toEqual([])
  })
})
