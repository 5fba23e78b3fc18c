/**
 * Maximum-a-posteriori fit of coefficient effects to measured points: Gauss–Newton on ln errors with a pseudo-Huber
 * loss (Charbonnier) and Gaussian priors around zero. Derivatives are taken with respect to the ~25 local numbers of a
 * point and chained to the shared effects, so cost grows with points, not with points × effects.
 */
import {
  type CoefficientName,
  type CoefficientSet,
  coefficientNames,
  effectLevels,
  type FittedEffect,
  type LocalCoefficients,
  priorOf,
  valueFromLog,
} from '../perf/coefficients.ts'
import type { PreparedPoint } from './evaluate-point.ts'
import type { FitOptions } from './fit-options.ts'
import { solveSymmetric, symmetricInverseDiagonal } from './linear-algebra.ts'

/** Coefficients that only power depends on: fitted apart, linearly (fit-power.ts). */
const powerCoefficients: ReadonlySet<CoefficientName> = new Set([
  'powerIdle',
  'powerMemory',
  'powerCompute',
  'powerOther',
])
const disaggregatedOnly: ReadonlySet<CoefficientName> = new Set([
  'handoffMilliseconds',
  'transferGigabytesPerSecond',
  'prefillPoolWork',
])
const firstTokenCoefficients: ReadonlySet<CoefficientName> = new Set([
  'requestMilliseconds',
  'promptTokenMicroseconds',
  'firstTokenLagSteps',
  'handoffMilliseconds',
  'transferGigabytesPerSecond',
])
const speculativeOnly: ReadonlySet<CoefficientName> = new Set(['acceptanceScale', 'draftCost'])

/** Step of the numerical derivative in ln space. */
const derivativeStep = 0.01

interface Row {
  readonly prepared: PreparedPoint
  readonly names: readonly CoefficientName[]
  /** Prior in ln space and indices of the effects, per name. */
  readonly priorLogs: readonly number[]
  readonly effects: readonly (readonly number[])[]
  readonly weight: number
}

export interface FitResult {
  readonly effects: Record<string, FittedEffect>
  readonly objective: number
  readonly iterations: number
}

/** Fits all effects of the points given. Deterministic: no randomness, fixed order. */
export function fitEffects(
  points: readonly PreparedPoint[],
  base: CoefficientSet,
  options: FitOptions,
  onProgress: (iteration: number, objective: number) => void = () => {},
): FitResult {
  const index = new Map<string, number>()
  const sigmas: number[] = []
  const rowsPerEffect: number[] = []
  const used = thinned(points, options.rowsUsedPerCell)
  const cellCounts = new Map<string, number>()
  for (const p of used) cellCounts.set(cellKey(p), (cellCounts.get(cellKey(p)) ?? 0) + 1)
  const rows: Row[] = used.map(prepared => {
    const names = coefficientNames.filter(name => isActive(name, prepared))
    const effects = names.map(name =>
      effectLevels(name, prepared.cell).map(level => {
        const key = `${name}|${level}`
        let position = index.get(key)
        if (position === undefined) {
          position = sigmas.length
          index.set(key, position)
          const kind = level.slice(0, level.indexOf(':'))
          const sigma = options.levelSigma[kind]
          if (sigma === undefined) throw new Error(`no prior width for level ${kind}`)
          sigmas.push(sigma * (options.looseness[name] ?? 1))
          rowsPerEffect.push(0)
        }
        rowsPerEffect[position]!++
        return position
      }),
    )
    const priorLogs = names.map(name => Math.log(priorOf(base, name, prepared.cell)))
    const weight = Math.min(1, options.rowsPerCell / cellCounts.get(cellKey(prepared))!)
    return { prepared, names, priorLogs, effects, weight }
  })
  const n = sigmas.length
  let theta: Float64Array = new Float64Array(n)
  let objective = evaluateObjective(rows, theta, sigmas, base, options)
  let damping = 1e-3
  let iteration = 0
  let hessian: Float64Array = new Float64Array(0)
  for (; iteration < options.iterations; iteration++) {
    const system = normalEquations(rows, theta, sigmas, base, options)
    hessian = system.hessian
    let improved = false
    for (let attempt = 0; attempt < 6; attempt++) {
      const step = solveSymmetric(system.hessian, system.gradient, n, damping)
      const candidate = theta.map((value, i) => value - step[i]!)
      const value = evaluateObjective(rows, candidate, sigmas, base, options)
      if (value < objective) {
        const gain = (objective - value) / objective
        theta = candidate
        objective = value
        damping = Math.max(1e-6, damping / 4)
        improved = gain > 1e-4
        break
      }
      damping *= 8
    }
    onProgress(iteration + 1, objective)
    if (!improved) break
  }
  const variance = symmetricInverseDiagonal(hessian, n)
  const effects: Record<string, FittedEffect> = {}
  for (const [key, position] of [...index].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    effects[key] = {
      shift: theta[position]!,
      sigma: Math.sqrt(Math.max(0, variance[position]!)),
      rows: rowsPerEffect[position]!,
    }
  }
  return { effects, objective, iterations: iteration }
}

/** At most `limit` points per cell, spread evenly over its rows in file order. */
function thinned(points: readonly PreparedPoint[], limit: number): PreparedPoint[] {
  const cells = Map.groupBy(points, cellKey)
  const kept = new Set<PreparedPoint>()
  for (const members of cells.values()) {
    const count = Math.min(limit, members.length)
    for (let i = 0; i < count; i++) kept.add(members[Math.floor((i * members.length) / count)]!)
  }
  return points.filter(point => kept.has(point))
}

/** Rows of one cell share what the model does not know about it; files differ in how they were run. */
function cellKey({ cell, point }: PreparedPoint): string {
  return `${cell.modelId} ${cell.acceleratorId} ${cell.engine} ${cell.denseFormat} ${cell.expertFormat} ${point.deployment.mode} ${point.file}`
}

function isActive(name: CoefficientName, prepared: PreparedPoint): boolean {
  if (powerCoefficients.has(name)) return false
  const { deployment } = prepared.point
  if (disaggregatedOnly.has(name)) return deployment.mode === 'disaggregated'
  if (speculativeOnly.has(name)) return deployment.speculation !== null
  if (prepared.cell.feedForwardKind === 'dense') {
    if (
      name === 'mbuExperts' ||
      name === 'mfuExperts' ||
      name === 'routingExponent' ||
      name === 'expertImbalance'
    )
      return false
  }
  return true
}

/** Local coefficients of a row at theta; values not active stay at their prior. */
function localAt(
  row: Row,
  theta: Float64Array,
  base: CoefficientSet,
): { local: Record<CoefficientName, number>; logs: number[] } {
  const local = {} as Record<CoefficientName, number>
  for (const name of coefficientNames)
    local[name] = valueFromLog(name, Math.log(priorOf(base, name, row.prepared.cell)))
  const logs = row.names.map((name, i) => {
    let log = row.priorLogs[i]!
    for (const position of row.effects[i]!) log += theta[position]!
    local[name] = valueFromLog(name, log)
    return log
  })
  return { local, logs }
}

/** ln(predicted / measured) in units of sigma, one per metric the row has. */
function residuals(row: Row, local: LocalCoefficients, options: FitOptions): number[] | null {
  const prediction = row.prepared.evaluate(local)
  if ('skipped' in prediction) return null
  const { point } = row.prepared
  const out: number[] = []
  if (point.tpotMs !== null) out.push(Math.log(prediction.tpotMs / point.tpotMs) / options.metricSigma.tpot)
  if (point.ttftMs !== null) out.push(Math.log(prediction.ttftMs / point.ttftMs) / options.metricSigma.ttft)
  if (point.totalTokensPerSecondPerDevice !== null) {
    out.push(
      Math.log(prediction.totalTokensPerSecondPerDevice / point.totalTokensPerSecondPerDevice) /
        options.metricSigma.throughput,
    )
  }
  return out.every(Number.isFinite) ? out : null
}

function evaluateObjective(
  rows: readonly Row[],
  theta: Float64Array,
  sigmas: readonly number[],
  base: CoefficientSet,
  options: FitOptions,
): number {
  let sum = 0
  for (let i = 0; i < theta.length; i++) sum += 0.5 * (theta[i]! / sigmas[i]!) ** 2
  const d2 = options.huber ** 2
  for (const row of rows) {
    const values = residuals(row, localAt(row, theta, base).local, options)
    if (values === null) continue
    for (const r of values) sum += row.weight * d2 * (Math.sqrt(1 + (r * r) / d2) - 1)
  }
  return sum
}

function normalEquations(
  rows: readonly Row[],
  theta: Float64Array,
  sigmas: readonly number[],
  base: CoefficientSet,
  options: FitOptions,
): { hessian: Float64Array; gradient: Float64Array } {
  const n = theta.length
  const hessian = new Float64Array(n * n)
  const gradient = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    hessian[i * n + i] = 1 / sigmas[i]! ** 2
    gradient[i] = theta[i]! / sigmas[i]! ** 2
  }
  const d2 = options.huber ** 2
  for (const row of rows) {
    const { local, logs } = localAt(row, theta, base)
    const values = residuals(row, local, options)
    if (values === null) continue
    const derivatives = row.names.map((name, i) => {
      // Where no first token was timed, throughput says too little about front ends to teach them.
      if (row.prepared.point.ttftMs === null && firstTokenCoefficients.has(name)) return values.map(() => 0)
      const saved = local[name]
      local[name] = valueFromLog(name, logs[i]! + derivativeStep)
      const shifted = residuals(row, local, options)
      local[name] = saved
      return shifted === null
        ? values.map(() => 0)
        : shifted.map((value, k) => (value - values[k]!) / derivativeStep)
    })
    for (let k = 0; k < values.length; k++) {
      const r = values[k]!
      const w = row.weight / Math.sqrt(1 + (r * r) / d2)
      for (let i = 0; i < row.names.length; i++) {
        const di = derivatives[i]![k]!
        if (di === 0) continue
        for (const a of row.effects[i]!) {
          gradient[a] = gradient[a]! + w * r * di
          for (let j = 0; j < row.names.length; j++) {
            const dij = w * di * derivatives[j]![k]!
            if (dij === 0) continue
            for (const b of row.effects[j]!) hessian[a * n + b] = hessian[a * n + b]! + dij
          }
        }
      }
    }
  }
  return { hessian, gradient }
}
