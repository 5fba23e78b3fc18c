/** Two shares of failed requests: their difference in percentage points, and whether that can be chance. */
import { normalQuantile } from '../core/special-functions.ts'
import { defaultConfidence } from './percentile-interval.ts'

export interface ShareComparison {
  readonly a: number
  readonly b: number
  /** b − a, with Newcombe's interval. */
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly significant: boolean
}

/**
 * Newcombe's interval of a difference of proportions from Wilson's of each (Statistics in Medicine 17, 1998, method 10; from
 * memory): holds for shares of 0 too, where a ratio does not exist.
 */
export function compareShares(
  a: { readonly failed: number; readonly all: number },
  b: { readonly failed: number; readonly all: number },
  confidence = defaultConfidence,
): ShareComparison {
  const shareA = a.failed / a.all
  const shareB = b.failed / b.all
  const intervalA = wilsonInterval(a.failed, a.all, confidence)
  const intervalB = wilsonInterval(b.failed, b.all, confidence)
  const difference = shareB - shareA
  const low = difference - Math.hypot(shareB - intervalB.low, intervalA.high - shareA)
  const high = difference + Math.hypot(intervalB.high - shareB, shareA - intervalA.low)
  return { a: shareA, b: shareB, difference, low, high, significant: low > 0 || high < 0 }
}

/** Wilson's interval of a proportion (Journal of the American Statistical Association 22, 1927; from memory). */
export function wilsonInterval(
  successes: number,
  trials: number,
  confidence = defaultConfidence,
): { readonly low: number; readonly high: number } {
  const z = normalQuantile((1 + confidence) / 2)
  const share = successes / trials
  const centre = share + z ** 2 / (2 * trials)
  const margin = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2))
  const scale = 1 + z ** 2 / trials
  return { low: Math.max(0, (centre - margin) / scale), high: Math.min(1, (centre + margin) / scale) }
}
