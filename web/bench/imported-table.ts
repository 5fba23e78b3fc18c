/** Loads of another tool's result, by its own figures. */
import type { ImportedRun } from '../../src/measure/interop/imported-run.ts'
import {
  formatCount,
  formatMilliseconds,
  formatSignificant,
  formatUsdPerMillionTokens,
  missing,
} from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'

const right = { align: 'right' } as const
const shown = [
  ['TTFT', 'ttft'],
  ['TPOT', 'tpot'],
  ['E2E', 'e2e'],
] as const

export function importedTable(runs: readonly ImportedRun[]): Table {
  return {
    columns: [
      { header: 'load' },
      { header: 'served', ...right },
      { header: 'failed', ...right },
      ...shown.flatMap(([name]) => [
        { header: `${name} p50`, ...right },
        { header: `${name} p95`, ...right },
      ]),
      { header: 'out tok/s', ...right },
      { header: '$/Mtok', ...right },
    ],
    rows: runs.map(({ load, counts, latency, rates, money }) => [
      load.name,
      count(counts.served),
      count(counts.failed),
      ...shown.flatMap(([, metric]) => {
        const figures = latency.service[metric]
        return [formatMilliseconds(figures?.p50Ms ?? null), formatMilliseconds(figures?.p95Ms ?? null)]
      }),
      rates.outputTokensPerSecond === null ? missing : formatSignificant(rates.outputTokensPerSecond),
      formatUsdPerMillionTokens(money.usdPerMillionTokens),
    ]),
  }
}

function count(value: number | null): string {
  return value === null ? missing : formatCount(value)
}
