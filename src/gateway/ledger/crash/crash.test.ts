import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crashRounds } from './crash-rounds.fixture.ts'

test('ten times kill -9 while writing: everything acknowledged is there once, and the books balance', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-crash-'))
  try {
    for await (const round of crashRounds(join(folder, 'ledger.db'), 10, 'crash test')) {
      expect(round, `round ${round.round}`).toMatchObject({ lost: [], problems: [] })
      expect(round.acknowledged).toBeGreaterThan(0)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
