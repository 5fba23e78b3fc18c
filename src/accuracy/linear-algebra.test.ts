import fc from 'fast-check'
import { expect, test } from 'vitest'
import { solveSymmetric, symmetricInverseDiagonal } from './linear-algebra.ts'

/** A random symmetric positive definite matrix: BᵀB + I. */
const positiveDefinite = fc.integer({ min: 1, max: 6 }).chain(n =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: n * n, maxLength: n * n }).map(b => {
    const a = new Float64Array(n * n)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = i === j ? 1 : 0
        for (let k = 0; k < n; k++) sum += b[k * n + i]! * b[k * n + j]!
        a[i * n + j] = sum
      }
    }
    return { n, a }
  }),
)

test('the solution satisfies the system', () => {
  fc.assert(
    fc.property(positiveDefinite, ({ n, a }) => {
      const b = Float64Array.from({ length: n }, (_, i) => i + 1)
      const x = solveSymmetric(a, b, n, 0)
      for (let i = 0; i < n; i++) {
        let sum = 0
        for (let k = 0; k < n; k++) sum += a[i * n + k]! * x[k]!
        expect(sum).toBeCloseTo(b[i]!, 6)
      }
    }),
  )
})

test('the diagonal of the inverse is what solving for unit vectors gives', () => {
  fc.assert(
    fc.property(positiveDefinite, ({ n, a }) => {
      const diagonal = symmetricInverseDiagonal(a, n)
      for (let i = 0; i < n; i++) {
        const unit = new Float64Array(n)
        unit[i] = 1
        expect(diagonal[i]).toBeCloseTo(solveSymmetric(a, unit, n, 0)[i]!, 8)
      }
    }),
  )
})

test('an indefinite matrix is refused', () => {
  expect(() => solveSymmetric(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2, 0)).toThrow(
    /positive definite/,
  )
})
