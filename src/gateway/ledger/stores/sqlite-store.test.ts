import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { opened, settled, someEvents } from '../ledger.fixture.ts'
import { openSqliteBook } from './sqlite-book.ts'
import { sqliteSchemaVersion } from './sqlite-schema.ts'
import { openSqliteLedger } from './sqlite-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'ledger-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = () => join(folder, `${++files}.db`)

describe('files that are refused', () => {
  test.for(['own', 'caller'] as const)('none that can be opened (thread: %s)', async thread => {
    await expect(openSqliteLedger({ path: folder, thread })).rejects.toMatchObject({
      code: 'ledger',
      where: folder,
    })
    const path = join(folder, 'missing', 'ledger.db')
    await expect(openSqliteLedger({ path, thread })).rejects.toMatchObject({ code: 'ledger', where: path })
  })

  test('text, and databases of others', () => {
    const text = newPath()
    writeFileSync(text, 'not a database, but long enough to have a header of one hundred bytes. '.repeat(20))
    expect(() => openSqliteBook(text, 'normal')).toThrow(/not a database/)
    const other = newPath()
    const database = new DatabaseSync(other)
    database.exec('CREATE TABLE events (id)')
    database.close()
    expect(() => openSqliteBook(other, 'normal')).toThrow(/no ledger/)
  })

  test('ledgers of a newer version', () => {
    const path = newPath()
    openSqliteBook(path, 'normal').close()
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA user_version = ${sqliteSchemaVersion + 1}`)
    database.close()
    expect(() => openSqliteBook(path, 'normal')).toThrow(/version 2 of the schema, this program knows 1/)
  })
})

describe('the database itself', () => {
  test('keeps what it has: no statement changes or removes it', () => {
    const path = newPath()
    const book = openSqliteBook(path, 'normal')
    book.write([someEvents()])
    book.close()
    const database = new DatabaseSync(path)
    for (const table of ['events', 'event_requests', 'accounts', 'postings', 'facts']) {
      expect(() => database.exec(`DELETE FROM ${table}`)).toThrow(/append-only/)
    }
    expect(() => database.exec('UPDATE events SET at_ms = 0')).toThrow(/append-only/)
    expect(() => database.exec('UPDATE postings SET nano_usd = 0')).toThrow(/append-only/)
    database.close()
  })

  test('the sum of debits stands with each event', () => {
    const path = newPath()
    const book = openSqliteBook(path, 'normal')
    book.write([[settled()]])
    book.close()
    const database = new DatabaseSync(path)
    expect(database.prepare('SELECT debits_nano_usd AS debits FROM events').get()).toEqual({
      debits: 9_625_000,
    })
    database.close()
  })

  test('two processes may write to one file', async () => {
    const path = newPath()
    const [first, second] = [openSqliteBook(path, 'normal'), openSqliteBook(path, 'normal')]
    first.write([[settled({ requestId: 'a' })]])
    second.write([[settled({ requestId: 'b', tenant: 'new' })], [settled({ requestId: 'a' })]])
    first.write([[settled({ requestId: 'c', tenant: 'new' })]])
    expect(first.scan(0, 10)).toHaveLength(3)
    expect(first.balances()).toEqual(second.balances())
    expect(first.balances().get('tenant:new:usage')).toBe(9_250_000n)
    first.close()
    second.close()
  })

  test('a full disk refuses, and what is appended later is kept', async () => {
    const path = newPath()
    const ledger = await openSqliteLedger({ path, thread: 'caller', groupCommit: { delayMs: 0 } })
    const limit = new DatabaseSync(path)
    const pages = (limit.prepare('PRAGMA page_count').get() as { page_count: number }).page_count
    limit.close()
    await ledger.close()
    const book = openSqliteBook(path, 'normal', pages + 2)
    const many = Array.from({ length: 200 }, (_, index) => opened({ requestId: `r${index}` }))
    expect(() => book.write([many])).toThrow(/full/)
    expect(book.scan(0, 1000)).toEqual([])
    expect(book.write([[settled()]])).toEqual([{ appended: 1, duplicates: 0 }])
    expect(book.balances().get('tenant:acme:usage')).toBe(4_625_000n)
    book.close()
  })
})

/** Niceness of the threads of this process that are behind its main one. */
function nicerThreads(): number[] {
  return readdirSync('/proc/self/task')
    .map(task => readFileSync(`/proc/self/task/${task}/stat`, 'utf8'))
    .map(stat => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[nicenessField]))
    .filter(niceness => niceness > getPriority())
}

/** After the name, which may have spaces (proc_pid_stat(5)). */
const nicenessField = 16

describe('its own thread', () => {
  test.runIf(process.platform === 'linux')('lets the others go first, and no other is slower', async () => {
    // Those of the tests above are on their way out.
    await expect.poll(nicerThreads).toEqual([])
    const ledger = await openSqliteLedger({ path: newPath() })
    expect(nicerThreads()).toEqual([Math.min(19, getPriority() + 10)])
    await ledger.close()
  })
})
