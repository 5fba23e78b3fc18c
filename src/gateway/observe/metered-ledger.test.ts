/** Appends of a real ledger, as the metrics see them. */
import { expect, test } from 'vitest'
import { createMemoryLedger } from '../ledger/index.ts'
import { opened, settled } from '../ledger/ledger.fixture.ts'
import { meteredLedger } from './metered-ledger.ts'

test('events, durations, failures; answers and errors pass', async () => {
  const told: string[] = []
  let nowMs = 0
  const ledger = meteredLedger(
    createMemoryLedger(),
    {
      ledgerWaits: events => told.push(`waits ${events}`),
      ledgerAppended: (events, durationMs) => told.push(`safe ${events} after ${durationMs} ms`),
      ledgerFailed: events => told.push(`failed ${events}`),
    },
    () => ++nowMs,
  )
  expect(ledger.name).toBe('memory')
  expect(await ledger.append([opened(), settled()])).toEqual({ appended: 2, duplicates: 0 })
  // The same event, said otherwise.
  await expect(ledger.append([opened({ reservedNanoUsd: 7n })])).rejects.toThrow()
  expect(told).toEqual(['waits 2', 'safe 2 after 1 ms', 'waits 1', 'failed 1'])
  expect((await ledger.request(settled().requestId))?.settled).toHaveLength(1)
  expect(await ledger.openRequests(0, 10)).toEqual([])
  expect(await ledger.scan(0, 10)).toHaveLength(2)
  expect([...(await ledger.balances()).values()].reduce((sum, amount) => sum + amount, 0n)).toBe(0n)
  await ledger.close()
  await expect(ledger.append([opened()])).rejects.toThrow()
})
