import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createMemoryLedger } from './memory-store.ts'
import { connectPostgres, loadPostgresDriver } from './postgres-driver.ts'
import { openPostgresLedger } from './postgres-store.ts'
import { openSqliteLedger } from './sqlite-store.ts'
import { describeStore } from './store-contract.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

describeStore({ name: 'memory', open: async () => createMemoryLedger(), reopen: null, runs: 50 })

for (const thread of ['caller', 'own'] as const) {
  let path = ''
  describeStore({
    name: `SQLite, thread: ${thread}`,
    open: () => {
      path = join(folder, `${++files}.db`)
      return openSqliteLedger({ path, thread, durability: 'normal', groupCommit: { delayMs: 0 } })
    },
    reopen: () => openSqliteLedger({ path, thread }),
    runs: thread === 'own' ? 3 : 15,
  })
}

test('without the package, PostgreSQL says what to install; names that are no names never get to it', async () => {
  await expect(loadPostgresDriver('no-such-package')).rejects.toMatchObject({
    code: 'ledger',
    fix: expect.stringMatching(/npm install pg/),
  })
  const schema = 'ledger; DROP TABLE x'
  await expect(openPostgresLedger({ url: 'postgres://nowhere', schema })).rejects.toMatchObject({
    code: 'ledger',
  })
})

/** A database to try PostgreSQL with; every ledger of the test is a schema of its own there, dropped at the end. */
const url = process.env.TOKENWRIGHT_POSTGRES_URL
/** Where the package `pg` lies, when it is not installed here. */
const driverPath = process.env.TOKENWRIGHT_POSTGRES_DRIVER

if (url === undefined) {
  test.skip('ledger in PostgreSQL: not tried, because TOKENWRIGHT_POSTGRES_URL names no database', () => {})
} else {
  const driver = await loadPostgresDriver(driverPath)
  const schemas: string[] = []
  const open = () => openPostgresLedger({ url, driver, schema: schemas.at(-1)!, groupCommit: { delayMs: 0 } })
  describeStore({
    name: 'PostgreSQL',
    open: () => {
      schemas.push(`ledger_test_${process.pid}_${++files}`)
      return open()
    },
    reopen: open,
    runs: 5,
  })
  afterAll(async () => {
    const client = connectPostgres(driver, url)
    for (const schema of schemas) await client.run(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  })
}
