/** What wrong choices cost, as shares and in dollars per million tokens. */
import type { HeldOutByKind } from '../../src/accuracy/error-bands.ts'
import { type FoldKind, foldKinds } from '../../src/accuracy/folds.ts'
import { plannedDecisions, type RegretSummary, regretOf } from '../../src/accuracy/regret.ts'
import { choosePrice } from '../../src/catalog/price-choice.ts'
import type { Catalog } from '../../src/catalog/types.ts'
import { mean, median } from '../../src/core/statistics.ts'
import { fileOf, scoredOf } from './accuracy-slices.ts'

export interface RegretLine {
  readonly file: string
  readonly kind: FoldKind
  readonly regret: RegretSummary
  readonly dollars: RegretDollars | null
}

/** At on-demand prices, of decisions whose accelerator has one. */
export interface RegretDollars {
  readonly decisions: number
  /** Dollars per million tokens (input and output) of the best configuration, median. */
  readonly bestMedian: number
  /** Lost per million tokens by the recommended configuration loaded up to the limit. */
  readonly lostMean: number
  readonly lostMedian: number
  /** Lost of each dollar spent, all decisions together. */
  readonly lostShare: number
}

const files = ['serving_latency', 'serving_throughput_energy'] as const

export function regretLines(held: HeldOutByKind, catalog: Catalog): RegretLine[] {
  return files.flatMap(file =>
    foldKinds.map(kind => {
      const scored = scoredOf(held[kind].filter(h => fileOf(h) === file))
      return { file, kind, regret: regretOf(scored), dollars: dollarsOf(scored, catalog) }
    }),
  )
}

function dollarsOf(scored: Parameters<typeof plannedDecisions>[0], catalog: Catalog): RegretDollars | null {
  const values = plannedDecisions(scored, 0).flatMap(decision => {
    const acceleratorId = decision.decisionGroup.split(' | ')[1]!
    const price = choosePrice(catalog, acceleratorId, 'on-demand', { region: null })?.price.usdPerDeviceHour
    if (price === undefined) return []
    const best = (price / 3600 / decision.best) * 1e6
    return [{ best, lost: best * decision.loadedRegret }]
  })
  if (values.length === 0) return null
  const lost = values.map(value => value.lost)
  const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0)
  return {
    decisions: values.length,
    bestMedian: median(values.map(value => value.best)),
    lostMean: mean(lost),
    lostMedian: median(lost),
    lostShare: sum(lost) / (sum(lost) + sum(values.map(value => value.best))),
  }
}
