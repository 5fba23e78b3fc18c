/**
 * Kills a gateway under load (SIGKILL), 100 times on one ledger: `node scripts/gateway-crash.ts [ROUNDS] [SEED]`. 50 clients ask it, whole
 * and streamed, through a deployment and an offer, with failures and second attempts; every fifth gateway is killed while it starts.
 * Afterwards each request that a client got in full has to be in the ledger once, with the usage that the upstream told, and the books
 * have to balance. Exit code 1 when not. Takes 2 to 4 s a round.
 */
import { crashRounds } from '../src/gateway/start/crash/crash-rounds.fixture.ts'

const rounds = Number(process.argv[2] ?? 100)
const seed = process.argv[3] ?? 'crash'
const startedMs = performance.now()
const report = await crashRounds({
  rounds,
  seed,
  clients: 50,
  onRound: (round, completed) => {
    if ((round + 1) % 10 === 0) console.error(`${round + 1} kills, ${completed} requests completed`)
  },
})
const { lost, problems, pendingFiles } = report
for (const id of lost.slice(0, 10)) console.error(`  lost: ${id}`)
for (const problem of problems.slice(0, 10)) console.error(`  ${problem}`)
const isGood = lost.length + problems.length + pendingFiles === 0
if (!isGood) process.exitCode = 1
const usd = (nano: bigint): string => (Number(nano) / 1e9).toFixed(6)
console.log(
  `seed "${seed}", ${report.kills} kills (${report.killsAtStart} of them during the start) in ${((performance.now() - startedMs) / 1000).toFixed(0)} s:
${report.completed} requests completed, ${report.broken} broke off, ${report.refused} failed
ledger: ${report.events} events, ${report.requests} requests, ${report.reported} reported, ${report.markedEstimated} left open and marked estimated
lost ${lost.length}, problems ${problems.length}, files left behind ${pendingFiles}
bill ${usd(report.billedNanoUsd)} USD = requests ${usd(report.requestsNanoUsd)} + idle ${usd(report.idleNanoUsd)} over ${report.intervals} intervals; offer ${usd(report.offerNanoUsd)} USD
${isGood ? 'none lost, none twice, books balance' : 'FAILED'}`,
)
