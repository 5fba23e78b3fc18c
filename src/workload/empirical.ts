/** Distributions given by their values: a list, equally likely or by weight. */
import type { Distribution, DistributionSpec, Domain } from './distribution-spec.ts'
import { checkedFields, checkedList, checkedNumber, specFault } from './spec-checks.ts'

type EmpiricalSpec = Extract<DistributionSpec, { kind: 'empirical' }>

/** Checks the list and makes it ready to draw from; limits clamp the values. */
export function createEmpirical(spec: EmpiricalSpec, where: string, domain: Domain): Distribution {
  checkedFields(spec, where, 'an empirical distribution', ['kind', 'values', 'weights', 'minimum', 'maximum'])
  const minimum = checkedNumber(spec.minimum ?? domain.minimum, `${where}.minimum`, domain.what, domain)
  const maximum = checkedNumber(spec.maximum ?? domain.maximum, `${where}.maximum`, domain.what, {
    ...domain,
    minimum,
  })
  checkedList(spec.values, `${where}.values`, 'values')
  const cumulative = cumulativeWeights(spec.weights, spec.values.length, where)
  const order = spec.values
    .map((value, index) => {
      checkedNumber(value, `${where}.values[${index}]`, domain.what, domain)
      return { value: Math.min(maximum, Math.max(minimum, value)), index }
    })
    .sort((a, b) => a.value - b.value)
  // Sorted, so that u orders the values: a copula needs that.
  const values = Float64Array.from(order, entry => entry.value)
  const ends = new Float64Array(order.length)
  let sum = 0
  let mean = 0
  for (const [position, { value, index }] of order.entries()) {
    const weight = cumulative[index]! - (index === 0 ? 0 : cumulative[index - 1]!)
    sum += weight
    mean += weight * value
    ends[position] = sum
  }
  const quantile = (u: number) => values[pickCumulative(ends, u)]!
  return {
    mean: mean / sum,
    minimum: values[0]!,
    maximum: values[values.length - 1]!,
    fixed: values[0] === values[values.length - 1],
    quantile,
    draw: stream => quantile(stream.uniform()),
  }
}

/** Running sums of weights, of ones when none are given. */
export function cumulativeWeights(
  weights: readonly number[] | undefined,
  count: number,
  where: string,
): Float64Array {
  const cumulative = new Float64Array(count)
  if (weights !== undefined) {
    checkedList(weights, `${where}.weights`, 'weights')
    if (weights.length !== count) {
      throw specFault(
        `${where}.weights`,
        `${weights.length} weights for ${count} values`,
        'give one weight a value',
      )
    }
  }
  let sum = 0
  for (let index = 0; index < count; index++) {
    sum +=
      weights === undefined
        ? 1
        : checkedNumber(weights[index], `${where}.weights[${index}]`, 'a weight', { minimum: 0 })
    cumulative[index] = sum
  }
  if (!(sum > 0) || !Number.isFinite(sum))
    throw specFault(
      `${where}.weights`,
      'the weights add up to nothing',
      'give at least one weight above zero',
    )
  return cumulative
}

/** Index of the entry that a share u of the total falls on; entries without weight are never picked. */
export function pickCumulative(cumulative: Float64Array, u: number): number {
  const wanted = u * cumulative[cumulative.length - 1]!
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle]! > wanted) high = middle
    else low = middle + 1
  }
  return low
}
