/** Noise floor: how far measurements of the same configuration at the same load lie apart, by engine version and time. */
import type { MeasuredPoint } from '../../src/accuracy/measured-point.ts'
import { mean, median, quantile } from '../../src/core/statistics.ts'

export interface NoiseLine {
  readonly what: string
  readonly metric: string
  readonly pairs: number
  /** Larger ÷ smaller − 1. */
  readonly median: number
  readonly mean: number
  readonly p90: number
}

const metrics = [
  ['TPOT', (p: MeasuredPoint) => p.tpotMs],
  ['TTFT', (p: MeasuredPoint) => p.ttftMs],
  ['tokens/s/GPU', (p: MeasuredPoint) => p.totalTokensPerSecondPerDevice],
  ['joules per output token', (p: MeasuredPoint) => p.joulesPerOutputToken],
] as const

const daysOf = ({ date }: MeasuredPoint) => (date === null ? Number.NaN : Date.parse(date) / 86_400_000)
/** Runs this close in time are repeats. */
const repeatDays = 3

const pairKinds: readonly (readonly [what: string, of: (a: MeasuredPoint, b: MeasuredPoint) => boolean])[] = [
  ['same engine version, within three days', (a, b) => sameVersion(a, b) && daysApart(a, b) <= repeatDays],
  ['same engine version, more days apart', (a, b) => sameVersion(a, b) && daysApart(a, b) > repeatDays],
  ['another engine version', (a, b) => knownVersions(a, b) && !sameVersion(a, b)],
  [
    'two campaigns of one file, version not stated',
    (a, b) => a.engineVersion === null && b.engineVersion === null,
  ],
]

function knownVersions(a: MeasuredPoint, b: MeasuredPoint): boolean {
  return a.engineVersion !== null && b.engineVersion !== null
}

function sameVersion(a: MeasuredPoint, b: MeasuredPoint): boolean {
  return knownVersions(a, b) && a.engineVersion === b.engineVersion
}

/** 0 where a date is missing: campaigns of one version are days long. */
function daysApart(a: MeasuredPoint, b: MeasuredPoint): number {
  const days = Math.abs(daysOf(a) - daysOf(b))
  return Number.isNaN(days) ? 0 : days
}

/** Pairs of neighbouring runs in time of each question asked more than once; mistrusted rows are left out. */
export function noiseFloor(points: readonly MeasuredPoint[]): NoiseLine[] {
  const same = Map.groupBy(
    points.filter(point => point.suspect === null && point.load.kind === 'closed'),
    point =>
      JSON.stringify([
        point.file,
        point.group,
        point.nominalInputTokens,
        point.nominalOutputTokens,
        point.load,
      ]),
  )
  const pairs = [...same.values()].flatMap(runs => {
    const ordered = runs.toSorted((a, b) => (a.date ?? '').localeCompare(b.date ?? ''))
    return ordered.slice(1).map((run, index) => [ordered[index]!, run] as const)
  })
  return pairKinds.flatMap(([what, of]) =>
    metrics.flatMap(([metric, quantityOf]) => {
      const apart = pairs
        .filter(([a, b]) => of(a, b))
        .flatMap(([a, b]) => {
          const [x, y] = [quantityOf(a), quantityOf(b)]
          return x === null || y === null ? [] : [Math.max(x, y) / Math.min(x, y) - 1]
        })
      if (apart.length < fewestPairs) return []
      return [
        {
          what,
          metric,
          pairs: apart.length,
          median: median(apart),
          mean: mean(apart),
          p90: quantile(apart, 0.9),
        },
      ]
    }),
  )
}

const fewestPairs = 10
