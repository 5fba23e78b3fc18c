/** The same offer in several lists, brought together under one name. */
import type { ServiceTier } from '../../src/market/types.ts'
import { differs } from './differs.ts'
import { type ListedOffer, nameKey, type SourceId, spellOn } from './listed-offer.ts'

export interface OfferGroup {
  readonly provider: string
  /** As the first list names it. */
  readonly model: string
  /** Names that lists have for it and that cost the same. */
  readonly aliases: Set<string>
  /** Of each of LiteLLM's names for it, the day of retirement or null: the one list that has such days. */
  readonly retirements: (string | null)[]
  readonly byTier: Map<ServiceTier, Map<SourceId, ListedOffer>>
}

/**
 * Offers come in the order in which lists are believed. Names that differ by case and punctuation only are one model. A name that
 * a rule of genai-prices takes for one of its models is another name of that model if it costs the same, else a model apart.
 */
export function groupOffers(
  offers: readonly ListedOffer[],
  dayOf: Readonly<Record<SourceId, string>>,
): OfferGroup[] {
  const groups = new Map<string, OfferGroup>()
  const rulesOf = new Map<string, { readonly offer: ListedOffer; readonly group: OfferGroup }[]>()
  const aliasOf = new Map<string, OfferGroup>()
  for (const offer of offers) {
    const key = `${offer.provider}|${nameKey(offer.provider, offer.model)}`
    let group = groups.get(key) ?? aliasOf.get(key)
    if (group === undefined && offer.serviceTier === 'standard') {
      group = groupByRule(offer, rulesOf.get(offer.provider) ?? [], dayOf[offer.source])
      if (group !== undefined) aliasOf.set(key, group)
    }
    if (group === undefined) {
      group = {
        provider: offer.provider,
        model: offer.model,
        aliases: new Set(),
        retirements: [],
        byTier: new Map(),
      }
      groups.set(key, group)
    }
    if (offer.model !== group.model) group.aliases.add(offer.model)
    if (offer.source === 'litellm' && offer.serviceTier === 'standard') {
      group.retirements.push(offer.retiredOn ?? null)
    }
    const bySource = group.byTier.get(offer.serviceTier) ?? new Map<SourceId, ListedOffer>()
    if (!bySource.has(offer.source)) bySource.set(offer.source, offer)
    group.byTier.set(offer.serviceTier, bySource)
    if (offer.matches !== undefined) {
      rulesOf.set(offer.provider, [...(rulesOf.get(offer.provider) ?? []), { offer, group }])
    }
  }
  return [...groups.values()]
}

function groupByRule(
  offer: ListedOffer,
  rules: readonly { readonly offer: ListedOffer; readonly group: OfferGroup }[],
  day: string,
): OfferGroup | undefined {
  if (offer.matches !== undefined) return undefined
  const rule = rules.find(
    ({ offer: known }) =>
      known.matches!(offer.model) || known.matches!(`accounts/fireworks/models/${offer.model}`),
  )
  if (rule === undefined) return undefined
  const then = spellOn(rule.offer, day)?.prices
  const listed = spellOn(offer, day)?.prices
  if (then === undefined || listed === undefined || then.uncachedInput === undefined) return undefined
  const same =
    !differs(then.uncachedInput, listed.uncachedInput) &&
    !differs(then.output, listed.output) &&
    listed.uncachedInput !== undefined
  return same ? rule.group : undefined
}
