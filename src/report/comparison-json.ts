/** A comparison as JSON, for CI and scripts. What is without limit (from 0 to more) is null, as JSON has no infinity. */
import { type ComparisonReport, failedConditions } from './comparison-report.ts'

export function renderComparisonJson(report: ComparisonReport): string {
  const { tokenwrightVersion, comparison, conditions, strict } = report
  return `${JSON.stringify(
    {
      kind: 'tokenwright-comparison',
      version: 1,
      tokenwrightVersion,
      ...comparison,
      strict,
      conditions: conditions.map(({ condition, ...result }) => ({
        condition: condition.text,
        metric: condition.metric,
        statistic: condition.statistic,
        margin: condition.margin,
        ...result,
      })),
      failed: failedConditions(report).length > 0,
    },
    null,
    2,
  )}\n`
}
