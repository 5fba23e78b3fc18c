/**
 * A family of distributions within limits, with the stated mean after them: the distribution below is moved until the
 * mean of what is drawn is exact (docs/models/workload.md#lengths).
 */
import { assert } from '../core/assert.ts'
import type { RandomStream } from '../core/random.ts'
import type { Distribution } from './distribution-spec.ts'
import { type Family, type FamilyName, familyMember } from './families.ts'
import { specFault } from './spec-checks.ts'

export interface FamilyLimits {
  readonly minimum: number
  /** Infinity for none. */
  readonly maximum: number
  /** Values beyond become the limit; otherwise none is drawn there. */
  readonly clamp: boolean
}

/** Share of the unlimited distribution inside the limits below which the rest is no longer the family asked for. */
const leastMass = 1e-6

/** Share above which drawing again until inside is cheaper than inverting an incomplete gamma function (2 µs against 0.1). */
const rejectionMass = 0.25

/** The largest number below 1: quantiles of 1 are infinite. */
const largestShare = 1 - 2 ** -53

/**
 * Mean after limits and the share inside them. Truncated: E(X; a ≤ X ≤ b) ÷ P(a ≤ X ≤ b). Clamped:
 * a·P(X < a) + E(X; a ≤ X ≤ b) + b·P(X > b).
 */
function limitedMean(family: Family, rawMean: number, limits: FamilyLimits): { mean: number; mass: number } {
  const { minimum, maximum, clamp } = limits
  const open = maximum === Number.POSITIVE_INFINITY
  const below = family.probability(minimum)
  const above = open ? 0 : 1 - family.probability(maximum)
  const inside = (open ? rawMean : family.partialMean(maximum)) - family.partialMean(minimum)
  if (!clamp) return { mean: inside / (1 - below - above), mass: 1 - below - above }
  return { mean: minimum * below + inside + (open ? 0 : maximum * above), mass: 1 }
}

/** Draws from the family within the limits; `mean` is exact, `cv` is that before the limits. */
export function limitedFamily(
  name: FamilyName,
  mean: number,
  cv: number,
  limits: FamilyLimits,
  where: string,
): Distribution {
  const at = (rawMean: number) => limitedMean(familyMember(name, rawMean, cv, mean), rawMean, limits)
  const unreachable = () =>
    specFault(
      where,
      `no ${name} distribution with CV ${cv} has the mean ${mean} between ${limits.minimum} and ${limits.maximum}`,
      'lower the CV, widen the limits, or take a uniform or empirical distribution',
    )

  // The limited mean grows with the unlimited one: bracket the wanted mean outwards, then halve.
  const start = at(mean)
  const direction = start.mean > mean ? -1 : 1
  const close = (reached: number) => Math.abs(reached - mean) <= 1e-13 * mean
  let near = mean
  let far = mean
  let reached = start
  while (!close(reached.mean) && (reached.mean - mean) * direction < 0) {
    near = far
    // The normal moves by standard deviations, a family of scale by factors of two.
    far = name === 'normal' ? far + direction * cv * mean : far * 2 ** direction
    if (far > 1e12 * mean || (name !== 'normal' && far < 1e-12 * mean)) throw unreachable()
    reached = at(far)
    if (!(reached.mass > leastMass)) throw unreachable()
  }
  for (let halving = 0; halving < 200 && !close(reached.mean); halving++) {
    const middle = (near + far) / 2
    if (middle === near || middle === far) break
    reached = at(middle)
    if ((reached.mean - mean) * direction < 0) near = middle
    else far = middle
    if (close(reached.mean)) far = middle
  }
  assert(
    Math.abs(at(far).mean / mean - 1) < 1e-9,
    `the mean of a limited ${name} distribution is the stated one`,
  )
  return drawWithin(familyMember(name, far, cv, mean), mean, limits)
}

function drawWithin(family: Family, mean: number, limits: FamilyLimits): Distribution {
  const { minimum, maximum, clamp } = limits
  const below = clamp ? 0 : family.probability(minimum)
  const up = clamp || maximum === Number.POSITIVE_INFINITY ? 1 : family.probability(maximum)
  const mass = up - below
  // After truncation this only catches rounding at the limits.
  const within = (x: number) => Math.min(maximum, Math.max(minimum, x))
  const quantile = (u: number) => within(family.quantile(Math.min(largestShare, below + u * mass)))
  const fast = mass > rejectionMass ? family.draw : null
  const draw =
    fast === null
      ? (stream: RandomStream) => quantile(stream.uniform())
      : (stream: RandomStream) => {
          for (;;) {
            const x = fast(stream)
            if (clamp) return within(x)
            if (x >= minimum && x <= maximum) return x
          }
        }
  return { mean, minimum, maximum, fixed: false, quantile, draw }
}
