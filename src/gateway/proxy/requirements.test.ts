import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dataPolicies, type Requirements } from '../config/gateway-config.ts'
import { bothRequired } from './requirements.ts'

const names = fc.option(fc.subarray(['a', 'b', 'c']))
const price = fc.option(fc.integer({ min: 0, max: 5 }))
const requirements: fc.Arbitrary<Requirements> = fc.record({
  regions: names,
  quantizations: names,
  dataPolicy: fc.option(fc.constantFrom(...dataPolicies)),
  maximumInputUsdPerMillionTokens: price,
  maximumOutputUsdPerMillionTokens: price,
})
const candidates = fc.record({
  region: fc.constantFrom('a', 'b', 'c'),
  quantization: fc.constantFrom('a', 'b', 'c'),
  dataPolicy: fc.constantFrom(...dataPolicies),
  input: fc.integer({ min: 0, max: 5 }),
  output: fc.integer({ min: 0, max: 5 }),
})

function meets(
  candidate: typeof candidates extends fc.Arbitrary<infer C> ? C : never,
  required: Requirements,
): boolean {
  const { regions, quantizations, dataPolicy } = required
  return (
    (regions === null || regions.includes(candidate.region)) &&
    (quantizations === null || quantizations.includes(candidate.quantization)) &&
    (dataPolicy === null || dataPolicies.indexOf(candidate.dataPolicy) <= dataPolicies.indexOf(dataPolicy)) &&
    candidate.input <= (required.maximumInputUsdPerMillionTokens ?? Infinity) &&
    candidate.output <= (required.maximumOutputUsdPerMillionTokens ?? Infinity)
  )
}

test('meets both exactly when it meets what both require', () => {
  fc.assert(
    fc.property(requirements, requirements, candidates, (one, other, candidate) => {
      expect(meets(candidate, bothRequired(one, other)!)).toBe(
        meets(candidate, one) && meets(candidate, other),
      )
    }),
  )
})

test('nothing beside something is something', () => {
  expect(bothRequired(null, null)).toBeNull()
  const [some] = fc.sample(requirements, 1)
  expect(bothRequired(some!, null)).toBe(some)
  expect(bothRequired(null, some!)).toBe(some)
})
