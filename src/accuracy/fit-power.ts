/**
 * Board-power coefficients from measured joules per output token. Given the busy shares the performance model predicts,
 * power is linear in four shares of TDP, so this is a ridge regression with shrinkage towards the priors and
 * towards the accelerator-independent solution; values stay positive by clipping.
 */
import type { CoefficientSet, FittedEffect } from '../perf/coefficients.ts'
import { resolveCoefficients } from '../perf/coefficients.ts'
import type { PreparedPoint } from './evaluate-point.ts'
import { solveSymmetric } from './linear-algebra.ts'

const names = ['powerIdle', 'powerMemory', 'powerCompute', 'powerOther'] as const

/** Relative width of the prior per level, and of a single measurement. */
const levelSigma = { vendor: 0.5, generation: 0.3, accelerator: 0.3 } as const
const measurementSigma = 0.2

/** Effects (ln shifts) of the four power coefficients by vendor, generation and accelerator. */
export function fitPower(
  points: readonly PreparedPoint[],
  set: CoefficientSet,
): Record<string, FittedEffect> {
  const effects: Record<string, FittedEffect> = {}
  const levels: ((p: PreparedPoint) => string)[] = [
    p => `vendor:${p.cell.vendor}`,
    p => `generation:${p.cell.generation}`,
    p => `accelerator:${p.cell.acceleratorId}`,
  ]
  let current = set
  for (const levelOf of levels) {
    const groups = new Map<string, PreparedPoint[]>()
    for (const p of points) {
      if (p.point.joulesPerOutputToken === null) continue
      const key = levelOf(p)
      const list = groups.get(key)
      if (list === undefined) groups.set(key, [p])
      else list.push(p)
    }
    for (const [level, members] of groups) {
      const kind = level.slice(0, level.indexOf(':')) as keyof typeof levelSigma
      for (const [name, effect] of fitGroup(members, current, levelSigma[kind]))
        effects[`${name}|${level}`] = effect
    }
    current = { ...set, effects: { ...set.effects, ...effects } }
  }
  return effects
}

function fitGroup(
  members: readonly PreparedPoint[],
  set: CoefficientSet,
  sigma: number,
): [string, FittedEffect][] {
  const n = names.length
  const a = new Float64Array(n * n)
  const b = new Float64Array(n)
  const start = resolveCoefficients(set, members[0]!.cell)
  const base = names.map(name => start[name])
  // Unknowns are relative changes of each coefficient.
  for (let i = 0; i < n; i++) a[i * n + i] = 1 / sigma ** 2
  let rows = 0
  for (const prepared of members) {
    const prediction = prepared.evaluate(resolveCoefficients(set, prepared.cell))
    if ('skipped' in prediction) continue
    const { point, accelerator } = prepared
    const outputRate =
      point.outputTokensPerSecondPerDevice ??
      (point.totalTokensPerSecondPerDevice! * point.shape.outputTokens) /
        (point.shape.inputTokens + point.shape.outputTokens)
    const measuredShare = (point.joulesPerOutputToken! * outputRate) / accelerator.tdpWatts
    if (!(measuredShare > 0.02 && measuredShare < 1.6)) continue
    const { busy } = prediction
    const terms = [1, busy.memory, busy.compute, busy.other].map((value, i) => value * base[i]!)
    const predicted = terms.reduce((sum, value) => sum + value, 0)
    const scale = measurementSigma * measuredShare
    for (let i = 0; i < n; i++) {
      b[i] = b[i]! + (terms[i]! * (measuredShare - predicted)) / scale ** 2 / Math.sqrt(members.length)
      for (let j = 0; j < n; j++)
        a[i * n + j] = a[i * n + j]! + (terms[i]! * terms[j]!) / scale ** 2 / Math.sqrt(members.length)
    }
    rows++
  }
  const change = solveSymmetric(a, b, n, 0)
  return names.map((name, i) => [
    name,
    { shift: Math.log(Math.max(0.1, 1 + change[i]!)), sigma: 1 / Math.sqrt(a[i * n + i]!), rows },
  ])
}
