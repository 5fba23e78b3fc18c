/** Which price is in force for a request, and by which rule. */
import { endMs, startMs } from './price-book.ts'
import type { PriceBook, PriceCondition, PriceEntry, Prices, PriceVariant, ServiceTier } from './types.ts'
import { clockText, minuteOfDayUtc, weekdayUtc } from './utc-day.ts'

export interface PriceQuery {
  /** Id or alias of a provider: `openai`, `xai`. */
  readonly provider: string
  /** What the provider calls the model, or an alias, or a dated snapshot of it. */
  readonly model: string
  /** Milliseconds since 1970 of the moment the request was made. */
  readonly atMs: number
  /** Length of the whole prompt, cached part included: decides context tiers. */
  readonly promptTokens: number
  /** Standard when not given. */
  readonly serviceTier?: ServiceTier
}

export interface PriceInForce {
  readonly entry: PriceEntry
  /** Of the entry, with those variants laid over it whose conditions hold. */
  readonly prices: Prices
  readonly variants: readonly PriceVariant[]
  /** One sentence part a rule: validity, service tier, hours, length of the prompt. */
  readonly rule: readonly string[]
}

/**
 * The price in force, or null when the book has none for this provider, model, moment or service tier: nothing is guessed from
 * another tier or another time.
 */
export function priceAt(book: PriceBook, query: PriceQuery): PriceInForce | null {
  const tier = query.serviceTier ?? 'standard'
  const entry = book
    .entriesOf(query.provider, query.model)
    .find(
      candidate =>
        candidate.serviceTier === tier && startMs(candidate) <= query.atMs && query.atMs < endMs(candidate),
    )
  return entry === undefined ? null : priceOfEntry(entry, query.atMs, query.promptTokens)
}

/** The entry's prices at a moment (which is taken to lie in its validity) for a prompt of that length. */
export function priceOfEntry(entry: PriceEntry, atMs: number, promptTokens: number): PriceInForce {
  const variants = entry.variants.filter(({ when }) => holds(when, atMs, promptTokens))
  return {
    entry,
    prices: Object.assign({}, entry.prices, ...variants.map(variant => variant.prices)) as Prices,
    variants,
    rule: [
      ...validityText(entry),
      ...(entry.retiredOn === null ? [] : [`to be retired on ${entry.retiredOn}`]),
      ...(entry.serviceTier === 'standard' ? [] : [`service tier ${entry.serviceTier}`]),
      ...variants.map(({ when }) => conditionText(when)),
    ],
  }
}

function holds(when: PriceCondition, atMs: number, promptTokens: number): boolean {
  if (when.promptTokensFrom !== undefined && promptTokens < when.promptTokensFrom) return false
  if (when.weekdaysUtc !== undefined && !when.weekdaysUtc.includes(weekdayUtc(atMs))) return false
  if (when.minutesUtc === undefined) return true
  const [from, to] = when.minutesUtc
  const minute = minuteOfDayUtc(atMs)
  return from <= to ? from <= minute && minute < to : minute >= from || minute < to
}

function validityText({ validFrom, validTo }: PriceEntry): string[] {
  if (validFrom === null && validTo === null) return []
  if (validTo === null) return [`from ${validFrom}`]
  return [validFrom === null ? `until ${validTo}` : `from ${validFrom} until ${validTo}`]
}

/** Runs of three days and more by their ends. */
function weekdaysText(days: readonly number[]): string {
  const [first, last] = [days[0]!, days.at(-1)!]
  const isRun = days.length > 2 && days.every((day, index) => day === first + index)
  return isRun
    ? `${weekdayNames[first]} to ${weekdayNames[last]}`
    : days.map(day => weekdayNames[day]).join(' ')
}

const weekdayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** `prompts from 272000 tokens on`, `01:00 to 04:00 UTC, Mon to Fri`. */
export function conditionText(when: PriceCondition): string {
  const parts: string[] = []
  if (when.minutesUtc !== undefined) {
    parts.push(`${clockText(when.minutesUtc[0])} to ${clockText(when.minutesUtc[1])} UTC`)
  }
  if (when.weekdaysUtc !== undefined) parts.push(weekdaysText(when.weekdaysUtc))
  if (when.promptTokensFrom !== undefined) parts.push(`prompts from ${when.promptTokensFrom} tokens on`)
  return parts.join(', ')
}
