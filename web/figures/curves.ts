/** What the Pareto figures show, as points in one list: predicted along curves, measured beside them. */

import { deploymentDevices } from '../../src/perf/deployment.ts'
import type { Candidate } from '../../src/plan/types.ts'
import { concurrencyOf, describeDeployment, describeLayout } from '../../src/report/describe-deployment.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsdPerMillionTokens,
  usdOfNano,
} from '../../src/report/format-number.ts'
import { describeBand, describeSpeculation, shortEngineNames } from '../../src/report/words.ts'
import type { CurveAnswer, MeasuredPoint } from '../worker/protocol.ts'

export type Quantity = 'cost' | 'throughput'

/** What stands on the upright axis of a figure. */
export interface UprightAxis {
  readonly label: string
  /** Name of the column in a saved CSV. */
  readonly column: string
  readonly tick: (value: number) => string
}

const shortTick = (value: number) => formatSignificant(value, 2).replace(/\.0+$/, '')

export const axes: Readonly<Record<Quantity, UprightAxis>> = {
  cost: {
    label: '$ per million tokens',
    column: 'usdPerMillionTokens',
    tick: value => `$${shortTick(value)}`,
  },
  throughput: {
    label: 'tokens/s per GPU, input and output',
    column: 'tokensPerSecondPerDevice',
    tick: shortTick,
  },
}

export interface CurvePoint {
  readonly series: string
  readonly kind: 'predicted' | 'measured'
  readonly x: number
  readonly y: number
  /** Ends of the 80 % band; the same as y for what was measured. */
  readonly low: number
  readonly high: number
  /** The configuration, then what it does: two lines. */
  readonly title: string
  readonly detail: string
  readonly id: string
  /** Nothing measured on the same accelerator is both faster and better; true of every predicted point. */
  readonly leading: boolean
}

/** Points of all curves, by accelerator in the order given. */
export function pointsOf(curves: readonly CurveAnswer[], quantity: Quantity): CurvePoint[] {
  return curves.flatMap(curve => {
    const front = quantity === 'cost' ? curve.costFront : curve.throughputFront
    const predicted = front.map(candidate => predictedPoint(curve.acceleratorId, candidate, quantity))
    const rate = usdPerDeviceHour(curve)
    const measured = curve.measured.flatMap((point, index) => measuredPoint(point, index, quantity, rate))
    return [...predicted.toSorted((a, b) => a.x - b.x), ...marked(measured, quantity)]
  })
}

/** By speed, with those that nothing measured beats. */
function marked(points: readonly CurvePoint[], quantity: Quantity): CurvePoint[] {
  const better = (a: CurvePoint, b: CurvePoint) => (quantity === 'cost' ? a.y < b.y : a.y > b.y)
  return points
    .map(point => ({ ...point, leading: !points.some(other => other.x > point.x && better(other, point)) }))
    .toSorted((a, b) => a.x - b.x)
}

/** What a device costs an hour in these answers, everything included: measured points are priced like predicted ones. */
function usdPerDeviceHour({ costFront }: CurveAnswer): number | null {
  const cheapest = costFront[0]
  if (cheapest === undefined) return null
  return usdOfNano(cheapest.costRate.nanoUsdPerHour) / deploymentDevices(cheapest.deployment)
}

function predictedPoint(series: string, candidate: Candidate, quantity: Quantity): CurvePoint {
  const { performance, band, cost } = candidate
  const y = quantity === 'cost' ? cost.blended : performance.totalTokensPerSecondPerDevice
  // Throughput is inverse to cost: so is its band.
  const [low, high] =
    quantity === 'cost' ? [band.cost.low, band.cost.high] : [1 / band.cost.high, 1 / band.cost.low]
  return {
    series,
    kind: 'predicted',
    x: performance.tokensPerSecondPerUser,
    y,
    low: y * low,
    high: y * high,
    title: `${describeDeployment(candidate.deployment)}, ${concurrencyOf(candidate)} in flight`,
    detail:
      `${formatUsdPerMillionTokens(cost.blended)}/Mtok (${describeBand(band.cost)}), ` +
      `${formatSignificant(performance.tokensPerSecondPerUser)} tok/s/user, ` +
      `${formatSignificant(performance.totalTokensPerSecondPerDevice)} tok/s/GPU, ` +
      `TTFT p90 ${formatMilliseconds(performance.ttft.p90Ms)}; ${candidate.basis}`,
    id: candidate.id,
    leading: true,
  }
}

function measuredPoint(
  point: MeasuredPoint,
  index: number,
  quantity: Quantity,
  usdPerHour: number | null,
): CurvePoint[] {
  const cost = usdPerHour === null ? null : (usdPerHour / (point.tokensPerSecondPerDevice * 3600)) * 1e6
  const y = quantity === 'cost' ? cost : point.tokensPerSecondPerDevice
  if (y === null) return []
  const engine = shortEngineNames[point.engine as keyof typeof shortEngineNames] ?? point.engine
  return [
    {
      series: point.acceleratorId,
      kind: 'measured',
      x: point.tokensPerSecondPerUser,
      y,
      low: y,
      high: y,
      title: `Measured${point.date ? ` ${point.date}` : ''}: ${point.devices}× ${point.acceleratorId}, ${engine}, ${point.precision}, ${point.layout}, ${point.concurrency} in flight`,
      detail:
        `${cost === null ? '' : `${formatUsdPerMillionTokens(cost)}/Mtok at the price of the curve, `}` +
        `${formatSignificant(point.tokensPerSecondPerUser)} tok/s/user, ` +
        `${formatSignificant(point.tokensPerSecondPerDevice)} tok/s/GPU, TTFT mean ${formatMilliseconds(point.ttftMs)}`,
      id: `measured-${point.acceleratorId}-${index}`,
      leading: true,
    },
  ]
}

/** Rows of the saved CSV: every point with what it stands for. */
export function curveRows(points: readonly CurvePoint[], axis: UprightAxis): (string | number)[][] {
  return [
    ['accelerator', 'kind', 'tokensPerSecondPerUser', axis.column, 'low80', 'high80', 'configuration'],
    ...points.map(point => [
      point.series,
      point.kind,
      Number(point.x.toPrecision(6)),
      Number(point.y.toPrecision(6)),
      Number(point.low.toPrecision(6)),
      Number(point.high.toPrecision(6)),
      point.title,
    ]),
  ]
}

/** `TP4 MTP×3`: for labels with little room. */
export function shortLayout({ deployment }: Candidate): string {
  const layout = describeLayout(deployment)
  return deployment.speculation ? `${layout} ${describeSpeculation(deployment.speculation)}` : layout
}
