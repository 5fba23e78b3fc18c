/** A measurement in a sentence or two: the best load, what it costs, whether to believe it. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { headlineLatency, tokenRates } from './bench-facts.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  plural,
} from './format-number.ts'

/** Met every objective that it was judged by. */
function meets({ summary }: BenchPoint): boolean {
  return summary.objectives.every(({ met }) => met === true)
}

/**
 * The point that the report is about: what a search found; else, of those that served anything, that are not invalid and that
 * met the objectives (as far as there are such), the cheapest, without prices the one with the highest throughput. Null when
 * nothing was served.
 */
export function bestPoint(result: BenchResult): BenchPoint | null {
  if (result.search !== null && result.search.best !== null) return result.points[result.search.best] ?? null
  const served = result.points.filter(({ summary }) => summary.requests.served > 0)
  const candidates = among(
    among(served, ({ verdict }) => verdict.level !== 'invalid'),
    meets,
  )
  const price = ({ transcription, cost }: BenchPoint) =>
    transcription?.usdPerAudioHour ?? cost?.perMillionTokens.blended ?? Number.POSITIVE_INFINITY
  const rate = (point: BenchPoint) =>
    point.transcription?.realTimeFactorThroughput ?? tokenRates(point).total ?? 0
  const better = (a: BenchPoint, b: BenchPoint) =>
    price(a) !== price(b) ? price(a) < price(b) : rate(a) > rate(b)
  return candidates.reduce<BenchPoint | null>(
    (best, point) => (best === null || better(point, best) ? point : best),
    null,
  )
}

/** Those for which it holds; all where it holds for none. */
function among(points: readonly BenchPoint[], holds: (point: BenchPoint) => boolean): readonly BenchPoint[] {
  const found = points.filter(holds)
  return found.length > 0 ? found : points
}

export function benchHeadline(result: BenchResult): string {
  const best = bestPoint(result)
  if (best === null) return 'No request was served: nothing was measured.'
  const judged =
    result.objectives.length === 0
      ? ''
      : meets(best)
        ? ', within every objective'
        : `; no load that ${result.points.some(meets) ? 'can be trusted' : 'was tried'} meets every objective`
  return `${worthWords(best)} at ${best.load.name}${speedWords(result, best)}${judged}. ${verdictSentence(best)}`
}

/** What the load came to: dollars where there is a price. */
function worthWords(point: BenchPoint): string {
  const { transcription: speech, cost } = point
  if (speech !== null)
    return (
      `${formatSignificant(speech.realTimeFactorThroughput)} hours of audio per hour` +
      (speech.usdPerAudioHour === null ? '' : `, ${formatUsd(speech.usdPerAudioHour)} per hour of audio`)
    )
  if (cost !== null) return `${formatUsdPerMillionTokens(cost.perMillionTokens.blended)} per million tokens`
  const { output, total, requests } = tokenRates(point)
  if (output !== null && output > 0) return `${formatSignificant(output)} output tokens/s`
  if (total !== null && total > 0) return `${formatSignificant(total)} tokens/s`
  return `${formatSignificant(requests ?? 0)} requests/s`
}

function speedWords(result: BenchResult, point: BenchPoint): string {
  const { ttft, tpot, endToEnd } = headlineLatency(result, point)
  if (tpot.p95Ms === null || ttft.p95Ms === null)
    return endToEnd.p95Ms === null ? '' : `, E2E p95 ${formatMilliseconds(endToEnd.p95Ms)}`
  return `, TTFT p95 ${formatMilliseconds(ttft.p95Ms)}, TPOT p95 ${formatMilliseconds(tpot.p95Ms)}`
}

function verdictSentence({ verdict }: BenchPoint): string {
  const reasons = verdict.checks.filter(({ level }) => level !== 'valid').length
  switch (verdict.level) {
    case 'valid':
      return `The measurement is valid: ${plural(verdict.checks.length, 'check')} passed.`
    case 'suspect':
      return `The measurement is suspect, for ${reasons === 1 ? 'a reason' : `${reasons} reasons`}: see below.`
    case 'invalid':
      return 'The measurement is invalid: see below.'
  }
}

export function isGoodBench(result: BenchResult): boolean {
  const best = bestPoint(result)
  return best !== null && best.verdict.level === 'valid' && meets(best)
}
