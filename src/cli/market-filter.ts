/** Flags that choose offers: model, provider, moment, service tier. */
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { type OfferFilter, offersInForce, providerId } from '../market/offers.ts'
import { type PriceBook, type PriceEntry, type ServiceTier, serviceTiers } from '../market/types.ts'

export interface FilterFlags {
  readonly provider?: string
  readonly at?: string
  readonly tier?: string
}

/** `2026-11-01T03:00Z`, `2026-11-01`; a time of day needs its zone, since prices have hours. Now when not given. */
export function momentOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs
  const atMs = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  if (!Number.isNaN(atMs)) return atMs
  throw new TokenwrightError('usage', `"${text}" is no moment`, {
    where: '--at',
    fix: 'write a day or a moment with its zone: 2026-11-01 or 2026-11-01T03:00Z',
  })
}

/** "2026-11-01 03:00 UTC". */
export function momentText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** One tier, or all of them. */
export function tiersOf(text: string): readonly ServiceTier[] {
  if (text === 'all') return serviceTiers
  const tier = serviceTiers.find(name => name === text)
  if (tier !== undefined) return [tier]
  throw new TokenwrightError('usage', `"${text}" is no service tier`, {
    where: '--tier',
    fix: `choose ${serviceTiers.join(', ')} or all`,
  })
}

/** Entries in force that the filter lets through; an error with near names when it names something the book lacks. */
export function chosenEntries(book: PriceBook, filter: OfferFilter): PriceEntry[] {
  if (filter.provider !== undefined && providerId(book, filter.provider) === undefined) {
    throw unknown('unknown-entry', 'provider', filter.provider, '--provider', Object.keys(book.providers))
  }
  const entries = offersInForce(book, filter)
  if (entries.length === 0 && filter.model !== undefined) {
    const { model, ...rest } = filter
    const offered = offersInForce(book, { ...rest, atMs: filter.atMs })
    throw unknown(
      'unknown-model',
      'offer of model',
      model,
      'MODEL',
      offered.map(entry => entry.model),
    )
  }
  return entries
}

function unknown(
  code: 'unknown-entry' | 'unknown-model',
  kind: string,
  name: string,
  where: string,
  known: readonly string[],
): TokenwrightError {
  const near = nearestNames(name, new Set(known))
  return new TokenwrightError(code, `the price book has no ${kind} "${name}" for this moment and tier`, {
    where,
    fix: near.length === 0 ? 'see tokenwright market list' : `did you mean ${near.join(', ')}?`,
  })
}
