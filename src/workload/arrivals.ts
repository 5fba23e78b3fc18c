/**
 * When requests (or sessions) arrive in an open loop: a renewal process of unit rate, whose clock is bent by the rate over
 * time. With Λ(t) the requests due by t, arrival n is at Λ⁻¹(S_n), S_n the n-th point of the unit-rate process (Gerhardt and
 * Nelson 2009, "Transforming renewal processes for simulation of nonstationary arrival processes", INFORMS Journal on
 * Computing, doi 10.1287/ijoc.1080.0316). The rate is met exactly and gaps keep their coefficient of variation locally.
 */
import type { RandomStream } from '../core/random.ts'
import { logGamma } from '../core/special-functions.ts'
import { plausibleMaximum } from '../core/units.ts'
import { cvRange } from './distributions.ts'
import { weibullShape } from './families.ts'
import { createRateCurve, type RateSpec } from './rates.ts'
import {
  checkedFields,
  checkedKind,
  checkedNumber,
  checkedOptional,
  plausibleSeconds,
} from './spec-checks.ts'

export type ArrivalSpec =
  /** Evenly spaced, the first at once. */
  | { readonly kind: 'constant'; readonly rate: RateSpec }
  | { readonly kind: 'poisson'; readonly rate: RateSpec }
  /**
   * Gaps with this coefficient of variation: 0 even, 1 Poisson, above 1 bursty. `--burstiness b` of vLLM's and
   * InferenceX's benchmarks is the gamma shape: cv = 1/√b (vllm/benchmarks/serve.py, get_request).
   */
  | { readonly kind: 'gamma' | 'weibull'; readonly rate: RateSpec; readonly cv: number }
  /** So many at once, at the start or every so many seconds. */
  | { readonly kind: 'burst'; readonly requests: number; readonly everySeconds?: number }

export interface ArrivalTimes {
  /** Seconds from the start to the next arrival, never falling; Infinity when there are no more. */
  nextSeconds(): number
  /** There is always another one. */
  readonly endless: boolean
  /** How many there are in all, where that is known. */
  readonly count: number | null
}

/** Checks the description of arrivals and starts them. */
export function createArrivals(spec: ArrivalSpec, where: string, stream: RandomStream): ArrivalTimes {
  checkedKind(spec, where, 'arrivals', ['constant', 'poisson', 'gamma', 'weibull', 'burst'])
  switch (spec.kind) {
    case 'burst':
      return bursts(spec, where)
    case 'constant':
    case 'poisson':
      checkedFields(spec, where, `${spec.kind} arrivals`, ['kind', 'rate'])
      return bent(spec.rate, where, spec.kind === 'constant' ? evenGaps() : exponentialGaps(stream))
    default: {
      checkedFields(spec, where, `${spec.kind} arrivals`, ['kind', 'rate', 'cv'])
      const cv = checkedNumber(spec.cv, `${where}.cv`, 'the coefficient of variation of gaps', cvRange)
      return bent(spec.rate, where, variedGaps(spec.kind, cv, stream))
    }
  }
}

/** Gaps of mean 1, and the time to the first point. */
interface UnitRenewal {
  readonly first: () => number
  readonly gap: () => number
}

/** The first at once: that is what constant-rate clients do, and no instant is special. */
function evenGaps(): UnitRenewal {
  return { first: () => 0, gap: () => 1 }
}

function exponentialGaps(stream: RandomStream): UnitRenewal {
  const gap = () => stream.exponential()
  return { first: gap, gap }
}

/**
 * Renewals seen from an arbitrary instant, not begun by an arrival: the first point is uniform in a gap chosen with a
 * chance proportional to its length (equilibrium renewal process, Cox 1962, from memory). Only so are exactly Λ(t)
 * requests expected by every t.
 */
function variedGaps(kind: 'gamma' | 'weibull', cv: number, stream: RandomStream): UnitRenewal {
  // Below a thousandth the shapes lose their digits and the gaps are even to the eye.
  if (cv < 1e-3) return evenGaps()
  if (kind === 'gamma') {
    const shape = 1 / (cv * cv)
    return {
      // x times the gamma density is a gamma density of shape + 1.
      first: () => (stream.uniform() * stream.gamma(shape + 1)) / shape,
      gap: () => stream.gamma(shape) / shape,
    }
  }
  const shape = weibullShape(cv)
  const scale = Math.exp(-logGamma(1 + 1 / shape))
  return {
    // With y = x^shape, x times the Weibull density is a gamma density of shape 1 + 1/shape in y.
    first: () => stream.uniform() * scale * stream.gamma(1 + 1 / shape) ** (1 / shape),
    gap: () => scale * stream.exponential() ** (1 / shape),
  }
}

function bent(rate: RateSpec, where: string, { first, gap }: UnitRenewal): ArrivalTimes {
  const curve = createRateCurve(rate, `${where}.rate`)
  let total = Number.NaN
  return {
    endless: curve.endless,
    count: null,
    nextSeconds() {
      total = Number.isNaN(total) ? first() : total + gap()
      return curve.timeAt(total)
    },
  }
}

function bursts(spec: Extract<ArrivalSpec, { kind: 'burst' }>, where: string): ArrivalTimes {
  checkedFields(spec, where, 'a burst', ['kind', 'requests', 'everySeconds'])
  const size = checkedNumber(spec.requests, `${where}.requests`, 'requests of a burst', {
    minimum: 1,
    maximum: plausibleMaximum.count,
    whole: true,
  })
  const every = checkedOptional(spec.everySeconds, `${where}.everySeconds`, 'seconds between bursts', {
    minimum: 0,
    maximum: plausibleSeconds,
    above: true,
  })
  let given = 0
  return {
    endless: every !== undefined,
    count: every === undefined ? size : null,
    nextSeconds() {
      const burst = Math.floor(given++ / size)
      if (burst === 0) return 0
      return every === undefined ? Number.POSITIVE_INFINITY : burst * every
    },
  }
}
