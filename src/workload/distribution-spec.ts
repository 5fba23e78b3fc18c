/**
 * Distributions of quantities as a user describes them, in JSON: a kind, a mean, a coefficient of variation, limits.
 * The mean is always that of what is drawn, after limits (docs/models/workload.md#lengths).
 */
import type { RandomStream } from '../core/random.ts'

export type DistributionSpec =
  | { readonly kind: 'constant'; readonly value: number }
  /** Equally likely from minimum to maximum, both included. */
  | { readonly kind: 'uniform'; readonly minimum: number; readonly maximum: number }
  | ({ readonly kind: 'exponential'; readonly mean: number } & Limits)
  /** cv is the standard deviation ÷ mean before limits apply. */
  | ({
      readonly kind: 'normal' | 'lognormal' | 'gamma' | 'weibull'
      readonly mean: number
      readonly cv: number
    } & Limits)
  /** One of the values, equally likely or by weight. */
  | {
      readonly kind: 'empirical'
      readonly values: readonly number[]
      readonly weights?: readonly number[]
      readonly minimum?: number
      readonly maximum?: number
    }

export interface Limits {
  readonly minimum?: number
  readonly maximum?: number
  /** truncate (default): nothing is drawn beyond the limits. clamp: what lies beyond becomes the limit, as max_tokens does. */
  readonly beyond?: 'truncate' | 'clamp'
}

/** A distribution ready to draw from. */
export interface Distribution {
  /** Exact mean of what is drawn. */
  readonly mean: number
  readonly minimum: number
  readonly maximum: number
  /** Every draw is the same. */
  readonly fixed: boolean
  /** The value below which a draw lies with probability u, in [0, 1). */
  quantile(u: number): number
  draw(stream: RandomStream): number
}

/** What every value must lie in: lengths are whole numbers from 1, durations are not negative. */
export interface Domain {
  /** For messages: "input tokens", "think time in seconds". */
  readonly what: string
  readonly minimum: number
  /** Beyond it lies a slip; distributions without a limit of their own end there. */
  readonly maximum: number
  readonly whole: boolean
}
