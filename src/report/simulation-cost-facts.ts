/** What a simulated run cost, and how it compares with the prediction, as rows of words. */
import {
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsd,
  missing,
  usdOfNano,
} from './format-number.ts'
import type { Table } from './plan-facts.ts'
import { formatBillParts } from './simulation-bill-parts.ts'
import type { Comparison, ComparisonRow, SimulationReport } from './simulation-report.ts'
import { formatEnergy, seconds } from './simulation-units.ts'
import { type TokenPriceRow, tokenPriceTable } from './token-price-table.ts'

const right = { align: 'right' } as const

/** What was paid, line by line; lines add up to the total as they are printed. */
export function runBillTable({ result, fleet, prices }: SimulationReport): Table {
  const { bill, pools } = result
  const amounts = formatBillParts(bill.lines.map(({ nanoUsd }) => nanoUsd))
  const pool = (name: string) => pools.find(entry => entry.name === name)
  const how = (name: string, component: 'replicas' | 'energy') => {
    const used = pool(name)
    const facts = fleet.pools.find(entry => entry.name === name)
    if (used === undefined || facts === undefined) return ''
    if (component === 'replicas')
      return `${seconds(used.replicaSeconds)} of replicas at ${formatUsd(facts.usdPerReplicaHour)}/h each`
    const energy = prices.find(({ acceleratorId }) => acceleratorId === facts.acceleratorId)?.energy
    return energy == null
      ? ''
      : `${formatEnergy(used.joules)} × PUE ${formatSignificant(energy.pue)} × ` +
          `$${formatSignificant(energy.usdPerKilowattHour)}/kWh (${energy.region})`
  }
  return {
    columns: [{ header: 'bill of the run' }, { header: '$', ...right }, { header: 'how' }],
    rows: [
      ...bill.lines.map(({ pool: name, component }, index) => [
        pools.length === 1 ? component : `${name} ${component}`,
        amounts.parts[index]!,
        how(name, component),
      ]),
      ...(bill.lines.length === 1 ? [] : [['total', amounts.total, '']]),
    ],
  }
}

/** What a token of each class came to, and which part of the bill it is. */
export function tokenCostTable(report: SimulationReport): Table {
  const { bill, summary } = report.result
  const { perMillionTokens: cost, allocation } = bill
  if (cost === null) return { columns: [], rows: [] }
  const share = (nanoUsd: bigint) =>
    allocation.billNanoUsd === 0n ? '' : formatPercent(usdOfNano(nanoUsd) / usdOfNano(allocation.billNanoUsd))
  const cached = summary.wholeRun.cachedInputTokens > 0
  const rows: readonly TokenPriceRow[] = [
    ['all tokens', cost.blended, '100 %', 'whole bill ÷ all tokens served'],
    ...(report.steadyUsdPerMillionTokens === null
      ? []
      : [
          [
            'all tokens, steady',
            report.steadyUsdPerMillionTokens,
            '',
            'filling and emptying left out',
          ] as const,
        ]),
    [
      cached ? 'uncached input' : 'input',
      cost.uncachedInput,
      share(allocation.uncachedInputNanoUsd),
      'by engine time',
    ],
    ...(cached
      ? [['cached input', cost.cachedInput, share(allocation.cachedInputNanoUsd), 'by engine time'] as const]
      : []),
    ['output', cost.output, share(allocation.outputNanoUsd), 'by engine time'],
    ['idle, in all tokens', cost.idle, share(allocation.idleNanoUsd), 'paid for, no step ran'],
    ['per output token', cost.perOutputToken, '', 'whole bill ÷ output tokens only'],
    ...(report.objectives.length === 0
      ? []
      : [
          [
            'within every limit',
            bill.usdPerMillionGoodTokens,
            '',
            'whole bill ÷ tokens of requests that met every objective',
          ] as const,
        ]),
  ]
  return tokenPriceTable(rows)
}

const comparedNames: Readonly<Record<ComparisonRow['quantity'], string>> = {
  ttftMeanMs: 'TTFT mean',
  tpotMeanMs: 'TPOT mean',
  requestsPerSecond: 'requests/s',
  acceleratorWatts: 'watts, boards',
  usdPerMillionTokens: '$ per million tokens',
}

/** The analytic answer beside what was simulated. */
export function comparisonTable({ comparison }: SimulationReport): Table {
  if (comparison === null) return { columns: [], rows: [] }
  const banded = comparison.rows.some(({ band }) => band !== null)
  const format = (quantity: ComparisonRow['quantity'], value: number) =>
    quantity === 'ttftMeanMs' || quantity === 'tpotMeanMs'
      ? formatMilliseconds(value)
      : formatSignificant(value)
  return {
    columns: [
      { header: '' },
      { header: comparison.source === 'file' ? 'planned' : 'analytic', ...right },
      { header: 'simulated', ...right },
      { header: 'difference', ...right },
      ...(banded ? [{ header: '80 % band of the plan' }] : []),
    ],
    rows: comparison.rows.map(({ quantity, predicted, simulated, band }) => [
      comparedNames[quantity],
      format(quantity, predicted),
      format(quantity, simulated),
      predicted > 0 ? difference(simulated / predicted) : missing,
      ...(banded
        ? [
            band === null
              ? ''
              : `${format(quantity, predicted * band.low)} to ${format(quantity, predicted * band.high)}` +
                (simulated < predicted * band.low || simulated > predicted * band.high ? ', outside' : ''),
          ]
        : []),
    ]),
  }
}

export function comparisonSource({ source }: Comparison): string {
  return source === 'file'
    ? 'Beside what the plan says of this deployment and load'
    : 'Beside the analytic model, asked about the same deployment and load'
}

/** Beyond ten times, per cent say nothing. */
function difference(ratio: number): string {
  if (ratio >= 10) return `${formatSignificant(ratio)} times`
  const share = ratio - 1
  const percent = Math.abs(share * 100)
  return `${share < 0 ? '−' : '+'}${percent.toFixed(percent < 9.95 ? 1 : 0)} %`
}
