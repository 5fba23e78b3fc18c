/**
 * What billing costs the gateway's thread: `node benchmarks/billing.ts [--json]`. Requests of 300 ms at 1,000 a second on one
 * deployment, each told three times (sent, first token, end), ten seconds long; the same without billing beside it. The ledger is a
 * SQLite file in a thread of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, billingConfig, deployment } from '../src/gateway/billing/billing.fixture.ts'
import { createBilling } from '../src/gateway/billing/index.ts'
import { type EngineFact, openSqliteLedger } from '../src/gateway/ledger/index.ts'

const perSecond = 1000
const seconds = 10
const batchMs = 2
const [ttftMs, durationMs] = [50, 300]

interface Load {
  readonly requests: number
  /** Spent in record(), and in the rounds that close intervals, µs a request. */
  readonly recordUs: number
  readonly closeUs: number
}

const folder = mkdtempSync(join(tmpdir(), 'tokenwright-billing-'))
const ledger = await openSqliteLedger({ path: join(folder, 'ledger.sqlite') })
const billing = createBilling({
  config: billingConfig([deployment('d')], 60),
  ledger,
  nowMs: () => Date.now(),
  readEnergy: async () => null,
  onProblem: () => {},
})
const withBilling = await load(fact => billing.record('d', fact))
const without = await load(() => {})
await billing.close()
await ledger.close()
rmSync(folder, { recursive: true })

const answer = {
  machine: { cpus: cpus().length, model: cpus()[0]?.model, load: loadavg()[0] },
  requests: withBilling.requests,
  recordUs: withBilling.recordUs,
  threadUsPerRequest: withBilling.closeUs - without.closeUs,
}
console.log(
  process.argv.includes('--json')
    ? JSON.stringify(answer)
    : `record ${answer.recordUs.toFixed(2)} µs; all of billing ${answer.threadUsPerRequest.toFixed(1)} µs of the gateway's thread a request (${answer.requests} requests, load average ${answer.machine.load?.toFixed(1)})`,
)

/** closeUs: CPU of this thread, all of it, a request. */
async function load(record: (fact: EngineFact) => void): Promise<Load> {
  const startMs = performance.now()
  const cpu = process.threadCpuUsage()
  let requests = 0
  let recordMs = 0
  let records = 0
  const tell = (fact: EngineFact): void => {
    const before = performance.now()
    record(fact)
    recordMs += performance.now() - before
    records++
  }
  while (performance.now() - startMs < seconds * 1000) {
    const due = ((performance.now() - startMs) / 1000) * perSecond
    while (requests < due) {
      const sentMs = Date.now()
      const whole = attempt(`request-${record.length}-${sentMs}-${requests++}`, sentMs, {
        firstTokenMs: sentMs + ttftMs,
        endMs: sentMs + durationMs,
      })
      tell({ ...whole, firstTokenMs: null, endMs: null })
      setTimeout(() => tell({ ...whole, endMs: null }), ttftMs)
      setTimeout(() => tell(whole), durationMs)
    }
    await new Promise(resolve => setTimeout(resolve, batchMs))
  }
  await new Promise(resolve => setTimeout(resolve, durationMs))
  const { user, system } = process.threadCpuUsage(cpu)
  return { requests, recordUs: (recordMs * 1000) / records, closeUs: (user + system) / requests }
}
