/**
 * How much wider or narrower a band is than its class on average, by how a question is loaded, whose device and which engine it
 * runs on and whether it speculates: factors on the band's ln width. Residuals divided by their factor are alike over situations,
 * so that one pair of percentiles serves all of them (locally weighted conformal prediction, Lei et al. 2018; from memory).
 */

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

/** 1 for every load, and for every name that occurs. */
function evenFactors(residuals: readonly SituatedResidual[]): WidthFactors {
  const ones = (attribute: NamedAttribute) =>
    Object.fromEntries(
      [...new Set(residuals.map(one => levelOf(attribute, one.situation)))].sort().map(name => [name, 1]),
    )
  return {
    load: [...loadSteps, null].map(() => 1),
    vendor: ones('vendor'),
    engine: ones('engine'),
    speculation: ones('speculation'),
  }
}

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
  let factors = evenFactors(residuals)
  for (let round = 0; round < rounds; round++) {
    const load = changes(factors, residuals, one => String(loadLevel(one.situation)))
    factors = { ...factors, load: factors.load.map((value, index) => value * (load.get(String(index)) ?? 1)) }
    for (const attribute of namedAttributes) {
      const found = changes(factors, residuals, one => levelOf(attribute, one.situation))
      const values = Object.entries(factors[attribute]).map(([level, value]) => [
        level,
        value * (found.get(level) ?? 1),
      ])
      factors = { ...factors, [attribute]: Object.fromEntries(values) }
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
  const sizes = Float64Array.from(
    residuals,
    ({ value, situation }) => Math.abs(value) / widthFactor(factors, situation),
  )
  const levels = new Map<string, { sizes: number[]; clusters: Set<string> }>()
  residuals.forEach((residual, index) => {
    const name = level(residual)
    let own = levels.get(name)
    if (own === undefined) {
      own = { sizes: [], clusters: new Set() }
      levels.set(name, own)
    }
    own.sizes.push(sizes[index]!)
    own.clusters.add(residual.cluster)
  })
  const overall = ordered(sizes)
  return new Map(
    [...levels].map(([name, { sizes: own, clusters }]) => {
      const ratio = ordered(Float64Array.from(own)) / overall
      const half = ratio > 1 ? halfWeightClusters.wider : halfWeightClusters.narrower
      return [name, ratio ** (clusters.size / (clusters.size + half))]
    }),
  )
}

/** The size at the quantile; typed arrays sort several times faster than lists, and this runs hundreds of times. */
function ordered(sizes: Float64Array): number {
  return sizes.toSorted()[Math.floor(sizeQuantile * (sizes.length - 1))]!
}
