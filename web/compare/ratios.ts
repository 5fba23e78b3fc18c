/**
 * Two accelerators at equal interactivity: how many times as many tokens a dollar buys on one as on the other, along their
 * Pareto fronts. Between points of a front the logarithm of cost is read off a straight line.
 */
import type { Candidate } from '../../src/plan/types.ts'
import { describeDeployment } from '../../src/report/describe-deployment.ts'
import { formatSignificant, formatUsdPerMillionTokens } from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'
import type { CurvePoint } from '../figures/curves.ts'
import type { CurveAnswer } from '../worker/protocol.ts'

interface CostAt {
  readonly usdPerMillionTokens: number
  /** The point of the front that is at least as fast: what one would run. */
  readonly candidate: Candidate
}

export interface RatioAt {
  readonly speed: number
  readonly ratio: number
  readonly low: number
  readonly high: number
  readonly baseline: CostAt
  readonly other: CostAt
}

/** Null beyond what the front reaches. */
export function costAt(front: readonly Candidate[], speed: number): CostAt | null {
  const bySpeed = front.toSorted((a, b) => speedOf(a) - speedOf(b))
  const index = bySpeed.findIndex(candidate => speedOf(candidate) >= speed)
  if (index < 0) return null
  const candidate = bySpeed[index]!
  const before = bySpeed[index - 1]
  // Slower than the front's slow end: that end is the cheapest there is.
  if (before === undefined) return { usdPerMillionTokens: candidate.cost.blended, candidate }
  const share = (speed - speedOf(before)) / (speedOf(candidate) - speedOf(before))
  const logarithm = (1 - share) * Math.log(before.cost.blended) + share * Math.log(candidate.cost.blended)
  return { usdPerMillionTokens: Math.exp(logarithm), candidate }
}

export function ratioAt(baseline: CurveAnswer, other: CurveAnswer, speed: number): RatioAt | null {
  const [slow, fast] = [costAt(baseline.costFront, speed), costAt(other.costFront, speed)]
  if (slow === null || fast === null) return null
  const ratio = slow.usdPerMillionTokens / fast.usdPerMillionTokens
  const [a, b] = [slow.candidate.band.cost, fast.candidate.band.cost]
  // Errors of two predictions, taken as independent: logarithms add in quadrature.
  const low = Math.exp(-Math.hypot(Math.log(a.low), Math.log(b.high)))
  const high = Math.exp(Math.hypot(Math.log(a.high), Math.log(b.low)))
  return { speed, ratio, low: ratio * low, high: ratio * high, baseline: slow, other: fast }
}

const samples = 60

export function ratioPoints(baseline: CurveAnswer, others: readonly CurveAnswer[]): CurvePoint[] {
  return others.flatMap(other => {
    const farthest = Math.min(farthestSpeed(baseline), farthestSpeed(other))
    if (!(farthest > 0)) return []
    return Array.from({ length: samples }, (_, index) => (farthest * (index + 1)) / samples).flatMap(
      (speed): CurvePoint[] => {
        const at = ratioAt(baseline, other, speed)
        return at === null ? [] : [pointOf(other.acceleratorId, at)]
      },
    )
  })
}

export function farthestSpeed({ costFront }: CurveAnswer): number {
  return Math.max(0, ...costFront.map(speedOf))
}

function pointOf(series: string, at: RatioAt): CurvePoint {
  return {
    series,
    kind: 'predicted',
    x: at.speed,
    y: at.ratio,
    low: at.low,
    high: at.high,
    title: `${formatSignificant(at.ratio, 2)}× the tokens per dollar at ${formatSignificant(at.speed)} tok/s/user (80 %: ${formatSignificant(at.low, 2)} to ${formatSignificant(at.high, 2)}×)`,
    detail:
      `${formatUsdPerMillionTokens(at.other.usdPerMillionTokens)} with ${describeDeployment(at.other.candidate.deployment)}, ` +
      `against ${formatUsdPerMillionTokens(at.baseline.usdPerMillionTokens)} with ${describeDeployment(at.baseline.candidate.deployment)}`,
    id: `${series}-${at.speed}`,
    leading: true,
  }
}

/** Round speeds that both reach. */
export function tableSpeeds(baseline: CurveAnswer, others: readonly CurveAnswer[]): number[] {
  const farthest = Math.max(
    ...others.map(other => Math.min(farthestSpeed(other), farthestSpeed(baseline))),
    0,
  )
  return [10, 20, 30, 40, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500].filter(speed => speed <= farthest)
}

/** One row a speed and accelerator: nothing is said without the configurations behind it. */
export function ratioTable(baseline: CurveAnswer, others: readonly CurveAnswer[]): Table {
  const right = { align: 'right' } as const
  return {
    columns: [
      { header: 'tok/s/user', ...right },
      { header: 'ratio', ...right },
      { header: '80 % band', ...right },
      { header: '$/Mtok', ...right },
      { header: 'with' },
      { header: '$/Mtok', ...right },
      { header: `against ${baseline.acceleratorId}` },
    ],
    rows: tableSpeeds(baseline, others).flatMap(speed =>
      others.flatMap(other => {
        const at = ratioAt(baseline, other, speed)
        if (at === null) return []
        return [
          [
            String(speed),
            `${formatSignificant(at.ratio, 2)}×`,
            `${formatSignificant(at.low, 2)} to ${formatSignificant(at.high, 2)}×`,
            formatUsdPerMillionTokens(at.other.usdPerMillionTokens),
            describeDeployment(at.other.candidate.deployment),
            formatUsdPerMillionTokens(at.baseline.usdPerMillionTokens),
            describeDeployment(at.baseline.candidate.deployment),
          ],
        ]
      }),
    ),
  }
}

function speedOf({ performance }: Candidate): number {
  return performance.tokensPerSecondPerUser
}
