/** What measured tokens cost in dollars and joules, and what a plan had said, as rows of words. */
import type { BenchPoint } from '../measure/bench-result.ts'
import type { PredictionRow } from '../measure/prediction-check.ts'
import {
  formatLarge,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  formatWatts,
  missing,
  plural,
} from './format-number.ts'
import type { Pair, Table } from './plan-facts.ts'
import { formatEnergy, seconds } from './simulation-units.ts'
import { type TokenPriceRow, tokenPriceTable } from './token-price-table.ts'
import { powerBasisNames } from './words.ts'

const right = { align: 'right' } as const
const nothing: Table = { columns: [], rows: [] }

/** Hardware, its price, and what the bill leaves out. */
export function benchCostPairs({ cost }: BenchPoint): Pair[] {
  if (cost === null) return []
  return [
    ['hardware', `${cost.hardware}, ${formatUsd(cost.usdPerHour)}/h (${cost.priceSource})`],
    ...(cost.usdPerRequest === null ? [] : [['per request', formatUsd(cost.usdPerRequest)] as const]),
    ['shared out by', cost.allocationBasis],
    ...(cost.notCounted.length === 0 ? [] : [['not counted', cost.notCounted.join('; ')] as const]),
  ]
}

/** What the measured tokens cost, by class and by use. Empty for speech, whose dollars are per hour of audio. */
export function benchCostTable({ cost, transcription }: BenchPoint): Table {
  if (cost === null || transcription !== null) return nothing
  const { perMillionTokens: price, allocation } = cost
  const bill = Number(allocation.billNanoUsd)
  const share = (nanoUsd: string) => (bill === 0 ? '' : formatPercent(Number(nanoUsd) / bill))
  const method = `by ${cost.allocationMethod.replaceAll('-', ' ')}`
  const rows: readonly TokenPriceRow[] = [
    ['all tokens', price.blended, '100 %', 'bill ÷ all tokens'],
    [
      price.cachedInput === null ? 'input' : 'uncached input',
      price.uncachedInput,
      share(allocation.uncachedInputNanoUsd),
      method,
    ],
    ...(price.cachedInput === null
      ? []
      : [['cached input', price.cachedInput, share(allocation.cachedInputNanoUsd), method] as const]),
    ['output', price.output, share(allocation.outputNanoUsd), method],
    ...(allocation.idleNanoUsd === '0'
      ? []
      : [['idle, in all tokens', price.idle, share(allocation.idleNanoUsd), 'paid for, not used'] as const]),
    ['per output token', price.perOutputToken, '', 'bill ÷ output tokens only'],
    ...(cost.usdPerMillionGoodTokens === null
      ? []
      : [
          [
            'within every limit',
            cost.usdPerMillionGoodTokens,
            '',
            'bill ÷ tokens within every limit',
          ] as const,
        ]),
    ...cost.byLoadFactor
      .filter(({ loadFactor }) => loadFactor < 1)
      .map(
        ({ loadFactor, usdPerMillionTokens }) =>
          [
            `at ${formatPercent(loadFactor)} of this load`,
            usdPerMillionTokens,
            '',
            'the rest of the time idle',
          ] as const,
      ),
  ]
  return tokenPriceTable(rows)
}

/** From which use on owning is cheaper than buying the same tokens. */
export function breakEvenTable({ cost, transcription }: BenchPoint): Table {
  if (cost === null || transcription !== null || cost.breakEven.length === 0) return nothing
  return {
    columns: [
      { header: 'the same tokens from' },
      { header: '$/Mtok', ...right },
      { header: 'owning is cheaper from' },
    ],
    rows: cost.breakEven.map(({ provider, model, usdPerMillionTokens, breakEvenLoadFactor: factor }) => [
      `${provider}, ${model}`,
      formatUsdPerMillionTokens(usdPerMillionTokens),
      factor === null || factor > 1 ? 'no load up to this one' : `${formatPercent(factor)} of this load`,
    ]),
  }
}

/** The plan's prediction beside what was measured. */
export function predictionTable({ prediction }: BenchPoint): Table {
  if (prediction === null) return nothing
  return {
    columns: [
      { header: '' },
      { header: 'predicted', ...right },
      { header: 'measured', ...right },
      { header: '80 % band' },
    ],
    rows: prediction.rows.map(({ name, unit, predicted, measured, low, high, inside }) => [
      name === 'usd per million tokens' ? '$ per million tokens' : name,
      predictedFigure(unit, predicted),
      predictedFigure(unit, measured),
      low === null || high === null
        ? ''
        : `${predictedFigure(unit, low)} to ${predictedFigure(unit, high)}${inside === null ? '' : inside ? ', inside' : ', outside'}`,
    ]),
  }
}

/** A figure of a prediction, or of what was measured beside it. */
export function predictedFigure(unit: PredictionRow['unit'], value: number | null): string {
  if (value === null) return missing
  switch (unit) {
    case 'ms':
      return formatMilliseconds(value)
    case 'USD':
      return formatUsdPerMillionTokens(value)
    default:
      return formatSignificant(value)
  }
}

export function energyPairs({ energy }: BenchPoint): Pair[] {
  if (energy === null) return []
  const { joulesPerOutputToken, tokensPerSecondPerMegawatt, usdPerMillionTokens, disagreement } = energy
  const perToken = [
    ...(joulesPerOutputToken === null
      ? []
      : [`${formatSignificant(joulesPerOutputToken)} J per output token`]),
    ...(tokensPerSecondPerMegawatt === null
      ? []
      : [`${formatLarge(tokensPerSecondPerMegawatt)} tokens/s per MW`]),
    ...(usdPerMillionTokens === null
      ? []
      : [`${formatUsdPerMillionTokens(usdPerMillionTokens)} per million tokens`]),
  ]
  const pairs: Pair[] = [
    [
      'energy',
      `${formatEnergy(energy.joules)} in ${seconds(energy.seconds)} over ${plural(energy.devices, 'device')}, ` +
        `${formatWatts(energy.meanWatts)} (${powerBasisNames[energy.powerBasis]}, ${energy.source})`,
    ],
  ]
  if (perToken.length > 0) pairs.push(['per token', perToken.join('; ')])
  if (disagreement !== null)
    pairs.push([
      'meters',
      `energy counters and integrated power differ by ${formatPercent(Math.abs(disagreement))}`,
    ])
  for (const warning of energy.warnings) pairs.push(['warning', warning])
  return pairs
}
