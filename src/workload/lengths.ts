/**
 * Lengths of prompts and answers in whole tokens, from 1. Real values are rounded up or down at random with the chance
 * that keeps their mean, so the mean of what is drawn is the stated one, exactly (docs/models/workload.md#lengths).
 */
import type { RandomStream } from '../core/random.ts'
import type { Distribution, DistributionSpec } from './distribution-spec.ts'
import { createDistribution, distributionKinds } from './distributions.ts'
import { checkedFields, checkedKind, checkedNumber } from './spec-checks.ts'

export type LengthSpec =
  /** The same as a constant. */
  | number
  | DistributionSpec
  /**
   * Whole numbers from ⌊ratio × nominal⌋ to nominal, equally likely; mean (1 + ratio)/2 × nominal. What InferenceX
   * (utils/bench_serving/benchmark_serving.py, ratio 0.8) and SGLang (compute_random_lens, default ratio 0) draw.
   */
  | { readonly kind: 'range-below'; readonly nominal: number; readonly ratio: number }
  /**
   * Whole numbers from ⌊(1 − ratio) × nominal⌋ to ⌈(1 + ratio) × nominal⌉, equally likely. What vLLM's random dataset
   * draws (vllm/benchmarks/datasets.py, get_sampling_params).
   */
  | { readonly kind: 'range-around'; readonly nominal: number; readonly ratio: number }
  /** 1, 2, 3 … with the same chance to go on each time: turns of a conversation. */
  | { readonly kind: 'geometric'; readonly mean: number }

/** A distribution of whole numbers. */
export interface LengthDistribution {
  readonly mean: number
  readonly minimum: number
  readonly maximum: number
  readonly fixed: boolean
  draw(stream: RandomStream): number
  /** The draw that belongs to a share u of the distribution; the stream rounds it to a whole number. */
  drawAt(u: number, stream: RandomStream): number
}

const lengthKinds = [...distributionKinds, 'range-below', 'range-around', 'geometric']

/** Tokens beyond which a length is a slip: ten times the longest contexts on offer, 10 million (2025, from memory). */
export const longestText = 1e8

/** Checks the description of a length and makes it ready to draw from; `what` names it in errors. */
export function createLength(spec: LengthSpec, where: string, what: string): LengthDistribution {
  if (typeof spec === 'number') return createLength({ kind: 'constant', value: spec }, where, what)
  checkedKind(spec, where, what, lengthKinds)
  const domain = { what, minimum: 1, maximum: longestText, whole: true }
  switch (spec.kind) {
    case 'range-below':
    case 'range-around': {
      const { nominal, ratio } = checkedRange(spec, where, what)
      const below = spec.kind === 'range-below'
      const minimum = Math.max(1, Math.floor(nominal * (below ? ratio : 1 - ratio)))
      const maximum = below ? nominal : Math.ceil(nominal * (1 + ratio))
      return wholeLength(createDistribution({ kind: 'uniform', minimum, maximum }, where, domain))
    }
    case 'geometric': {
      checkedFields(spec, where, 'a geometric distribution', ['kind', 'mean'])
      const mean = checkedNumber(spec.mean, `${where}.mean`, `the mean of ${what}`, {
        minimum: 1,
        // So that cutting the distribution off at the longest text changes nothing: e^-100 of it lies beyond.
        maximum: longestText / 100,
      })
      return wholeLength(geometric(mean))
    }
    default: {
      const distribution = createDistribution(spec, where, domain)
      const whole =
        spec.kind === 'uniform' ||
        spec.kind === 'empirical' ||
        (distribution.fixed && Number.isInteger(distribution.mean))
      return whole ? wholeLength(distribution) : roundedLength(distribution)
    }
  }
}

type RangeSpec = Extract<LengthSpec, { readonly nominal: number }>

function checkedRange(spec: RangeSpec, where: string, what: string): RangeSpec {
  checkedFields(spec, where, `a length of kind ${spec.kind}`, ['kind', 'nominal', 'ratio'])
  checkedNumber(spec.nominal, `${where}.nominal`, what, { minimum: 1, maximum: longestText / 2, whole: true })
  checkedNumber(spec.ratio, `${where}.ratio`, 'the range ratio', { minimum: 0, maximum: 1 })
  return spec
}

/** P(X > n) = (1 − 1/mean)^n. */
function geometric(mean: number): Distribution {
  const logGoOn = mean === 1 ? Number.NEGATIVE_INFINITY : Math.log1p(-1 / mean)
  const quantile = (u: number) =>
    Math.min(longestText, 1 + Math.floor(Math.log1p(-Math.min(u, 1 - 2 ** -53)) / logGoOn))
  return {
    mean,
    minimum: 1,
    maximum: mean === 1 ? 1 : longestText,
    fixed: mean === 1,
    quantile,
    draw: stream => quantile(stream.uniform()),
  }
}

/** The distribution draws whole numbers by itself. */
function wholeLength(distribution: Distribution): LengthDistribution {
  const { mean, minimum, maximum, fixed } = distribution
  return {
    mean,
    minimum,
    maximum,
    fixed,
    draw: stream => distribution.draw(stream),
    drawAt: u => distribution.quantile(u),
  }
}

/** E⌊x + U⌋ = x for U uniform in [0, 1): rounding that keeps the mean, and the limits where they are whole. */
function roundedLength(distribution: Distribution): LengthDistribution {
  const { mean, minimum, maximum } = distribution
  return {
    mean,
    minimum: Math.floor(minimum),
    maximum: Math.ceil(maximum),
    fixed: false,
    draw: stream => wholeNumber(distribution.draw(stream), maximum, stream),
    drawAt: (u, stream) => wholeNumber(distribution.quantile(u), maximum, stream),
  }
}

/** x rounded up with the chance of its fraction; the maximum guards against x + U rounding up to the next whole number. */
export function wholeNumber(x: number, maximum: number, stream: RandomStream): number {
  return Math.min(Math.ceil(maximum), Math.floor(x + stream.uniform()))
}
