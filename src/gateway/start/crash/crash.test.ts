import { expect, test } from 'vitest'
import { crashRounds } from './crash-rounds.fixture.ts'

test('a gateway killed under load: what clients got in full is in the ledger once, and the bill adds up', async () => {
  const report = await crashRounds({ rounds: 2, seed: 'crash test 2', clients: 20 })
  expect(report).toMatchObject({ lost: [], problems: [], pendingFiles: 0, kills: 2 })
  expect(report.completed).toBeGreaterThan(0)
  expect(report.billedNanoUsd).toBe(report.requestsNanoUsd + report.idleNanoUsd)
}, 120_000)
