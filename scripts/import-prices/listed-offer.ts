/** What every list is read into before lists are compared. */
import type { Prices, PriceVariant, ServiceTier } from '../../src/market/types.ts'

/** In the order in which they are believed: what was corrected by hand with reasons, then the lists, newest first. */
export const sourceIds = ['corrections', 'genai-prices', 'litellm', 'openrouter', 'models.dev'] as const
export type SourceId = (typeof sourceIds)[number]

/** Prices while they are put together. */
export type WritablePrices = { -readonly [Class in keyof Prices]: string }

export interface PriceSpell {
  readonly validFrom: string | null
  readonly validTo: string | null
  readonly prices: Prices
  readonly variants: readonly PriceVariant[]
}

export interface ListedOffer {
  readonly source: SourceId
  /** Our id of the provider. */
  readonly provider: string
  /** What the list calls the model, without a prefix that names the provider. */
  readonly model: string
  /** The list's own key, where its history is kept under it. */
  readonly listKey?: string
  readonly serviceTier: ServiceTier
  /** In the order of time, the current and announced ones last. */
  readonly spells: readonly PriceSpell[]
  /** Whether another name means this model, where the list has a rule for it. */
  readonly matches?: (name: string) => boolean
  /** The day the list names for the model's retirement. */
  readonly retiredOn?: string
  readonly notes?: string
}

/** Where the author in a name tells two models apart, or the name has parts of another kind. */
const wholeNames = new Set(['openrouter', 'aws', 'azure', 'cloudflare'])

/**
 * Names compare without case, dots, colons, underscores, slashes and at signs. Of hosts and makers that sell a model once, some lists
 * put the author before the name and some do not: there it does not count.
 */
export function nameKey(provider: string, model: string): string {
  const name = wholeNames.has(provider) ? model : (model.split('/').at(-1) ?? model)
  return name.toLowerCase().replace(/[._:@/ ]/g, '-')
}

/** The spell on a day; announced and past prices are not compared with a list of that day. */
export function spellOn({ spells }: ListedOffer, day: string): PriceSpell | undefined {
  return spells.find(
    ({ validFrom, validTo }) => (validFrom ?? '') <= day && (validTo === null || day < validTo),
  )
}
