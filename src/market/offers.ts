/** Who sells a model, at what price, at a moment; and what a job costs with each of them. */
import { normaliseName } from '../catalog/normalise-name.ts'
import type { UsageClasses } from '../cost/usage.ts'
import { costOfUsage, type UsageCost, type UsageExtras } from './cost-of-usage.ts'
import { effectivePrice } from './effective-price.ts'
import { type PriceInForce, priceOfEntry } from './price-at.ts'
import { endMs, startMs } from './price-book.ts'
import type { PriceBook, PriceEntry, ServiceTier } from './types.ts'
import { dayStartMs } from './utc-day.ts'

export interface OfferFilter {
  readonly atMs: number
  /** Any name of the model, with or without its organisation: a provider's, Hugging Face's. */
  readonly model?: string
  /** Id or another name of a provider. */
  readonly provider?: string
  readonly serviceTiers?: readonly ServiceTier[]
  /** Also models that were to be retired by then; true unless told. */
  readonly retired?: boolean
}

/** Entries in force at the moment. */
export function offersInForce(book: PriceBook, filter: OfferFilter): PriceEntry[] {
  const wanted = filter.model === undefined ? null : plainModelName(filter.model)
  const provider = filter.provider === undefined ? null : providerId(book, filter.provider)
  // Aliases stand at one entry of an offer; its others are found by its own name.
  const named = new Set(book.entries.filter(entry => wanted === null || isNamed(entry, wanted)).map(offerKey))
  return book.entries.filter(
    entry =>
      named.has(offerKey(entry)) &&
      startMs(entry) <= filter.atMs &&
      filter.atMs < endMs(entry) &&
      (provider === null || entry.provider === provider) &&
      (filter.retired !== false || !isRetired(entry, filter.atMs)) &&
      (filter.serviceTiers === undefined || filter.serviceTiers.includes(entry.serviceTier)),
  )
}

/** Whether a list says that the model is gone by then. */
export function isRetired({ retiredOn }: PriceEntry, atMs: number): boolean {
  return retiredOn !== null && dayStartMs(retiredOn) <= atMs
}

const offerKey = ({ provider, model }: PriceEntry) => `${provider}|${model}`

/** The id of a provider by any of its names; undefined when the book has none of them. */
export function providerId(book: PriceBook, name: string): string | undefined {
  const wanted = normaliseName(name)
  return Object.entries(book.providers).find(([id, provider]) =>
    [id, provider.name, ...provider.aliases].some(known => normaliseName(known) === wanted),
  )?.[0]
}

function isNamed(entry: PriceEntry, wanted: string): boolean {
  return [entry.model, ...entry.aliases].some(name => plainModelName(name) === wanted)
}

/**
 * What names of one model have in common: without organisation, case, punctuation, and endings that say instruct or speed. Bedrock's
 * names begin with the maker and end with a version; Fireworks writes v3p2 for 3.2.
 */
export function plainModelName(model: string): string {
  const last = (model.split('/').at(-1) ?? '')
    .toLowerCase()
    .replace(/^(us|eu|apac|global|regional)\./, '')
    .replace(
      /^(anthropic|openai|meta|mistral|deepseek|amazon|qwen|moonshotai|minimax|zai|google|nvidia)\./,
      '',
    )
    .replace(/(-\d{8})?-v\d+:\d+$/, '')
    .replace(/(\d)p(\d)/g, '$1.$2')
  return normaliseName(last)
    .replace(/^meta(?=llama)/, '')
    .replace(/(instruct|it|chat|versatile|instant)+$/, '')
}

export interface Job {
  readonly usage: UsageClasses
  readonly extras: UsageExtras
  /** Tokens of each request's prompt, which decides context tiers. */
  readonly promptTokens: number
}

export interface JobOffer {
  readonly price: PriceInForce
  readonly cost: UsageCost
  /** Dollars per million tokens of the whole job; null when nothing is counted in tokens or a class has no price. */
  readonly usdPerMillionTokens: number | null
}

/** What the job costs with each offer, cheapest first; offers that cannot price all of it come last. */
export function jobOffers(entries: readonly PriceEntry[], job: Job, atMs: number): JobOffer[] {
  return entries
    .map(entry => {
      const price = priceOfEntry(entry, atMs, job.promptTokens)
      return {
        price,
        cost: costOfUsage(price.prices, job.usage, job.extras),
        usdPerMillionTokens: effectivePrice(price.prices, job.usage),
      }
    })
    .sort(
      (a, b) =>
        a.cost.unpriced.length - b.cost.unpriced.length ||
        (a.cost.nanoUsd < b.cost.nanoUsd ? -1 : a.cost.nanoUsd > b.cost.nanoUsd ? 1 : 0) ||
        (a.price.entry.id < b.price.entry.id ? -1 : 1),
    )
}
