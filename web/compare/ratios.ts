/**
 * Two sides at equal interactivity: how many times as much one gets out of a dollar, a megawatt or a GPU as the other, along their
 * Pareto fronts. Between points of a front the logarithm is read off a straight line.
 */
import type { Candidate } from '../../src/plan/types.ts'
import { describeDeployment } from '../../src/report/describe-deployment.ts'
import { formatSignificant } from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'
import type { CurvePoint } from '../figures/curves.ts'
import type { CurveAnswer } from '../worker/protocol.ts'
import type { Quantity } from './quantities.ts'

/** What one side can do: deployments that nothing of it beats in both speed and value, slowest first. */
export interface SideFront {
  readonly name: string
  /** Its model, where sides serve different ones. */
  readonly model: string | null
  readonly front: readonly FrontPoint[]
}

interface FrontPoint {
  readonly speed: number
  readonly value: number
  readonly candidate: Candidate
}

interface ValueAt {
  readonly value: number
  /** The point of the front that is at least as fast: what one would run. */
  readonly candidate: Candidate
}

export interface RatioAt {
  readonly speed: number
  readonly ratio: number
  readonly low: number
  readonly high: number
  readonly baseline: ValueAt
  readonly other: ValueAt
}

export function sideFront(curve: CurveAnswer, quantity: Quantity, model: string | null = null): SideFront {
  const points = quantity
    .candidates(curve)
    .map(candidate => ({
      speed: candidate.performance.tokensPerSecondPerUser,
      value: quantity.value(candidate),
      candidate,
    }))
    .sort((a, b) => b.speed - a.speed || b.value - a.value)
  let most = 0
  const front = points.filter(({ value }) => {
    const leads = value > most
    most = Math.max(most, value)
    return leads
  })
  return { name: curve.acceleratorId, model, front: front.reverse() }
}

/** Null beyond what the front reaches. */
export function valueAt({ front }: SideFront, speed: number): ValueAt | null {
  const index = front.findIndex(point => point.speed >= speed)
  const next = front[index]
  if (next === undefined) return null
  const before = front[index - 1]
  // Slower than the front's slow end: that end is the best there is.
  if (before === undefined) return { value: next.value, candidate: next.candidate }
  const share = (speed - before.speed) / (next.speed - before.speed)
  const logarithm = (1 - share) * Math.log(before.value) + share * Math.log(next.value)
  return { value: Math.exp(logarithm), candidate: next.candidate }
}

export function ratioAt(
  baseline: SideFront,
  other: SideFront,
  quantity: Quantity,
  speed: number,
): RatioAt | null {
  const [a, b] = [valueAt(baseline, speed), valueAt(other, speed)]
  if (a === null || b === null) return null
  const ratio = b.value / a.value
  const [bandA, bandB] = [quantity.band(a.candidate), quantity.band(b.candidate)]
  // Errors of two predictions, taken as independent: logarithms add in quadrature.
  const low = Math.exp(-Math.hypot(Math.log(bandB.low), Math.log(bandA.high)))
  const high = Math.exp(Math.hypot(Math.log(bandB.high), Math.log(bandA.low)))
  return { speed, ratio, low: ratio * low, high: ratio * high, baseline: a, other: b }
}

const samples = 60

export function ratioPoints(
  baseline: SideFront,
  others: readonly SideFront[],
  quantity: Quantity,
): CurvePoint[] {
  return others.flatMap(other => {
    const farthest = Math.min(farthestSpeed(baseline), farthestSpeed(other))
    if (!(farthest > 0)) return []
    return Array.from({ length: samples }, (_, index) => (farthest * (index + 1)) / samples).flatMap(
      (speed): CurvePoint[] => {
        const at = ratioAt(baseline, other, quantity, speed)
        return at === null ? [] : [pointOf(baseline, other, at, quantity)]
      },
    )
  })
}

export function farthestSpeed({ front }: SideFront): number {
  return front.at(-1)?.speed ?? 0
}

function pointOf(baseline: SideFront, other: SideFront, at: RatioAt, quantity: Quantity): CurvePoint {
  return {
    series: other.name,
    kind: 'predicted',
    x: at.speed,
    y: at.ratio,
    low: at.low,
    high: at.high,
    title: `${formatSignificant(at.ratio, 2)}× the ${quantity.name} at ${formatSignificant(at.speed)} tok/s/user (80 %: ${formatSignificant(at.low, 2)} to ${formatSignificant(at.high, 2)}×)`,
    detail:
      `${quantity.text(at.other.value)} with ${configured(other, at.other)}, ` +
      `against ${quantity.text(at.baseline.value)} with ${configured(baseline, at.baseline)}`,
    id: `${other.name}-${at.speed}`,
    leading: true,
  }
}

function configured({ model }: SideFront, { candidate }: ValueAt): string {
  const text = describeDeployment(candidate.deployment)
  return model === null ? text : `${model} on ${text}`
}

const roundSpeeds = [10, 20, 30, 40, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500]

/** One row a speed and side, at round speeds that both reach: nothing is said without the configurations behind it. */
export function ratioTable(baseline: SideFront, others: readonly SideFront[], quantity: Quantity): Table {
  const right = { align: 'right' } as const
  return {
    columns: [
      { header: 'tok/s/user', ...right },
      { header: 'ratio', ...right },
      { header: '80 % band', ...right },
      ...quantity.headers.map(header => ({ header, ...right })),
      { header: 'with' },
      ...quantity.headers.map(header => ({ header: `${header} of baseline`, ...right })),
      { header: `against ${baseline.name}` },
    ],
    rows: roundSpeeds.flatMap(speed =>
      others.flatMap(other => {
        const at = ratioAt(baseline, other, quantity, speed)
        if (at === null) return []
        return [
          [
            String(speed),
            `${formatSignificant(at.ratio, 2)}×`,
            `${formatSignificant(at.low, 2)} to ${formatSignificant(at.high, 2)}×`,
            ...quantity.cells(at.other.value),
            configured(other, at.other),
            ...quantity.cells(at.baseline.value),
            configured(baseline, at.baseline),
          ],
        ]
      }),
    ),
  }
}

/** Whose watts the values are of; more than one: not the same on all sides. */
export function powerBases(sides: readonly SideFront[]): Set<Candidate['powerBasis']> {
  return new Set(sides.flatMap(({ front }) => front.map(({ candidate }) => candidate.powerBasis)))
}
