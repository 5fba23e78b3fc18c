/** The words of the price book: what an API charges, under which conditions, from when to when, who says so. */
import type { Provenance } from '../core/provenance.ts'

/** Dollars as a decimal text, so that nothing is lost between list and bill: "0.0028". */
export type DecimalUsd = string

/** Classes sold by the million tokens. */
export const tokenPriceClasses = [
  'uncachedInput',
  'cachedInput',
  'cacheWrite',
  'cacheWriteOneHour',
  'output',
  'inputAudio',
  'outputAudio',
] as const
export type TokenPriceClass = (typeof tokenPriceClasses)[number]

/** And what is sold otherwise: by the request, by the hour of audio (transcription). */
export const priceClasses = [...tokenPriceClasses, 'perRequest', 'perAudioHour'] as const
export type PriceClass = (typeof priceClasses)[number]

/**
 * Dollars per million tokens of each class; dollars per request and per hour of audio for the last two. A class is absent when
 * the provider has no price of its own for it or none is known. cacheWrite is kept five minutes, cacheWriteOneHour an hour.
 */
export type Prices = { readonly [Class in PriceClass]?: DecimalUsd }

/** How soon and how surely the provider answers; each has a price of its own. */
export const serviceTiers = ['standard', 'batch', 'flex', 'priority'] as const
export type ServiceTier = (typeof serviceTiers)[number]

/** All that are given must hold. */
export interface PriceCondition {
  /** The whole prompt, cached part included, has at least so many tokens; the whole request then has this price. */
  readonly promptTokensFrom?: number
  /** Minutes after midnight UTC, from (inclusive) to (exclusive); over midnight when to is less than from. */
  readonly minutesUtc?: readonly [from: number, to: number]
  /** Days on which it holds, UTC, 0 is Sunday. */
  readonly weekdaysUtc?: readonly number[]
}

/** Prices that take the place of the entry's own while the condition holds. */
export interface PriceVariant {
  readonly when: PriceCondition
  readonly prices: Prices
}

/** One offer in one span of time. */
export interface PriceEntry {
  /** provider/model@tier#validFrom, tier and date only where they are needed. */
  readonly id: string
  /** Key of `providers` of the book. */
  readonly provider: string
  /** What the provider calls it. */
  readonly model: string
  readonly aliases: readonly string[]
  /** The model of our catalog that it is, or a later version of; null for closed weights and models we do not know. */
  readonly catalogModelId: string | null
  readonly serviceTier: ServiceTier
  /** First day (UTC) on which it is in force; null: since when is not known, it is taken for all times before. */
  readonly validFrom: string | null
  /** First day on which it is no longer in force; null: no end is known. */
  readonly validTo: string | null
  /**
   * The day a list names on which the model is retired; null when none does. The price has no end by it: lists are often wrong about such
   * days, and a request that was served must be paid.
   */
  readonly retiredOn: string | null
  readonly prices: Prices
  /** In order; where two hold, the later one wins, class by class. */
  readonly variants: readonly PriceVariant[]
  readonly provenance: Provenance
  /** Which list was taken, and which others said the same on their day (input and output within half a per cent). */
  readonly source: string
  readonly agreeing: readonly string[]
}

export interface PriceSource {
  readonly title: string
  readonly url: string
  readonly licence: string
  /** The day the list shows. */
  readonly asOf: string
}

export interface PriceProvider {
  readonly name: string
  /** Other ids by which tools know the provider. */
  readonly aliases: readonly string[]
}

export interface PriceBook {
  /** The day of the newest list in it. */
  readonly asOf: string
  readonly sources: Readonly<Record<string, PriceSource>>
  readonly providers: Readonly<Record<string, PriceProvider>>
  readonly entries: readonly PriceEntry[]
  /** Entries of a provider's model by any name the book knows; made by `createPriceBook`. */
  readonly entriesOf: (provider: string, model: string) => readonly PriceEntry[]
}
