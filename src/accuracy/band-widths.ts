/**
 * How much wider or narrower a band is than its class on average, by how a question is loaded, whose device and which engine it
 * runs on and whether it speculates: factors on the band's ln width. Residuals divided by their factor are alike over situations, so that one
 * pair of percentiles serves all of them (locally weighted conformal prediction; Lei, G'Sell, Rinaldo, Tibshirani, Wasserman 2018 §5.2).
 */
import { quantile } from '../core/statistics.ts'

/** What the width depends on besides class, mode and metric. */
export interface BandSituation {
  readonly vendor: string
  readonly engine: string
  /** Requests in flight over the whole deployment. */
  readonly concurrency: number
  readonly speculation: boolean
}

/** Loads up to these many requests in flight share a factor; beyond the last one: another. */
export const loadSteps = [8, 32, 128, 512] as const

export interface WidthFactors {
  /** One for each of loadSteps, and one beyond. */
  readonly load: readonly number[]
  readonly vendor: Readonly<Record<string, number>>
  readonly engine: Readonly<Record<string, number>>
  /** Keys "with" and "without". */
  readonly speculation: Readonly<Record<string, number>>
}

export interface SituatedResidual {
  readonly cluster: string
  readonly value: number
  readonly situation: BandSituation
}

const evenFactors: WidthFactors = { load: [1, 1, 1, 1, 1], vendor: {}, engine: {}, speculation: {} }

function loadLevel({ concurrency }: BandSituation): number {
  const found = loadSteps.findIndex(step => concurrency <= step)
  return found < 0 ? loadSteps.length : found
}

const namedAttributes = ['vendor', 'engine', 'speculation'] as const
type NamedAttribute = (typeof namedAttributes)[number]

function levelOf(attribute: NamedAttribute, situation: BandSituation): string {
  return attribute === 'speculation' ? (situation.speculation ? 'with' : 'without') : situation[attribute]
}

/** Factor of a situation. A vendor or engine that nothing was measured of is as uncertain as the least known one. */
export function widthFactor(factors: WidthFactors, situation: BandSituation): number {
  return namedAttributes.reduce(
    (product, attribute) =>
      product *
      (factors[attribute][levelOf(attribute, situation)] ??
        Math.max(1, ...Object.values(factors[attribute]))),
    factors.load[loadLevel(situation)]!,
  )
}

/** Sizes are compared at this quantile: where a band of 80 % ends. */
const sizeQuantile = 0.8
/**
 * Levels with this many clusters count half: few clusters say little about a level. Sooner believed when wider than when narrower,
 * as a band too wide costs less than a promise not kept.
 */
const halfWeightClusters = { wider: 1, narrower: 4 } as const
/** Three factors that multiply: a few rounds of backfitting settle them. */
const rounds = 4

/** @param residuals of one scale: where modes differ in spread, divided by it */
export function widthFactors(residuals: readonly SituatedResidual[]): WidthFactors {
  let factors = evenFactors
  for (let round = 0; round < rounds; round++) {
    const load = changes(factors, residuals, one => String(loadLevel(one.situation)))
    factors = { ...factors, load: factors.load.map((value, index) => value * (load.get(String(index)) ?? 1)) }
    for (const attribute of namedAttributes) {
      const found = changes(factors, residuals, one => levelOf(attribute, one.situation))
      const values = [...found].map(([level, ratio]) => [level, (factors[attribute][level] ?? 1) * ratio])
      factors = { ...factors, [attribute]: Object.fromEntries(values.sort()) }
    }
  }
  return factors
}

/** By how much each level is wider than all together with the present factors, drawn to 1 where few clusters speak. */
function changes(
  factors: WidthFactors,
  residuals: readonly SituatedResidual[],
  level: (residual: SituatedResidual) => string,
): Map<string, number> {
  const sizeOf = ({ value, situation }: SituatedResidual) => Math.abs(value) / widthFactor(factors, situation)
  const overall = quantile(residuals.map(sizeOf), sizeQuantile)
  return new Map(
    [...Map.groupBy(residuals, level)].map(([name, members]) => {
      const clusters = new Set(members.map(one => one.cluster)).size
      const ratio = quantile(members.map(sizeOf), sizeQuantile) / overall
      const half = ratio > 1 ? halfWeightClusters.wider : halfWeightClusters.narrower
      return [name, ratio ** (clusters / (clusters + half))]
    }),
  )
}
