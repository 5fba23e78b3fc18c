/** Distributions as plain JSON, so that load agents and shards of a sweep can be merged elsewhere. */
import { TokenwrightError } from '../core/errors.ts'
import { Distribution } from './distribution.ts'
import { bucketsPerOctave, LogHistogram, largestBucket, largestValue } from './log-histogram.ts'

export type DistributionJson =
  | {
      readonly form: 'exact'
      readonly exactLimit: number
      readonly sum: readonly [number, number]
      /** Ascending. */
      readonly values: readonly number[]
      /** How often each occurs; null when each occurs once. */
      readonly weights: readonly number[] | null
    }
  | {
      readonly form: 'approximate'
      readonly exactLimit: number
      readonly sum: readonly [number, number]
      readonly minimum: number
      readonly maximum: number
      /** Which buckets are meant: files of other versions are refused rather than misread. */
      readonly bucketsPerOctave: number
      readonly zeros: number
      readonly buckets: readonly (readonly [number, number])[]
    }

export function distributionToJson(distribution: Distribution): DistributionJson {
  const { exactLimit, minimum, maximum } = distribution
  const sum = [distribution.sum.high, distribution.sum.low] as const
  const contents = distribution.contents()
  if (contents.form === 'exact') {
    return { form: 'exact', exactLimit, sum, values: contents.values, weights: contents.weights }
  }
  return {
    form: 'approximate',
    exactLimit,
    sum,
    minimum,
    maximum,
    bucketsPerOctave,
    ...contents.histogram.entries(),
  }
}

/** Reads what distributionToJson wrote. Throws 'measurements' when it is something else; `where` names it. */
export function distributionFromJson(json: DistributionJson, where: string): Distribution {
  const check = (holds: boolean, what: string) => {
    if (holds) return
    throw new TokenwrightError('measurements', `stored distribution: ${what}`, {
      where,
      fix: 'merge results that one version of tokenwright has written, unchanged',
    })
  }
  const counts = (numbers: readonly number[]) => numbers.every(n => Number.isInteger(n) && n > 0)
  const inRange = (value: number) => Number.isFinite(value) && value >= 0 && value <= largestValue
  check(typeof json === 'object' && json !== null, 'not an object')
  check(json.form === 'exact' || json.form === 'approximate', 'its form is neither exact nor approximate')
  check(Number.isInteger(json.exactLimit) && json.exactLimit >= 0, 'exactLimit is no count')
  check(
    Array.isArray(json.sum) && json.sum.length === 2 && json.sum.every(Number.isFinite),
    'sum is not two numbers',
  )
  const result = new Distribution(json.exactLimit)
  if (json.form === 'exact') {
    const { values, weights } = json
    check(Array.isArray(values) && values.every(inRange), 'a value is no number of 0 or more')
    check(values.length <= json.exactLimit, 'more values than its limit')
    check(
      weights === null || (Array.isArray(weights) && weights.length === values.length && counts(weights)),
      'weights are not one count per value',
    )
    values.forEach((value, index) => {
      result.add(value, weights === null ? 1 : weights[index]!)
    })
  } else {
    const { buckets, zeros, minimum, maximum } = json
    check(
      json.bucketsPerOctave === bucketsPerOctave,
      `its buckets are not ${bucketsPerOctave} per power of two`,
    )
    check(Number.isInteger(zeros) && zeros >= 0, 'zeros is no count')
    check(inRange(minimum) && inRange(maximum) && minimum <= maximum, 'minimum and maximum are no range')
    const isBucket = (pair: unknown) =>
      Array.isArray(pair) && pair.length === 2 && counts(pair) && pair[0] <= largestBucket
    check(Array.isArray(buckets) && buckets.every(isBucket), 'a bucket is not a number and a count')
    const count = buckets.reduce((sum, bucket) => sum + bucket[1], zeros)
    check(count > 0, 'it has no values')
    result.restoreHistogram(LogHistogram.fromEntries(zeros, buckets), minimum, maximum, count)
  }
  result.sum.high = json.sum[0]
  result.sum.low = json.sum[1]
  return result
}
