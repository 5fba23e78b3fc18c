/** `compare`, from paths and flags to the printed comparison and the exit code. */
import { TokenwrightError } from '../core/errors.ts'
import { readMeasuredRuns } from '../measure/interop/measured-runs-file.ts'
import { compareRuns } from '../measure/run-comparison.ts'
import { judgeConditions, parseFailConditions } from '../measure/run-comparison-condition.ts'
import { type ComparisonReport, failedConditions } from '../report/comparison-report.ts'
import { plural } from '../report/format-number.ts'
import { NoFeasibleConfiguration } from './report-fault.ts'

export interface CompareFlags {
  readonly failOn?: readonly string[]
  readonly strict?: boolean
  readonly paired?: boolean
  readonly json?: boolean
}

/** Reads both sides. Faulty conditions are said before any file is opened. */
export function comparePaths(a: string, b: string, flags: CompareFlags, version: string): ComparisonReport {
  const conditions = (flags.failOn ?? []).flatMap(parseFailConditions)
  if (flags.strict && conditions.length === 0) {
    throw new TokenwrightError('usage', 'there is no condition to be strict about', {
      where: '--strict',
      fix: 'add --fail-on "cost +5%"',
    })
  }
  // Chunk by chunk, two runs may not fit into memory; latencies of requests do.
  const sides = [a, b].map(name => ({ name, runs: readMeasuredRuns(name, { chunks: false }) }))
  const comparison = compareRuns(sides[0]!, sides[1]!, { paired: flags.paired === true })
  return {
    tokenwrightVersion: version,
    comparison,
    conditions: judgeConditions(comparison, conditions, flags.strict === true),
    strict: flags.strict === true,
  }
}

/** What --fail-on turns into exit code 3, after the comparison was printed. */
export function refuseFailedConditions(report: ComparisonReport): void {
  const failed = failedConditions(report)
  if (failed.length === 0) return
  throw new NoFeasibleConfiguration(
    `${failed.length} of ${plural(report.conditions.length, 'condition')} failed: ` +
      failed.map(({ condition, load }) => `${condition.text} at ${load}`).join('; '),
    'the comparison above says by how much',
  )
}
