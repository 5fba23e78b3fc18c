/** How likely all objectives hold, given the error bands of the prediction. */
import type { Performance } from '../../perf/deployment.ts'
import { measuredValueMs } from '../objectives.ts'
import type { ErrorBand, Objective } from '../types.ts'

/** A band holds 80 %: its ends lie 1.2816 standard deviations from the middle. */
const bandDeviations = 1.2815515655446004

/**
 * Errors are taken as log-normal, with the widths of the bands given. Objectives on one metric fail together
 * (one factor moves all its statistics), TTFT and TPOT fail independently, end-to-end follows the wider of the two bands.
 */
export function feasibilityProbability(
  objectives: readonly Objective[],
  performance: Performance,
  band: { readonly tpot: ErrorBand; readonly ttft: ErrorBand },
): number {
  const worst = new Map<Objective['metric'], number>()
  for (const objective of objectives) {
    const used = objective.metric === 'e2e' ? wider(band.tpot, band.ttft) : band[objective.metric]
    const chance = chanceBelow(objective.limitMs / measuredValueMs(objective, performance), used)
    worst.set(objective.metric, Math.min(worst.get(objective.metric) ?? 1, chance))
  }
  let all = 1
  for (const metric of ['ttft', 'tpot'] as const) all *= worst.get(metric) ?? 1
  return Math.min(all, worst.get('e2e') ?? 1)
}

/** P(error factor ≤ limit ÷ prediction). */
function chanceBelow(room: number, band: ErrorBand): number {
  const middle = Math.log(band.low * band.high) / 2
  const sigma = Math.log(band.high / band.low) / (2 * bandDeviations)
  if (sigma <= 0) return Math.log(room) >= middle ? 1 : 0
  return normalDistribution((Math.log(room) - middle) / sigma)
}

function wider(a: ErrorBand, b: ErrorBand): ErrorBand {
  return a.high / a.low >= b.high / b.low ? a : b
}

/** Φ(z) by Abramowitz & Stegun 26.2.17: |error| < 7.5e-8. */
export function normalDistribution(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = Math.exp((-z * z) / 2) * 0.3989422804014327 * polynomial
  return z >= 0 ? 1 - tail : tail
}
