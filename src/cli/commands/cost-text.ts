/** The answer of `tokenwright cost` for people: each printed dollar with the formula that leads to it. */
import { formatNanoUsd, type NanoUsd, usdFromNano } from '../../core/money.ts'
import type { NotCounted } from '../../cost/index.ts'
import {
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  formatWatts,
} from '../../report/format-number.ts'
import { renderTable, type TableColumn } from '../../report/text-table.ts'
import { describeCost, powerBasisNames } from '../../report/words.ts'
import type { CostAnswer } from './cost-answer.ts'

const indent = '  '
/** What no --extra can stand for. */
const notBought: readonly NotCounted['component'][] = ['carbon', 'idle', 'availability']
const extraHint = `${indent}An extra named like one of these counts it, e.g. --extra "operations=3/h".`

export function costText(answer: CostAnswer): string {
  return [headline(answer), classes(answer), bill(answer), waterline(answer), perWatt(answer), notes(answer)]
    .filter(part => part !== '')
    .join('\n\n')
}

function headline({ hourly, rate }: CostAnswer): string {
  const { blended, perOutputToken } = hourly.perMillionTokens
  const speed = tokens(hourly.servedTokensPerSecondTotal)
  const perOutput =
    perOutputToken === null || perOutputToken === blended
      ? ''
      : `\n${indent}per output token alone: ${formatUsdPerMillionTokens(perOutputToken)} per million`
  return (
    `${describeCost(blended)} per million tokens, blended\n` +
    `${indent}= ${formatNanoUsd(rate.nanoUsdPerHour)}/h × 1,000,000 ÷ (${speed} tokens/s × 3,600 s)${perOutput}`
  )
}

function classes({ hourly, question }: CostAnswer): string {
  const { perMillionTokens: cost, servedTokensPerSecond: served, allocation } = hourly
  const row = (name: string, nanoUsd: NanoUsd, speed: number | null, price: number | null): string[] => [
    name,
    formatUsd(usdFromNano(nanoUsd)),
    share(nanoUsd, allocation.billNanoUsd),
    speed === null ? '' : tokens(speed),
    formatUsdPerMillionTokens(price),
  ]
  const rows = [
    ...(served.uncachedInput > 0
      ? [row('uncached input', allocation.uncachedInputNanoUsd, served.uncachedInput, cost.uncachedInput)]
      : []),
    ...(served.cachedInput > 0
      ? [row('cached input', allocation.cachedInputNanoUsd, served.cachedInput, cost.cachedInput)]
      : []),
    row('output', allocation.outputNanoUsd, served.output, cost.output),
    row('idle', allocation.idleNanoUsd, null, cost.idle),
    row('bill', allocation.billNanoUsd, hourly.servedTokensPerSecondTotal, cost.blended),
  ]
  const right = (header: string): TableColumn => ({ header, align: 'right' })
  return section(
    'By token class ($/Mtok = $/h × 1e6 ÷ (tokens/s × 3600); idle and bill over all tokens)',
    renderTable(
      [{ header: 'class' }, right('$/h'), right('share'), right('tokens/s served'), right('$/Mtok')],
      rows,
      { indent },
    ),
    `${indent}allocation: ${question.allocation.statement}`,
    `${indent}utilisation: ${question.utilisation.statement}`,
  )
}

function bill({ rate }: CostAnswer): string {
  const rows = rate.lines.map(line => [line.name, formatNanoUsd(line.nanoUsdPerHour), line.formula])
  return section(
    `Bill: ${formatNanoUsd(rate.nanoUsdPerHour)} per hour`,
    renderTable([{ header: 'line' }, { header: '$/h', align: 'right' }, { header: 'formula' }], rows, {
      indent,
    }),
  )
}

function waterline({ iceberg, rate }: CostAnswer): string {
  const rows = (layer: 'tip' | 'below') =>
    iceberg.rows
      .filter(row => row.layer === layer && (layer === 'tip' || row.nanoUsdPerHour !== 0n))
      .map(row => [
        row.name,
        formatUsd(usdFromNano(row.nanoUsdPerHour)),
        share(row.nanoUsdPerHour, rate.nanoUsdPerHour),
        formatUsdPerMillionTokens(row.usdPerMillionTokens),
        row.formula,
      ])
  const label = (text: string) => [text, '', '', '', '']
  const table = renderTable(
    [
      { header: 'layer' },
      { header: '$/h', align: 'right' },
      { header: 'share', align: 'right' },
      { header: '$/Mtok', align: 'right' },
      { header: 'formula' },
    ],
    [...rows('tip'), label('~~~ waterline ~~~'), ...rows('below')],
    { indent },
  )
  const missing = iceberg.notCounted.map(({ component, reason }) => `${indent}${component}: ${reason}`)
  return section(
    'Iceberg (rows add up to the bill)',
    table,
    missing.length === 0 ? `${indent}NOT counted: nothing known to be missing` : `${indent}NOT counted:`,
    ...missing.map(line => indent + line),
    ...(iceberg.notCounted.some(entry => !notBought.includes(entry.component)) ? [extraHint] : []),
  )
}

function perWatt({ perWatt, question, carbonGramsPerMillionTokens: carbon, rate }: CostAnswer): string {
  const lines = perWatt.map(
    entry =>
      `${indent}${powerBasisNames[entry.basis]}, ${formatWatts(entry.watts)}: ` +
      `${tokens(entry.tokensPerSecondPerMegawatt)} tokens/s/MW, ${formatSignificant(entry.joulesPerToken)} J/token` +
      (entry.joulesPerToken === entry.joulesPerOutputToken
        ? ''
        : ` (output only: ${tokens(entry.outputTokensPerSecondPerMegawatt)}, ${formatSignificant(entry.joulesPerOutputToken)})`),
  )
  if (carbon !== null && rate.carbonGramsPerHour !== null && question.rateInput.itWatts !== null) {
    const kilowatts = formatSignificant(question.rateInput.itWatts / 1000)
    lines.push(
      `${indent}carbon: ${formatSignificant(carbon)} g CO2e per million tokens = ${kilowatts} kW IT × ${question.rateInput.pue} PUE × ` +
        `${question.rateInput.carbonGramsPerKilowattHour} g/kWh ÷ million tokens/h`,
    )
  }
  if (lines.length === 0) return ''
  return section(`Power (served tokens/s ÷ watts; ${question.pueStatement})`, ...lines)
}

function notes({ question }: CostAnswer): string {
  return question.notes.length === 0
    ? ''
    : section('Notes', ...question.notes.map(note => `${indent}${note}`))
}

function section(title: string, ...lines: readonly string[]): string {
  return [title, ...lines].join('\n')
}

const speedDigits = 6

/** As many digits as a reader needs to recompute the dollars beside it. */
function tokens(perSecond: number): string {
  return perSecond.toLocaleString('en-US', { maximumSignificantDigits: speedDigits })
}

function share(part: NanoUsd, whole: NanoUsd): string {
  return whole === 0n ? '' : formatPercent(Number(part) / Number(whole))
}
