/** One line of errors over held-out or in-sample points. */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import { metricsOf } from '../../src/accuracy/score.ts'

export function summaryLine(held: readonly HeldOutPoint[]): string {
  const metrics = metricsOf(held.map(({ prepared, prediction }) => ({ point: prepared.point, prediction })))
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return Object.entries(metrics)
    .map(
      ([name, m]) =>
        `${name} n ${m.n} mean ${percent(m.mape)} median ${percent(m.median)} p90 ${percent(m.p90)}`,
    )
    .join('; ')
}
