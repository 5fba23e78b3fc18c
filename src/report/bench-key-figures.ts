/** The few figures of a measurement that are looked for first, and how far to trust them in one line. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { atLoad, headlineLatency, levelWords, tellsTokens, tokenRates } from './bench-facts.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  missing,
} from './format-number.ts'
import { formatShare } from './simulation-units.ts'

/** Cost, latencies, rates, goodput, energy of a load: what is known of it. */
export function benchKeyFigures(
  result: BenchResult,
  point: BenchPoint,
): (readonly [name: string, value: string, note: string])[] {
  const { ttft, tpot, endToEnd } = headlineLatency(result, point)
  const rates = tokenRates(point)
  const rate = (value: number | null) => (value === null ? missing : formatSignificant(value))
  const { cost, transcription, energy, summary } = point
  const during = summary.steady === null ? 'whole run' : 'steady window'
  const latency = (name: string, { p50Ms, p95Ms }: typeof ttft) =>
    [`${name} p95`, formatMilliseconds(p95Ms), `median ${formatMilliseconds(p50Ms)}`] as const
  const tokens = tellsTokens(result)
  return [
    ...(transcription !== null
      ? [
          [
            'per audio hour',
            formatUsd(transcription.usdPerAudioHour),
            `${formatSignificant(transcription.realTimeFactorThroughput)} h of audio per h`,
          ] as const,
        ]
      : cost === null
        ? []
        : [
            [
              'per Mtok',
              formatUsdPerMillionTokens(cost.perMillionTokens.blended),
              `${formatUsd(cost.usdPerHour)}/h`,
            ] as const,
          ]),
    ...(tokens ? [latency('TTFT', ttft), latency('TPOT', tpot)] : [latency('E2E', endToEnd)]),
    ['requests/s', rate(rates.requests), during],
    ...(tokens ? [['output tok/s', rate(rates.output), `${rate(rates.total)} with input`] as const] : []),
    ...(result.objectives.length === 0 || summary.goodput.share === null
      ? []
      : [['goodput', formatShare(summary.goodput.share), 'requests within limits'] as const]),
    ...(energy === null || energy.joulesPerOutputToken === null || !tokens
      ? []
      : [['energy', `${rate(energy.joulesPerOutputToken)} J`, 'per output token'] as const]),
  ]
}

/** What the box of the best load says, and of how many others it is silent. */
export function verdictWords(result: BenchResult, point: BenchPoint): string {
  const { level, checks } = point.verdict
  const passed = checks.filter(check => check.level === 'valid').length
  const own = `${passed} of ${checks.length} checks passed${atLoad(result, point)}`
  const doubtful = result.points.filter(other => other !== point && other.verdict.level !== 'valid')
  const others =
    doubtful.length === 0
      ? ''
      : `; ${doubtful.map(({ load, verdict }) => `${load.name} is ${verdict.level}`).join(', ')}`
  return `${level === 'valid' ? '' : `${levelWords[level]}; `}${own}${others}`
}
