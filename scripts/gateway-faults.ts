/**
 * A gateway before upstreams that break in every way the emulator knows: `node scripts/gateway-faults.ts [REQUESTS] [SEED]`. Three emulators
 * (two deployments and an offer), all APIs, whole and streamed, clients that leave, engines that crash, stall and slow down. Afterwards
 * nothing may be under way anywhere, each request has one end, usage that the ledger calls reported is what an emulator told, and the
 * tenant's budget is what its requests cost. Exit code 1 when not.
 */
import { faultRun } from '../src/gateway/start/faults/fault-run.fixture.ts'

const requests = Number(process.argv[2] ?? 5000)
const seed = process.argv[3] ?? 'faults'
const startedMs = performance.now()
const { problems, ...report } = await faultRun({ requests, seed, clients: 60 })
console.log(`seed "${seed}" in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`, {
  ...report,
  tenantNanoUsd: Number(report.tenantNanoUsd),
})
for (const problem of problems.slice(0, 20)) console.error(`  ${problem}`)
if (problems.length > 0) process.exitCode = 1
console.log(problems.length === 0 ? 'no request stuck, books hold' : `FAILED: ${problems.length} problems`)
