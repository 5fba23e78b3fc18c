/** For each test of a file that imports it: a clock that stands ten seconds after a whole minute, an empty ledger, and what is to be read from it. */
import { beforeEach, expect } from 'vitest'
import {
  auditLedger,
  createMemoryLedger,
  type IntervalClosed,
  type LedgerEvent,
  readLedgerReport,
} from '../ledger/index.ts'
import { startMs } from '../ledger/ledger.fixture.ts'
import { createFakeTime, createFlakyLedger, type FakeTime, type FlakyLedger } from './billing.fixture.ts'

export const minuteMs = 60_000
export let time: FakeTime
export let ledger: FlakyLedger

beforeEach(() => {
  time = createFakeTime(startMs + 10_000)
  ledger = createFlakyLedger(createMemoryLedger())
})

export async function events(): Promise<LedgerEvent[]> {
  return (await ledger.scan(0, 100_000)).map(({ event }) => event)
}

export async function closings(name = 'd'): Promise<IntervalClosed[]> {
  const all = await events()
  return all.filter(event => event.kind === 'intervalClosed').filter(event => event.deployment === name)
}

/** Of everything in the ledger: its audit finds nothing, and no deployment's sums differ from its bills. */
export async function reconciled() {
  const report = await readLedgerReport(ledger, { fromMs: 0, toMs: startMs * 2, by: [], bucketMs: null })
  expect((await auditLedger(ledger)).problems).toEqual([])
  for (const line of report.reconciliation) expect(line.differenceNanoUsd).toBe(0n)
  return report
}

/** In nano-dollars, of all closed intervals of `d`. */
export async function billedDevices(): Promise<number> {
  return Number((await closings()).reduce((sum, { deviceNanoUsd }) => sum + deviceNanoUsd, 0n))
}
