/** A simulated run's figures as SVG. */
import { formatCount, formatUsd, usdOfNano } from './format-number.ts'
import type { Markup } from './markup.ts'
import type { SimulationReport } from './simulation-report.ts'
import { barFigure, type FigureBar } from './svg-bars.ts'

export { latencyFigure } from './simulation-figure-latency.ts'
export { timelineFigures } from './simulation-figure-timeline.ts'

/** As wide as the other figures of the page, so that text has one size. */
const barWidth = 500

/** What the bill was paid for; null when nothing was paid. */
export function billPartsFigure({ result }: SimulationReport): Markup | null {
  const { allocation } = result.bill
  if (allocation.billNanoUsd === 0n) return null
  const cached = allocation.cachedInputNanoUsd > 0n
  const parts: readonly (readonly [string, bigint])[] = [
    [cached ? 'uncached input' : 'input', allocation.uncachedInputNanoUsd],
    ...(cached ? [['cached input', allocation.cachedInputNanoUsd] as const] : []),
    ['output', allocation.outputNanoUsd],
    ['idle', allocation.idleNanoUsd],
  ]
  const bars = parts.map(([name, nanoUsd]): FigureBar => {
    const usd = usdOfNano(nanoUsd)
    return { name, value: usd, text: formatUsd(usd), highlighted: name !== 'idle' }
  })
  return barFigure(bars, {
    title: 'What the bill was paid for',
    description: bars.map(({ name, text }) => `${name} ${text}`).join(', '),
    whole: usdOfNano(allocation.billNanoUsd),
    width: barWidth,
  })
}

/** Requests that were not served, most frequent reason first; null where a sentence says as much. */
export function notServedFigure({ result }: SimulationReport): Markup | null {
  const { byReason, measured } = result.summary.requests
  const bars = Object.entries(byReason)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(
      ([reason, count]): FigureBar => ({
        name: reason === '' ? 'no reason given' : reason.replaceAll('-', ' '),
        value: count,
        text: formatCount(count),
      }),
    )
  if (bars.length < 2) return null
  return barFigure(bars, {
    title: 'Requests that were not served, by reason',
    description: bars.map(({ name, text }) => `${name} ${text}`).join(', '),
    whole: measured > 0 ? measured : null,
    width: barWidth,
  })
}
