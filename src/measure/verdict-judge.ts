/** Judges a measurement by its evidence, and several measurements by the worst of them. */
import { type Verdict, type VerdictCheck, verdictCheckNames } from './verdict.ts'
import { answerChecks } from './verdict-answer-checks.ts'
import { isWorse, worstFirst, worstLevel } from './verdict-check.ts'
import { clientChecks } from './verdict-client-checks.ts'
import type { VerdictEvidence } from './verdict-evidence.ts'
import { loadChecks } from './verdict-load-checks.ts'

/** Every check for which there is evidence, worst first; the level is that of the worst. */
export function judge(evidence: VerdictEvidence): Verdict {
  return verdictOf([...clientChecks(evidence), ...answerChecks(evidence), ...loadChecks(evidence)])
}

/** Of several loads: each check as it was at its worst. Without any, nothing was measured and nothing can be trusted. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) {
    const nothing = { value: null, limit: null, unit: '', finding: 'No load was measured.' }
    const fix = 'Give at least one load.'
    return { level: 'invalid', checks: [{ check: 'errors', level: 'invalid', ...nothing, fix }] }
  }
  const worst = new Map<string, VerdictCheck>()
  for (const check of verdicts.flatMap(({ checks }) => checks)) {
    const known = worst.get(check.check)
    if (known === undefined || isWorse(check.level, known.level)) worst.set(check.check, check)
  }
  return verdictOf([...worst.values()])
}

function verdictOf(checks: readonly VerdictCheck[]): Verdict {
  const order = checks.toSorted(
    (a, b) => verdictCheckNames.indexOf(a.check) - verdictCheckNames.indexOf(b.check),
  )
  return { level: worstLevel(checks.map(({ level }) => level)), checks: worstFirst(order) }
}

/**
 * Whether the load could be carried on for good, as far as the run tells: false where the largest drift is a rise. Percentiles of
 * such a run are those of its length, which load-search.ts wants to know.
 */
export function isSustained({ checks }: Verdict): boolean {
  return checks.every(({ check, level, value }) => check !== 'drift' || level === 'valid' || !(value! > 0))
}
