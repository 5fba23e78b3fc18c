/** Advice for the terminal: what it cost, what would have been cheaper, regret, the twin, and what was not answered. */
import type { AdviceReport, UsdBand } from '../gateway/advise/index.ts'
import { wrapText } from './display-width.ts'
import {
  formatBillUsd,
  formatCount,
  formatLarge,
  formatMilliseconds,
  formatPercent,
  formatUsd,
  formatUsdPerMillionTokens,
  missing,
} from './format-number.ts'
import { printable } from './printable.ts'
import { renderPairs, section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable, type TableColumn } from './text-table.ts'

export interface AdviceWindowText {
  /** Of the ledger. */
  readonly name: string
  readonly from: string
  readonly to: string
  readonly minute: (atMs: number) => string
}

export function renderAdvice(
  report: AdviceReport,
  window: AdviceWindowText,
  width: number,
  style: TextStyle,
): string {
  const heading = `${style.strong('Advice')} on ${printable(window.name)}, ${window.from} to ${window.to}`
  if (report.requests === 0 && report.spend.lines.length === 0)
    return `${heading}\n\nNothing was used or billed in this time.\n`
  const parts = [
    heading,
    section('What it cost', spendTable(report, width), style),
    section('What would have been cheaper', adviceList(report, width, style), style),
    section('From how many tokens a day a deployment pays', breakEvenTable(report, width), style),
    section('Regret of routing', regretText(report, width), style),
    section('Its busiest stretch in the twin', replayText(report, window, width), style),
    section(
      'Not answered',
      report.refusals.length === 0
        ? ''
        : renderPairs(
            report.refusals.map(({ subject, why }) => [printable(subject), printable(why)] as const),
            width,
          ),
      style,
    ),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

const right = (header: string): TableColumn => ({ header, align: 'right' })

function spendTable({ spend, coveredHours, requests }: AdviceReport, width: number): string {
  const rows = spend.lines.map(line => [
    printable(line.target),
    line.kind,
    formatCount(line.requests),
    formatCount(line.tokens),
    formatBillUsd(line.totalNanoUsd),
    formatUsdPerMillionTokens(line.usdPerMillionTokens),
    line.kind === 'offer' ? missing : formatPercent(line.idleShare),
  ])
  const idle = spend.totalNanoUsd === 0n ? 0 : Number(spend.idleNanoUsd) / Number(spend.totalNanoUsd)
  const total = [
    'total',
    '',
    formatCount(requests),
    formatCount(spend.tokens),
    formatBillUsd(spend.totalNanoUsd),
    spend.tokens === 0n
      ? missing
      : formatUsdPerMillionTokens(Number(spend.totalNanoUsd) / Number(spend.tokens) / 1000),
    formatPercent(idle),
  ]
  const table = renderTable(
    [{ header: 'served by' }, { header: '' }, ...['requests', 'tokens', '$', '$/M', 'idle'].map(right)],
    [...rows, total],
    { indent: '  ', maximumWidth: width },
  )
  const open =
    spend.openNanoUsd > 0n ? `; $${formatBillUsd(spend.openNanoUsd)} more in intervals that are open` : ''
  return `${table}\n  ${formatCount(Math.round(coveredHours))} h have traffic or bills${open}`
}

function adviceList({ advice }: AdviceReport, width: number, style: TextStyle): string {
  if (advice.length === 0) return '  Nothing that the data shows.'
  const blocks = advice.map(({ what, perMonth, latency, assumes, sample }, index) => {
    const title = wrapText(`${band(perMonth)} a month: ${printable(what)}`, width - 6)
    const pairs = [
      ['latency', latency],
      ['if', assumes],
      ['from', `${formatCount(sample.requests)} requests, ${formatCount(Math.round(sample.hours))} h`],
    ] as const
    const number = `${index + 1}.`.padEnd(4)
    return [
      ...title.map((line, at) => `  ${at === 0 ? number : '    '}${style.strong(line)}`),
      ...renderPairs(pairs, width - 4)
        .split('\n')
        .map(line => `    ${line}`),
    ].join('\n')
  })
  return `${blocks.join('\n')}\n  Each by itself: several may save the same dollars.`
}

/** $120 ($80 to $160). */
function band({ low, expected, high }: UsdBand): string {
  return low === high
    ? formatUsd(expected)
    : `${formatUsd(expected)} (${formatUsd(low)} to ${formatUsd(high)})`
}

function breakEvenTable({ breakEvens }: AdviceReport, width: number): string {
  if (breakEvens.length === 0) return ''
  return renderTable(
    [
      { header: 'deployment' },
      right('$/day'),
      right('tokens/day'),
      { header: 'against' },
      right('$/M there'),
      right('pays from tokens/day'),
      right('it can serve'),
    ],
    breakEvens.map(line => [
      printable(line.deployment),
      formatUsd(line.usdPerDay),
      formatLarge(line.tokensPerDay),
      printable(line.offer),
      formatUsdPerMillionTokens(line.apiUsdPerMillionTokens),
      formatLarge(line.breakEvenTokensPerDay),
      Number.isFinite(line.capacityTokensPerDay) ? formatLarge(line.capacityTokensPerDay) : missing,
    ]),
    { indent: '  ', maximumWidth: width },
  )
}

function regretText({ regret }: AdviceReport, width: number): string {
  if (regret === null) return ''
  const { decisions, isSampled, regretted, regretNanoUsd, pickedNanoUsd, perMonth, instead } = regret
  const share = pickedNanoUsd === 0n ? 0 : Number(regretNanoUsd) / Number(pickedNanoUsd)
  const of = `${formatCount(decisions)} ${isSampled ? 'sampled decisions' : 'decisions'}`
  const pairs: (readonly [string, string])[] = [
    [
      'regret',
      `$${formatBillUsd(regretNanoUsd)} of $${formatBillUsd(pickedNanoUsd)} (${formatPercent(share)}): of ${of}, ` +
        `${formatCount(regretted)} had a cheaper candidate that was fast enough` +
        (perMonth === null ? '' : `; ${band(perMonth)} a month`),
    ],
    ...instead
      .slice(0, 3)
      .map(
        ({ name, decisions: count, nanoUsd }) =>
          ['instead', `${printable(name)}: ${formatCount(count)}, $${formatBillUsd(nanoUsd)}`] as const,
      ),
  ]
  if (regret.priceError !== null)
    pairs.push(['prices', `predicted within ${formatPercent(regret.priceError)} of what they came to`])
  return renderPairs(pairs, width)
}

function replayText({ replay }: AdviceReport, window: AdviceWindowText, width: number): string {
  if (replay === null) return ''
  const busy = (shares: Readonly<Record<string, number>>) =>
    Object.entries(shares)
      .map(([name, share]) => `${printable(name)} ${formatPercent(share)}`)
      .join(', ')
  const figures = (outcome: (typeof replay.policies)[number] | (typeof replay.sizes)[number]) => [
    formatPercent(outcome.goodput),
    formatMilliseconds(outcome.ttftP50Ms),
    formatMilliseconds(outcome.ttftP95Ms),
    busy(outcome.busyShares),
  ]
  const columns = [right('goodput'), right('TTFT p50'), right('p95'), { header: 'busy' }]
  const policies = renderTable(
    [{ header: 'policy' }, ...columns],
    replay.policies.map(outcome => [
      `${outcome.policy}${outcome.isPresent ? ' (today)' : ''}`,
      ...figures(outcome),
    ]),
    { indent: '  ', maximumWidth: width },
  )
  const sizes = renderTable(
    [{ header: `replicas, behind ${replay.bestPolicy}` }, right('saves a month'), ...columns],
    replay.sizes.map(outcome => [
      Object.entries(outcome.replicas)
        .map(([name, count]) => `${count} ${printable(name)}`)
        .join(', '),
      formatUsd(outcome.savedUsdPerMonth),
      ...figures(outcome),
    ]),
    { indent: '  ', maximumWidth: width },
  )
  const traffic = `  ${formatCount(replay.requests)} requests in ${replay.hours.toFixed(1)} h from ${window.minute(replay.fromMs)}; as much cached wherever they go`
  return `${traffic}\n${policies}\n\n${sizes}`
}
