import { describe, expect, it } from 'vitest'
import { fitLogarithmic } from './levenberg-marquardt.ts'

const roofline = (bytes: number, [floor, efficiency]: readonly number[]) =>
  floor! + bytes / (3e12 * efficiency!)
const sizes = Array.from({ length: 200 }, (_, i) => 10 ** (4 + i / 40))
const coefficients = [
  { name: 'floor', start: 1e-5, minimum: 1e-7, maximum: 1e-3 },
  { name: 'efficiency', start: 0.5, minimum: 0.05, maximum: 1 },
]
const predictor = (values: readonly number[]) => (row: number) => roofline(sizes[row]!, values)

describe('fitLogarithmic', () => {
  it('recovers the coefficients it was made with', () => {
    const truth = [3e-6, 0.82]
    const fit = fitLogarithmic(sizes.length, predictor, row => roofline(sizes[row]!, truth), coefficients)
    expect(fit.values[0]).toBeCloseTo(3e-6, 9)
    expect(fit.values[1]).toBeCloseTo(0.82, 4)
  })

  it('is not bent by a tenth of wild rows', () => {
    const truth = [3e-6, 0.82]
    const measured = (row: number) => roofline(sizes[row]!, truth) * (row % 10 === 0 ? 50 : 1)
    const fit = fitLogarithmic(sizes.length, predictor, measured, coefficients)
    expect(fit.values[1]!).toBeGreaterThan(0.75)
    expect(fit.values[1]!).toBeLessThan(0.85)
  })

  it('gives the same bits every time', () => {
    const run = () => fitLogarithmic(sizes.length, predictor, row => 1e-6 * (1 + row), coefficients).values
    expect(run()).toEqual(run())
  })
})
