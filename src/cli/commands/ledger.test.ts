import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteLedger } from '../../gateway/ledger/index.ts'
import { settled } from '../../gateway/ledger/ledger.fixture.ts'
import { writeExampleLedger } from './ledger.fixture.ts'
import { ledgerCommand } from './ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'ledger-command-'))
const ledger = join(folder, 'ledger.sqlite')
const day = ['--since', '2026-11-20', '--until', '2026-11-21']

beforeAll(() => writeExampleLedger(ledger), 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

async function run(...args: readonly string[]): Promise<string> {
  let written = ''
  const command = ledgerCommand(text => {
    written += text
  })
  for (const each of [command, ...command.commands])
    each.exitOverride().configureOutput({ writeErr: () => {} })
  await command.parseAsync(args as string[], { from: 'user' })
  return written
}

const report = (...args: readonly string[]) => run('report', '--ledger', ledger, ...day, ...args)

describe('ledger report', () => {
  it('shows what the guide shows', async () => {
    const guide = readFileSync(new URL('../../../docs/guides/ledger.md', import.meta.url), 'utf8')
    const shown = /```console\n\$ npx tokenwright ledger report[^\n]*\n([\s\S]*?)```/.exec(guide)![1]!
    const text = await report('--by', 'tenant,model')
    expect(shown.split('\n').slice(1)).toEqual(text.split('\n').slice(1))
  })

  it('adds up: lines to the total, requests and idle time to the bill', async () => {
    const { lines, total, reconciliation } = JSON.parse(
      await report('--by', 'deployment,offer,hour', '--json'),
    )
    const nano = (usd: string): bigint => {
      const [whole, fraction = ''] = usd.split('.')
      return BigInt(whole! + fraction.padEnd(9, '0'))
    }
    const sum = lines.reduce((all: bigint, line: { totalUsd: string }) => all + nano(line.totalUsd), 0n)
    expect(sum).toBe(nano(total.totalUsd))
    expect(reconciliation).toMatchObject([{ deployment: 'llama-h200', differenceUsd: '0', openUsd: '0' }])
    // Two replicas for six hours at $5.80.
    const [line] = reconciliation
    expect(nano(line.billUsd)).toBe(nano(line.requestsUsd) + nano(line.idleUsd))
    expect(Number(line.billUsd)).toBeGreaterThan(2 * 6 * 5.8)
  })

  it('says why requests have no cost before their interval is closed', async () => {
    const path = join(folder, 'open.sqlite')
    const store = await openSqliteLedger({ path })
    const target = { kind: 'deployment', deployment: 'h200', replica: '0' } as const
    await store.append([settled({ target, costNanoUsd: {}, priceRuleId: '' })])
    await store.close()
    const text = await run('report', '--ledger', path, '--since', '2026-01-01')
    expect(text).toContain('h200: no interval was closed in this time, so its requests have no cost yet')
    expect(await report()).not.toContain('no interval was closed')
  })

  it.each([
    ['key', 'key-acme-1'],
    ['bearer', 'tenant'],
    ['rule', 'openai/gpt@2026-01'],
    ['day,offer', '2026-11-20  openai/gpt-5.4'],
    ['hour', '2026-11-20 05:00'],
    ['', 'idle'],
  ])('by %s', async (by, text) => {
    expect(await report('--by', by)).toContain(text)
  })

  it('as FOCUS has a row for each class, and the same sum', async () => {
    const csv = await report('--focus', '--organisation', 'Acme')
    expect(csv).toMatch(/^BilledCost,BillingAccountId/)
    const sum = csv
      .split('\r\n')
      .slice(1)
      .reduce((all, row) => all + Number(row.split(',')[0]), 0)
    const { total } = JSON.parse(await report('--json'))
    expect(sum).toBeCloseTo(Number(total.totalUsd), 6)
    expect(csv).toContain(',Acme,')
  })

  it('of a time in which nothing was used says so', async () => {
    const text = await run('report', '--ledger', ledger, '--since', '2020-01-01', '--until', '2020-02-01')
    expect(text).toContain('Nothing was used or billed in this time.')
  })

  it('leaves the ledger as it is, and creates none', async () => {
    const before = readFileSync(ledger)
    await report()
    expect(readFileSync(ledger).equals(before)).toBe(true)
    const missing = join(folder, 'missing.sqlite')
    await expect(run('report', '--ledger', missing)).rejects.toMatchObject({ code: 'file', where: missing })
    expect(existsSync(missing)).toBe(false)
  })

  it('refuses what is no ledger', async () => {
    const text = join(folder, 'notes.txt')
    writeFileSync(text, 'not a database, but long enough to have a header. '.repeat(20))
    await expect(run('report', '--ledger', text)).rejects.toThrow('the file is no ledger')
    const empty = join(folder, 'empty.sqlite')
    writeFileSync(empty, '')
    await expect(run('report', '--ledger', empty)).rejects.toThrow('empty')
    expect(readFileSync(empty)).toHaveLength(0)
    const other = join(folder, 'other.sqlite')
    const database = new DatabaseSync(other)
    database.exec('CREATE TABLE notes (text TEXT)')
    database.close()
    await expect(run('report', '--ledger', other)).rejects.toThrow('no ledger')
    const newer = join(folder, 'newer.sqlite')
    writeFileSync(newer, readFileSync(ledger))
    const changed = new DatabaseSync(newer)
    changed.exec('PRAGMA user_version = 99')
    changed.close()
    await expect(run('audit', '--ledger', newer)).rejects.toThrow('version 99')
    await expect(run('report', '--ledger', folder)).rejects.toThrow('a folder')
    await expect(run('report', '--ledger', 'postgres://user:geheim@127.0.0.1:1/x')).rejects.toSatisfy(
      (error: Error & { where?: string }) => !`${error.message} ${error.where}`.includes('geheim'),
    )
  })

  it.each([
    [['--by', 'teant'], 'broken down by "teant"'],
    [['--by', 'tenant,,model'], 'broken down by ""'],
    [['--since', 'yesterday'], 'no moment'],
    [['--since', '2026-11-31'], 'no moment'],
    [['--since', '2026-11-02T03:00'], 'no moment'],
    [['--since', '2026-11-22'], 'ends before it begins'],
    [['--json', '--focus'], 'either --json or --focus'],
    [['--config', 'gateway.yaml'], 'both name a ledger'],
  ])('%j is refused', async (args, message) => {
    await expect(report(...args)).rejects.toThrow(message)
  })
})

describe('ledger audit', () => {
  it('says that the books balance', async () => {
    expect(await run('audit', '--ledger', ledger)).toMatch(/[\d,]+ events, the books balance/)
    expect(JSON.parse(await run('audit', '--ledger', ledger, '--json'))).toMatchObject({
      balances: true,
      problems: [],
    })
  })

  it('fails when they do not', async () => {
    const forged = join(folder, 'forged.sqlite')
    writeFileSync(forged, readFileSync(ledger))
    const database = new DatabaseSync(forged)
    database.exec(
      'DROP TRIGGER postings_no_update; UPDATE postings SET nano_usd = nano_usd + 1 WHERE sequence = 2',
    )
    database.close()
    await expect(run('audit', '--ledger', forged)).rejects.toMatchObject({ code: 'ledger' })
  })
})

describe('ledger invoice', () => {
  const invoice = ['--number', 'INV-7', '--from', '2026-11-01', '--to', '2026-12-01']

  it('stands beside what was accrued, once', async () => {
    const copy = join(folder, 'invoiced.sqlite')
    writeFileSync(copy, readFileSync(ledger))
    const enter = (...args: string[]) =>
      run('invoice', 'openai/gpt-5.4', '--ledger', copy, ...invoice, ...args)
    const text = await enter('--usd', '2.00')
    expect(text).toContain('invoice INV-7 of openai/gpt-5.4: $2.00\n')
    expect(await enter('--usd', '2')).toContain('was there already')
    await expect(enter('--usd', '2.01')).rejects.toThrow('with another amount or span')
    expect(await run('report', '--ledger', copy, '--since', '2026-11-01', '--until', '2026-12-01')).toMatch(
      /openai\/gpt-5\.4 +[\d.]+ +2\.00 +[\d.]+/,
    )
    await run('audit', '--ledger', copy)
  })

  it.each([
    [['openai/gpt-5', '--usd', '1'], 'no request in the ledger was served by the offer'],
    [['openai/gpt-5.4', '--usd', 'a lot'], 'no amount of dollars'],
  ])('%j is refused', async (args, message) => {
    await expect(run('invoice', ...args, '--ledger', ledger, ...invoice)).rejects.toThrow(message)
  })
})
