/** By what sides are compared: how many tokens a dollar buys, a megawatt carries, or one GPU makes in a second. */
import type { Candidate, ErrorBand } from '../../src/plan/types.ts'
import { formatLarge, formatSignificant, formatUsdPerMillionTokens } from '../../src/report/format-number.ts'
import type { UprightAxis } from '../figures/curves.ts'
import type { CurveAnswer } from '../worker/protocol.ts'

export const quantityNames = ['dollar', 'megawatt', 'device'] as const
export type QuantityName = (typeof quantityNames)[number]

export interface Quantity {
  /** What the ratio is of: "tokens per dollar". */
  readonly name: string
  readonly axis: UprightAxis
  /** Deployments to choose from at a speed. */
  readonly candidates: (curve: CurveAnswer) => readonly Candidate[]
  /** More is better. */
  readonly value: (candidate: Candidate) => number
  /** Of the value, relative, with 80 % confidence. */
  readonly band: (candidate: Candidate) => ErrorBand
  /** Columns of a table, and their cells for a value. */
  readonly headers: readonly string[]
  readonly cells: (value: number) => readonly string[]
  /** The same in a sentence. */
  readonly text: (value: number) => string
}

const tick = (value: number) => `${formatSignificant(value, 2).replace(/\.0+$/, '')}×`

/** Throughput is inverse to cost, at one price: so is its band. Watts are taken as predicted. */
const throughputBand = ({ band }: Candidate): ErrorBand => ({
  low: 1 / band.cost.high,
  high: 1 / band.cost.low,
})

export const quantities: Readonly<Record<QuantityName, Quantity>> = {
  dollar: {
    name: 'tokens per dollar',
    axis: { label: 'times as many tokens per dollar', column: 'ratio', tick },
    candidates: curve => curve.costFront,
    value: ({ cost }) => 1e6 / cost.blended,
    band: throughputBand,
    headers: ['$/Mtok'],
    cells: value => [formatUsdPerMillionTokens(1e6 / value)],
    text: value => `${formatUsdPerMillionTokens(1e6 / value)}/Mtok`,
  },
  megawatt: {
    name: 'tokens per megawatt',
    axis: { label: 'times as many tokens/s per MW', column: 'ratio', tick },
    // Neither front is of watts: what leads in watts is looked for among what leads in cost or in throughput.
    candidates: ({ costFront, throughputFront }) => [...costFront, ...throughputFront],
    value: candidate => candidate.tokensPerSecondPerMegawatt,
    band: throughputBand,
    headers: ['tok/s/MW', 'J/token'],
    cells: value => [formatLarge(value), formatSignificant(1e6 / value, 2)],
    text: value => `${formatLarge(value)} tok/s per MW (${formatSignificant(1e6 / value, 2)} J/token)`,
  },
  device: {
    name: 'tokens/s per GPU',
    axis: { label: 'times as many tokens/s per GPU', column: 'ratio', tick },
    candidates: curve => curve.throughputFront,
    value: ({ performance }) => performance.totalTokensPerSecondPerDevice,
    band: throughputBand,
    headers: ['tok/s/GPU'],
    cells: value => [formatSignificant(value)],
    text: value => `${formatSignificant(value)} tok/s/GPU`,
  },
}

export function quantityOf(name: string | undefined): QuantityName {
  return quantityNames.find(known => known === name) ?? 'dollar'
}
