/** Dense symmetric systems of a few hundred unknowns, row-major. */

/** Solves (A + damping·diag(A)) x = b by Cholesky. Throws when A is not positive definite. */
export function solveSymmetric(a: Float64Array, b: Float64Array, n: number, damping: number): Float64Array {
  const factor = cholesky(a, n, damping)
  const x = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * x[k]!
    x[i] = sum / factor[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i]! * x[k]!
    x[i] = sum / factor[i * n + i]!
  }
  return x
}

/** Diagonal of A⁻¹: posterior variances. */
export function symmetricInverseDiagonal(a: Float64Array, n: number): Float64Array {
  const factor = cholesky(a, n, 0)
  const diagonal = new Float64Array(n)
  const column = new Float64Array(n)
  for (let j = 0; j < n; j++) {
    column.fill(0)
    column[j] = 1
    for (let i = j; i < n; i++) {
      let sum = column[i]!
      for (let k = j; k < i; k++) sum -= factor[i * n + k]! * column[k]!
      column[i] = sum / factor[i * n + i]!
    }
    let norm = 0
    for (let i = j; i < n; i++) norm += column[i]! * column[i]!
    diagonal[j] = norm
  }
  return diagonal
}

function cholesky(a: Float64Array, n: number, damping: number): Float64Array {
  const factor = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]! * (i === j ? 1 + damping : 1)
      for (let k = 0; k < j; k++) sum -= factor[i * n + k]! * factor[j * n + k]!
      if (i === j) {
        if (!(sum > 0)) throw new Error(`matrix is not positive definite at ${i}`)
        factor[i * n + i] = Math.sqrt(sum)
      } else {
        factor[i * n + j] = sum / factor[j * n + j]!
      }
    }
  }
  return factor
}
