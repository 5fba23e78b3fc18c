/** What advice is made of, and what is said where there is too little to advise on. */
import type { NanoUsd } from '../../core/money.ts'

/** A month in hours: 365.25 days ÷ 12. */
export const hoursPerMonth = 730.5

/** Dollars a month. low and high: 95 % by the spread between blocks of the window; the same where there is but one block. */
export interface UsdBand {
  readonly low: number
  readonly expected: number
  readonly high: number
}

export type AdviceKind =
  | 'fewer-replicas'
  | 'replicas-by-the-hour'
  | 'fill-idle-replicas'
  | 'cheaper-offer'
  | 'service-tier'
  | 'api-instead-of-own'
  | 'own-instead-of-api'

export interface Advice {
  readonly kind: AdviceKind
  /** Deployment or offer, alias, tenant it is about. */
  readonly subject: string
  /** What to change. */
  readonly what: string
  /** In the window, exact by its own assumption. */
  readonly savedNanoUsd: NanoUsd
  readonly perMonth: UsdBand
  /** What it would do to latency. */
  readonly latency: string
  /** What it rests on. */
  readonly assumes: string
  readonly sample: Sample
}

export interface Sample {
  readonly requests: number
  readonly hours: number
}

/** Something that could have been asked, and was not answered. */
export interface Refusal {
  readonly subject: string
  readonly why: string
}

/**
 * Least data for advice. Chosen: fewer requests than these and a single client decides; shorter than a day and the night, when machines
 * stand idle, is not in it; sizes of deployments change what is paid for months.
 */
export const leastData = { requests: 200, hours: 1, hoursForReplicas: 24, sampledDecisions: 50 } as const

/** Most of an hour that a replica is to be busy. Chosen: what is left takes bursts within the hour. */
export const busyLimit = 0.8
