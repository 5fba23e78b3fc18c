/**
 * From the price everybody quotes to the price everybody pays: the hourly bill split into the visible tip (devices at
 * work), what lies below the waterline (energy and extras at work, lost speed, idle hours, downtime) and what is not
 * counted at all. The rows add up to the bill to the last nano-dollar. The image is NVIDIA's "inference iceberg" of
 * 2026-04-15 (docs/models/cost.md).
 */
import { formatNanoUsd, splitByWeights, usdFromNano } from '../core/money.ts'
import { secondsPerHour, tokensPerMillion } from './power.ts'
import type { ItemisedCostRate, NanoUsd, NotCounted, Utilisation } from './types.ts'
import { billByUse } from './utilisation.ts'

export interface IcebergRow {
  readonly layer: 'tip' | 'below'
  readonly name: string
  readonly nanoUsdPerHour: NanoUsd
  /** This row's share of the blended cost per million tokens. */
  readonly usdPerMillionTokens: number
  readonly formula: string
}

export interface Iceberg {
  readonly rows: readonly IcebergRow[]
  readonly notCounted: readonly NotCounted[]
}

export function iceberg(
  rate: ItemisedCostRate,
  factors: Utilisation,
  servedTokensPerSecond: number,
): Iceberg {
  const bill = rate.nanoUsdPerHour
  const use = billByUse(bill, factors)
  const lines = rate.lines.filter(line => !line.included)
  const atWork =
    bill === 0n
      ? lines.map(() => 0n)
      : splitByWeights(
          use.workNanoUsd,
          lines.map(line => line.nanoUsdPerHour),
        )
  const served = `${percent(factors.availability)} available × ${percent(factors.demandFill)} filled`
  const row = (layer: IcebergRow['layer'], name: string, nanoUsdPerHour: NanoUsd, formula: string) => ({
    layer,
    name,
    nanoUsdPerHour,
    usdPerMillionTokens:
      usdFromNano(nanoUsdPerHour) / ((servedTokensPerSecond * secondsPerHour) / tokensPerMillion),
    formula,
  })
  const work = lines.map((line, index) =>
    row(
      line.component === 'capital' ? 'tip' : 'below',
      `${line.name}, at work`,
      atWork[index]!,
      `${formatNanoUsd(line.nanoUsdPerHour)} × ${served} × ${percent(factors.operatingPoint)} operating point`,
    ),
  )
  const losses = [
    row(
      'below',
      'operating point below peak',
      use.operatingPointNanoUsd,
      `${formatNanoUsd(bill)} × ${served} × ${percent(1 - factors.operatingPoint)} of peak given up for latency`,
    ),
    row(
      'below',
      'idle: no demand',
      use.unfilledNanoUsd,
      `${formatNanoUsd(bill)} × ${percent(factors.availability)} available × ${percent(1 - factors.demandFill)} unfilled`,
    ),
    row(
      'below',
      'idle: not available',
      use.unavailableNanoUsd,
      `${formatNanoUsd(bill)} × ${percent(1 - factors.availability)} down`,
    ),
  ]
  const tipFirst = [
    ...work.filter(entry => entry.layer === 'tip'),
    ...work.filter(entry => entry.layer !== 'tip'),
  ]
  return { rows: [...tipFirst, ...losses], notCounted: rate.notCounted }
}

/** Enough digits that a reader can recompute the row to the cent. */
const percentDigits = 6

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(percentDigits))} %`
}
