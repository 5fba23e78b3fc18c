/** A coefficient to fit: its start, and the open interval it must stay in. */
export interface Coefficient {
  readonly name: string
  readonly start: number
  readonly minimum: number
  readonly maximum: number
  /** Weight of the pull towards `start`, in units of 1/σ of the transformed value; 0 = none. */
  readonly pull?: number
}

export interface Fit {
  readonly values: readonly number[]
  /** Mean Huber loss of the logarithmic errors. */
  readonly loss: number
}

/** Beyond this |ln error| a row counts linearly, so that misfiled rows cannot bend a curve. */
const huberDelta = 0.2
const maximumIterations = 60

/** Bounded coefficients are fitted as logits, of the logarithm where the interval spans more than two decades. */
function transforms(coefficient: Coefficient) {
  const { minimum, maximum } = coefficient
  const logarithmic = minimum > 0 && maximum / minimum > 100
  const low = logarithmic ? Math.log(minimum) : minimum
  const high = logarithmic ? Math.log(maximum) : maximum
  return {
    toFree: (value: number) => {
      const share = ((logarithmic ? Math.log(value) : value) - low) / (high - low)
      const inside = Math.min(Math.max(share, 1e-4), 1 - 1e-4)
      return Math.log(inside / (1 - inside))
    },
    fromFree: (free: number) => {
      const value = low + (high - low) / (1 + Math.exp(-free))
      return logarithmic ? Math.exp(value) : value
    },
  }
}

/**
 * Minimises Σ huber(ln predict(row) − ln measured(row)) by Levenberg–Marquardt with reweighting.
 * Deterministic: fixed starts, numerical Jacobian, no randomness.
 */
export function fitLogarithmic(
  rowCount: number,
  predictor: (values: readonly number[]) => (row: number) => number,
  measured: (row: number) => number,
  coefficients: readonly Coefficient[],
): Fit {
  const size = coefficients.length
  const maps = coefficients.map(transforms)
  const starts = coefficients.map((coefficient, i) => maps[i]!.toFree(coefficient.start))
  let free = [...starts]
  const targets = Float64Array.from({ length: rowCount }, (_, row) => Math.log(measured(row)))
  const valuesOf = (point: readonly number[]) => point.map((value, i) => maps[i]!.fromFree(value))

  const errorsAt = (point: readonly number[]): Float64Array => {
    const predict = predictor(valuesOf(point))
    const errors = new Float64Array(rowCount)
    for (let row = 0; row < rowCount; row++) errors[row] = Math.log(predict(row)) - targets[row]!
    return errors
  }
  const lossOf = (errors: Float64Array, point: readonly number[]): number => {
    let sum = 0
    for (const error of errors) {
      const size = Math.abs(error)
      sum += size <= huberDelta ? (error * error) / 2 : huberDelta * (size - huberDelta / 2)
    }
    coefficients.forEach((coefficient, i) => {
      const pull = coefficient.pull ?? 0
      sum += (rowCount * (pull * (point[i]! - starts[i]!)) ** 2) / 2
    })
    return sum / rowCount
  }

  let errors = errorsAt(free)
  let loss = lossOf(errors, free)
  let damping = 1e-2
  for (let iteration = 0; iteration < maximumIterations; iteration++) {
    const columns: Float64Array[] = []
    for (let i = 0; i < size; i++) {
      const moved = [...free]
      moved[i] = moved[i]! + 1e-4
      const shifted = errorsAt(moved)
      for (let row = 0; row < rowCount; row++) shifted[row] = (shifted[row]! - errors[row]!) / 1e-4
      columns.push(shifted)
    }
    const weights = errors.map(error => (Math.abs(error) <= huberDelta ? 1 : huberDelta / Math.abs(error)))
    const normal: number[][] = Array.from({ length: size }, () => new Array<number>(size).fill(0))
    const gradient = new Array<number>(size).fill(0)
    for (let i = 0; i < size; i++) {
      const left = columns[i]!
      for (let j = i; j < size; j++) {
        const right = columns[j]!
        let sum = 0
        for (let row = 0; row < rowCount; row++) sum += weights[row]! * left[row]! * right[row]!
        normal[i]![j] = sum
        normal[j]![i] = sum
      }
      let slope = 0
      for (let row = 0; row < rowCount; row++) slope += weights[row]! * left[row]! * errors[row]!
      const pull = coefficients[i]!.pull ?? 0
      gradient[i] = slope + rowCount * pull * pull * (free[i]! - starts[i]!)
      normal[i]![i] = normal[i]![i]! + rowCount * pull * pull
    }
    let improved = false
    for (let attempt = 0; attempt < 8; attempt++) {
      const step = solveDamped(normal, gradient, damping)
      const candidate = free.map((value, i) => value - Math.max(-2, Math.min(2, step[i]!)))
      const candidateErrors = errorsAt(candidate)
      const candidateLoss = lossOf(candidateErrors, candidate)
      if (candidateLoss < loss) {
        improved = loss - candidateLoss > 1e-6 * loss
        free = candidate
        errors = candidateErrors
        loss = candidateLoss
        damping = Math.max(damping / 5, 1e-9)
        break
      }
      damping *= 4
    }
    if (!improved) break
  }
  return { values: valuesOf(free), loss }
}

/** Solves (A + damping·diag(A)) x = b by Gaussian elimination with partial pivoting. */
function solveDamped(matrix: readonly number[][], right: readonly number[], damping: number): number[] {
  const size = right.length
  const work = matrix.map((row, i) => [
    ...row.map((value, j) => (i === j ? value * (1 + damping) + 1e-9 : value)),
    right[i]!,
  ])
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot
    for (let row = pivot + 1; row < size; row++)
      if (Math.abs(work[row]![pivot]!) > Math.abs(work[best]![pivot]!)) best = row
    ;[work[pivot], work[best]] = [work[best]!, work[pivot]!]
    const diagonal = work[pivot]![pivot]!
    if (Math.abs(diagonal) < 1e-300) continue
    for (let row = pivot + 1; row < size; row++) {
      const factor = work[row]![pivot]! / diagonal
      for (let column = pivot; column <= size; column++)
        work[row]![column] = work[row]![column]! - factor * work[pivot]![column]!
    }
  }
  const solution = new Array<number>(size).fill(0)
  for (let row = size - 1; row >= 0; row--) {
    let sum = work[row]![size]!
    for (let column = row + 1; column < size; column++) sum -= work[row]![column]! * solution[column]!
    const diagonal = work[row]![row]!
    solution[row] = Math.abs(diagonal) < 1e-300 ? 0 : sum / diagonal
  }
  return solution
}
