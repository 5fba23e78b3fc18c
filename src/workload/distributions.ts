/**
 * From the description of a distribution to something to draw from. Sampling is by inversion, so that two distributions
 * can be tied together by a copula; the gamma distribution has a faster way where they are not.
 */
import type { Distribution, DistributionSpec, Domain } from './distribution-spec.ts'
import { createEmpirical } from './empirical.ts'
import { familyNames } from './families.ts'
import { limitedFamily } from './limited-family.ts'
import { checkedChoice, checkedFields, checkedKind, checkedNumber, specFault } from './spec-checks.ts'

export const distributionKinds = ['constant', 'uniform', ...familyNames, 'empirical'] as const

/** Checks a description and makes it ready to draw from. Values are real; src/workload/lengths.ts makes them whole. */
export function createDistribution(spec: DistributionSpec, where: string, domain: Domain): Distribution {
  checkedKind(spec, where, domain.what, distributionKinds)
  const limit = (value: unknown, field: string) =>
    checkedNumber(value, `${where}.${field}`, domain.what, domain)
  switch (spec.kind) {
    case 'constant':
      checkedFields(spec, where, 'a constant', ['kind', 'value'])
      return constant(limit(spec.value, 'value'))
    case 'uniform': {
      checkedFields(spec, where, 'a uniform distribution', ['kind', 'minimum', 'maximum'])
      const [minimum, maximum] = [limit(spec.minimum, 'minimum'), limit(spec.maximum, 'maximum')]
      checkOrder(minimum, maximum, where)
      return uniform(minimum, maximum, domain.whole)
    }
    case 'empirical':
      return createEmpirical(spec, where, domain)
    default:
      return createFamily(spec, where, domain)
  }
}

function checkOrder(minimum: number, maximum: number, where: string): void {
  if (minimum <= maximum) return
  throw specFault(where, `the minimum ${minimum} is above the maximum ${maximum}`, 'exchange them')
}

function constant(value: number): Distribution {
  return {
    mean: value,
    minimum: value,
    maximum: value,
    fixed: true,
    quantile: () => value,
    draw: () => value,
  }
}

function uniform(minimum: number, maximum: number, whole: boolean): Distribution {
  const quantile = whole
    ? (u: number) => Math.min(maximum, minimum + Math.floor(u * (maximum - minimum + 1)))
    : (u: number) => minimum + u * (maximum - minimum)
  return {
    mean: (minimum + maximum) / 2,
    minimum,
    maximum,
    fixed: minimum === maximum,
    quantile,
    draw: stream => quantile(stream.uniform()),
  }
}

/** Beyond 100 no affordable number of draws comes near the stated mean: refused rather than misleading. */
export const cvRange = { minimum: 0, maximum: 100 } as const

/** Below this coefficient of variation there is no spread worth drawing; shapes of 1/CV² would lose digits. */
const leastVariation = 1e-3

type FamilySpec = Extract<DistributionSpec, { readonly mean: number }>

function createFamily(spec: FamilySpec, where: string, domain: Domain): Distribution {
  const fields = [
    'kind',
    'mean',
    'minimum',
    'maximum',
    'beyond',
    ...(spec.kind === 'exponential' ? [] : ['cv']),
  ]
  checkedFields(spec, where, `a distribution of kind ${spec.kind}`, fields)
  const mean = checkedNumber(spec.mean, `${where}.mean`, `the mean of ${domain.what}`, {
    minimum: domain.minimum,
    maximum: domain.maximum,
    above: domain.minimum === 0,
  })
  const cv =
    spec.kind === 'exponential'
      ? 1
      : checkedNumber(spec.cv, `${where}.cv`, 'the coefficient of variation', cvRange)
  checkedChoice(spec.beyond, `${where}.beyond`, 'rule for values beyond limits', ['truncate', 'clamp'])
  const bound = (value: number | undefined, field: string, fallback: number) =>
    value === undefined ? fallback : checkedNumber(value, `${where}.${field}`, domain.what, domain)
  const minimum = bound(spec.minimum, 'minimum', domain.minimum)
  const maximum = bound(spec.maximum, 'maximum', domain.maximum)
  checkOrder(minimum, maximum, where)
  const spread = cv >= leastVariation
  if (mean < minimum || mean > maximum || (spread && (mean === minimum || mean === maximum))) {
    throw specFault(
      `${where}.mean`,
      `the mean ${mean} does not lie between the limits ${minimum} and ${maximum}`,
      'a spread around the mean needs room on both sides: move the mean or the limits, or use a constant',
    )
  }
  if (!spread) return constant(mean)
  const limits = { minimum, maximum, clamp: spec.beyond === 'clamp' }
  return limitedFamily(spec.kind, mean, cv, limits, where)
}
