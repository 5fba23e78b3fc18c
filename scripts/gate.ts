/**
 * The change gate: predictions over a fixed grid of questions before (scripts/gate/predictions.tsv) and after.
 *
 *   npm run gate               prints drift; exit code 1 when something that worked fails
 *   npm run gate -- --update   the same, then keeps the present answers: "fails" becomes the new "before"
 */
import { parseArgs } from 'node:util'
import { compareAnswers, type DriftSummary, driftSummaries, type GateResult } from './gate/compare.ts'
import { keepAnswers, keptAnswers, presentAnswers } from './gate/gate-file.ts'

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } })
const shown = 10

const after = presentAnswers()
const result = compareAnswers(keptAnswers(), after)
print(result)
if (values.update) {
  keepAnswers(after)
  console.log(`kept ${after.size} answers`)
} else if (result.broken.length > 0) {
  console.error(`${result.broken.length} questions that worked fail now`)
  process.exitCode = 1
}

function print({ compared, broken, repaired, added, drifts, answers }: GateResult): void {
  console.log(
    `${compared} questions answered before and after; ${broken.length} broken, ${repaired.length} repaired, ${added.length} new; ${drifts.length} of ${answers} answers moved`,
  )
  for (const { key, reason } of broken) console.log(`  BROKEN ${key}: ${reason}`)
  for (const key of repaired.slice(0, shown)) console.log(`  repaired ${key}`)
  if (drifts.length === 0) return
  console.log('\nfarthest:')
  for (const { key, name, before, after: now, shift } of drifts.slice(0, shown))
    console.log(`  ${percent(Math.expm1(shift))} ${name} ${before} → ${now}  ${key}`)
  console.log('\nof the answers that moved: signed median, 90th percentile and largest of the size')
  for (const summary of driftSummaries(drifts, null)) console.log(line(summary))
  for (const by of ['accelerator', 'engine', 'model', 'precision'] as const) {
    console.log(`\nby ${by}:`)
    for (const summary of driftSummaries(drifts, by)) console.log(line(summary))
  }
}

function line({ class: level, name, moved, median, p90, largest }: DriftSummary): string {
  return `  ${level.padEnd(34)} ${name.padEnd(26)} ${String(moved).padStart(4)} ${percent(median)} ${percent(p90)} ${percent(largest)}`
}

function percent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} %`.padStart(9)
}
