/** Chooses the widths of user calibrations by held-out error: calibrate on a few rows of a group, predict the others. */
import { mean, median } from '../core/statistics.ts'
import { carriedToOtherLayouts, type LocalCoefficients } from '../perf/coefficients.ts'
import type { PreparedPoint } from './evaluate-point.ts'
import { type CalibrationWidths, fitMultipliers, multiplierNames, predictWith } from './user-calibration.ts'

/** Rows of one configuration, and its coefficients as fitted without any of them. */
export interface HeldOutGroup {
  readonly name: string
  readonly rows: readonly PreparedPoint[]
  readonly base: LocalCoefficients
}

/** The rows of a group to calibrate on. */
export type Choice = (rows: readonly PreparedPoint[]) => readonly PreparedPoint[]

/** One row that was not calibrated on: predicted ÷ measured before and after. */
export interface CalibratedRow {
  readonly group: string
  readonly prepared: PreparedPoint
  readonly tpot: { readonly before: number; readonly after: number }
  readonly ttft: { readonly before: number; readonly after: number }
}

/** Predictions of `others` (the group's own rows by default) without those calibrated on; in other layouts, what is carried over. */
export function predictRest(
  group: HeldOutGroup,
  chosen: readonly PreparedPoint[],
  widths: CalibrationWidths,
  others: readonly PreparedPoint[] = group.rows,
): CalibratedRow[] {
  const { shifts: fitted } = fitMultipliers(chosen, group.base, widths)
  const shifts =
    others === group.rows
      ? fitted
      : Object.fromEntries(
          Object.entries(fitted).map(([name, shift]) => [name, carriedToOtherLayouts * shift]),
        )
  return others.flatMap(prepared => {
    const { tpotMs, ttftMs } = prepared.point
    if (chosen.includes(prepared) || tpotMs === null || ttftMs === null) return []
    const before = predictWith(prepared, group.base, {})
    const after = predictWith(prepared, group.base, shifts)
    if (before === null || after === null) return []
    return [
      {
        group: group.name,
        prepared,
        tpot: { before: before.tpotMs / tpotMs, after: after.tpotMs / tpotMs },
        ttft: { before: before.ttftMs / ttftMs, after: after.ttftMs / ttftMs },
      },
    ]
  })
}

/** What is made small: errors of TPOT (mean) and TTFT (median and mean alike) in units of what may be reached, over all choices. */
export function heldOutLoss(
  groups: readonly HeldOutGroup[],
  choices: readonly Choice[],
  widths: CalibrationWidths,
): number {
  const losses = choices.map(choose => {
    const rows = groups.flatMap(group => predictRest(group, choose(group.rows), widths))
    const tpot = rows.map(row => bounded(row.tpot.after))
    const ttft = rows.map(row => bounded(row.ttft.after))
    return mean(tpot) / tpotUnit + (median(ttft) / ttftUnit.median + mean(ttft) / ttftUnit.mean) / 2
  })
  return mean(losses)
}

/** About what the fit can reach of each metric, so that all weigh the same. */
const tpotUnit = 0.055
const ttftUnit = { median: 0.14, mean: 0.19 }

/** A row that is off by more than half is not worse for the choice than one that is off by half: it is another matter. */
function bounded(ratio: number): number {
  return Math.min(0.5, Math.abs(ratio - 1))
}

/** Where the search starts: near what earlier searches from equal widths found; the loss is flat around it. */
export const startingWidths: CalibrationWidths = {
  prior: { memory: 0.2, compute: 0.4, host: 0.2, frontEnd: 0.6, firstTokenLag: 0.6 },
  noise: { tpot: 0.05, ttft: 0.1 },
  huber: 1,
}

/** Factors tried either way: coarse, then finer. Finer still would fit the rows' noise. */
const factors = [2, 1.4]
/** One standard deviation is a factor of 4.5 then: a wider prior says no less. */
const widestPrior = 1.5
/** Less than a thousandth of the loss is a matter of which rows were chosen. */
const smallestGain = 2e-3

/**
 * Coordinate descent over the widths of the priors, the noise of TTFT and the loss's turning point. The noise of TPOT stays: only
 * ratios of widths matter.
 */
export function chooseWidths(
  groups: readonly HeldOutGroup[],
  choices: readonly Choice[],
  start: CalibrationWidths = startingWidths,
  onProgress: (loss: number) => void = () => {},
): CalibrationWidths {
  let best = start
  let loss = heldOutLoss(groups, choices, best)
  const scaled: ((widths: CalibrationWidths, factor: number) => CalibrationWidths)[] = [
    ...multiplierNames.map(name => (widths: CalibrationWidths, factor: number) => ({
      ...widths,
      prior: { ...widths.prior, [name]: Math.min(widestPrior, widths.prior[name] * factor) },
    })),
    (widths, factor) => ({ ...widths, noise: { ...widths.noise, ttft: widths.noise.ttft * factor } }),
    (widths, factor) => ({ ...widths, huber: widths.huber * factor }),
  ]
  for (const size of factors) {
    for (const scale of scaled) {
      for (const factor of [size, 1 / size]) {
        for (;;) {
          const candidate = scale(best, factor)
          const value = heldOutLoss(groups, choices, candidate)
          if (value > loss - smallestGain) break
          best = candidate
          loss = value
          onProgress(loss)
        }
      }
    }
  }
  return best
}
