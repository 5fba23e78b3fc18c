/**
 * Kills a process that writes a ledger, 100 times: `node scripts/ledger-crash.ts [ROUNDS] [SEED]`. After each kill the file is
 * opened again; every acknowledged event has to be there once and the books have to balance. A new file after every 20 kills, so
 * that reading everything again stays quick. Exit code 1 when not.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CrashRound, crashRounds } from '../src/gateway/ledger/crash/crash-rounds.fixture.ts'

const rounds = Number(process.argv[2] ?? 100)
const seed = process.argv[3] ?? 'crash'
/** Kills of one file. */
const roundsOfFile = 20
const folder = mkdtempSync(join(tmpdir(), 'ledger-crash-'))
let acknowledged = 0
let events = 0
let leftOpen = 0
try {
  for (let first = 0; first < rounds; first += roundsOfFile) {
    const path = join(folder, `${first}.db`)
    let inFile = 0
    for await (const round of crashRounds(path, Math.min(roundsOfFile, rounds - first), `${seed} ${first}`)) {
      acknowledged += round.acknowledged
      leftOpen += round.leftOpen
      inFile = round.events
      if (round.lost.length + round.problems.length > 0) tell(round, `${seed} ${first}`)
    }
    events += inFile
  }
} finally {
  rmSync(folder, { recursive: true })
}
console.log(
  `${rounds} kills: ${acknowledged} events acknowledged, ${events} in the ledger, ${leftOpen} requests left open and marked estimated; ` +
    (process.exitCode === 1 ? 'FAILED' : 'none lost, none twice, books balance'),
)

function tell(round: CrashRound, ofSeed: string): void {
  process.exitCode = 1
  console.error(
    `round ${round.round} of seed "${ofSeed}", ${round.durability}, killed after ${round.killedAfterMs.toFixed(0)} ms:`,
  )
  for (const key of round.lost.slice(0, 10)) console.error(`  lost: ${key}`)
  for (const problem of round.problems.slice(0, 10)) console.error(`  ${problem}`)
}
