import { describe, expect, test } from 'vitest'
import { loadCatalog } from '../catalog/load-catalog-file.ts'
import { findAccelerator, findModel } from '../catalog/lookup.ts'
import { agreement, checkedClaim } from './check-claim.ts'
import { verdictKinds } from './claim.ts'
import { evaluate } from './expression.ts'
import { loadClaims } from './load-claims-file.ts'

describe('formulas', () => {
  const values = new Map([
    ['a', 6],
    ['b', 2],
  ])
  test.for([
    ['a + b * 2', 10],
    ['(a + b) * 2', 16],
    ['a - b - 1', 3],
    ['a / b / 3', 1],
    ['-a + 1e1', 4],
    ['2.5e-1 * a', 1.5],
  ] as const)('%s = %d', ([formula, value]) => expect(evaluate(formula, values)).toBe(value))

  test.for(['', 'a +', '(a', 'a b', 'a $ b', 'c', 'a)'])('«%s» is refused', formula => {
    expect(() => evaluate(formula, values)).toThrow(/«/)
  })
})

describe('the shipped claims', () => {
  const claims = loadClaims()
  const checked = new Map(claims.map(claim => [claim.id, checkedClaim(claim)]))
  const step = (id: string, name: string) => checked.get(id)!.steps.find(entry => entry.name === name)!

  test('compute, all of them, to finite numbers', () => {
    expect(checked.size).toBe(claims.length)
    for (const { steps, id } of checked.values()) {
      for (const { name, computed } of steps) expect(computed, `${id} ${name}`).toSatisfy(Number.isFinite)
    }
  })

  test('name their source, date, verdict and assumptions', () => {
    for (const { id, provenance, verdict, holdsFor } of claims) {
      expect(provenance.source.length, id).toBeGreaterThan(4)
      expect(provenance.asOf, id).toMatch(/^\d{4}(-\d\d){0,2}$/)
      expect(verdictKinds, id).toContain(verdict.kind)
      if (verdict.kind !== 'not-testable') expect(holdsFor.length, id).toBeGreaterThan(0)
    }
  })

  test('with a multiple of hardware say model, precision or workload, and their curves stand on the catalog', () => {
    const catalog = loadCatalog()
    for (const { curve, id } of claims) {
      if (curve === null) continue
      expect(findModel(catalog, curve.model).id, id).toBe(curve.model)
      for (const name of [curve.baseline, ...curve.against])
        expect(findAccelerator(catalog, name).id, id).toBe(name)
    }
  })

  test('35× follows from its figures, 10× does not from the measurement', () => {
    expect(step('nv-35x', 'costRatio').computed).toBeCloseTo(34.2, 1)
    expect(agreement(step('nv-35x', 'costRatio'))).toBe('as stated')
    expect(step('nv-35x', 'costRatioAtRents').computed).toBeCloseTo(37.3, 1)
    expect(agreement(step('rubin-10x', 'bestRatio'))).toBe('differs')
    expect(agreement(step('nv-tco-2x', 'fp8PerDollar'))).toBeNull()
  })
})
