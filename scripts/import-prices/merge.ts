/** Groups of listed offers become rows of the book: chosen, with their history, and with the model of our catalog they serve. */
import { plainModelName } from '../../src/market/offers.ts'
import type { PriceRow } from '../../src/market/price-book.ts'
import { type Prices, priceClasses, type ServiceTier } from '../../src/market/types.ts'
import { type ChosenOffer, chooseStandard, chooseTier, type MergeContext } from './choose-price.ts'
import { differs } from './differs.ts'
import type { OfferGroup } from './group-offers.ts'
import type { ListedSpell } from './history.ts'
import { spellOn } from './listed-offer.ts'
import { listedProviders } from './providers.ts'

export interface CatalogName {
  readonly id: string
  readonly aliases: readonly string[]
}

export interface MergeInput {
  readonly groups: readonly OfferGroup[]
  readonly history: ReadonlyMap<string, readonly ListedSpell[]>
  readonly historyDay: string
  readonly catalog: readonly CatalogName[]
}

const otherTiers: readonly Exclude<ServiceTier, 'standard'>[] = ['batch', 'flex', 'priority']

/** Rows sorted by provider, model, tier and time. */
export function mergeOffers(input: MergeInput, context: MergeContext): PriceRow[] {
  const catalogIdOf = catalogIndex(input.catalog)
  return input.groups
    .flatMap(group => {
      const standard = chooseStandard(group, context)
      if (standard === null || !worthKeeping(group, standard, catalogIdOf, context)) return []
      const catalogModelId = catalogIdOf(group.model)
      const tiers = otherTiers.flatMap(tier => {
        const chosen = chooseTier(group, tier, standard.offer, context)
        return chosen === null ? [] : rowsOf(group, chosen, catalogModelId, tier, context)
      })
      return [
        ...historyRows(group, standard, catalogModelId, input),
        ...rowsOf(group, standard, catalogModelId, 'standard', context, historyStart(group, standard, input)),
        ...tiers,
      ]
    })
    .sort((a, b) => (a.provider === b.provider ? 0 : a.provider < b.provider ? -1 : 1))
}

/** The last day of its names; null when a name of it has none. */
function retirementOf({ retirements }: OfferGroup): string | null {
  const days = retirements.filter(day => day !== null)
  return days.length === retirements.length ? (days.sort().at(-1) ?? null) : null
}

/** What is retired and in no other list is left out. Of hosts, what only one of the older lists knows is left out unless its weights are those of a model of ours. */
function worthKeeping(
  group: OfferGroup,
  { offer, agreeing }: ChosenOffer,
  catalogIdOf: (model: string) => string | undefined,
  { dayOf }: MergeContext,
): boolean {
  const isGone = offer.retiredOn !== undefined && offer.retiredOn <= dayOf.litellm
  if (isGone && agreeing.length === 0) return false
  const kind = listedProviders.find(({ id }) => id === group.provider)?.kind
  if (kind === 'maker' || offer.source === 'genai-prices' || offer.source === 'corrections') return true
  return agreeing.length > 0 || catalogIdOf(group.model) !== undefined
}

function rowsOf(
  group: OfferGroup,
  { offer, agreeing }: ChosenOffer,
  catalogModelId: string | undefined,
  tier: ServiceTier,
  { dayOf }: MergeContext,
  validFrom: string | null = null,
): PriceRow[] {
  const retiredOn = retirementOf(group)
  return offer.spells.map((spell, index) => {
    const witnesses = agreeing.filter(source => spellOn(offer, dayOf[source]) === spell)
    const from = spell.validFrom ?? (index === 0 ? validFrom : null)
    return {
      provider: group.provider,
      model: group.model,
      ...(tier === 'standard' && group.aliases.size > 0 ? { aliases: [...group.aliases].sort() } : {}),
      ...(catalogModelId === undefined ? {} : { catalogModelId }),
      ...(tier === 'standard' ? {} : { serviceTier: tier }),
      ...(from === null ? {} : { validFrom: from }),
      ...(spell.validTo === null ? {} : { validTo: spell.validTo }),
      ...(spell.validTo === null && retiredOn !== null ? { retiredOn } : {}),
      prices: ordered(spell.prices),
      ...(spell.variants.length === 0
        ? {}
        : { variants: spell.variants.map(({ when, prices }) => ({ when, prices: ordered(prices) })) }),
      source: offer.source,
      ...(witnesses.length === 0 ? {} : { agreeing: witnesses }),
      ...(offer.notes === undefined ? {} : { notes: offer.notes }),
    }
  })
}

/** Earlier spells of LiteLLM's list, if what it ended with is what was chosen for that day and began nowhere in particular. */
function earlierSpells(group: OfferGroup, { offer }: ChosenOffer, input: MergeInput): readonly ListedSpell[] {
  const key = group.byTier.get('standard')?.get('litellm')?.listKey
  const spells = key === undefined ? [] : (input.history.get(key) ?? [])
  const last = spells.at(-1)
  const then = spellOn(offer, input.historyDay)
  if (last === undefined || then === undefined || then.validFrom !== null || offer.source === 'corrections')
    return []
  const same = (['uncachedInput', 'output'] as const).every(
    name => last.prices[name] !== undefined && !differs(last.prices[name], then.prices[name]),
  )
  return same && spells.length > 1 ? spells : []
}

function historyStart(group: OfferGroup, chosen: ChosenOffer, input: MergeInput): string | null {
  return earlierSpells(group, chosen, input).at(-1)?.from ?? null
}

function historyRows(
  group: OfferGroup,
  chosen: ChosenOffer,
  catalogModelId: string | undefined,
  input: MergeInput,
): PriceRow[] {
  const spells = earlierSpells(group, chosen, input)
  return spells.slice(0, -1).map((spell, index) => ({
    provider: group.provider,
    model: group.model,
    ...(catalogModelId === undefined ? {} : { catalogModelId }),
    ...(index === 0 ? {} : { validFrom: spell.from }),
    validTo: spells[index + 1]!.from,
    prices: ordered(spell.prices),
    source: 'litellm-history',
  }))
}

function ordered(prices: Prices): Prices {
  return Object.fromEntries(
    priceClasses.flatMap(name => (prices[name] === undefined ? [] : [[name, prices[name]]])),
  )
}

/**
 * The catalog's aliases also name models of the same architecture. An offer of GLM 4.5 is none of GLM 4.7: names must be the same but
 * for an ending that is a word or a date of four digits.
 */
function isVersionOf(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return long.startsWith(short) && /^(|\D.*|\d{4})$/.test(long.slice(short.length))
}

/** The catalog's model by what a provider calls it: the part after the slash, without instruct, chat and turbo endings. */
function catalogIndex(catalog: readonly CatalogName[]): (model: string) => string | undefined {
  const byName = new Map<string, string>()
  for (const { id } of catalog) byName.set(plainModelName(id), id)
  for (const { id, aliases } of catalog) {
    for (const alias of aliases) {
      if (!byName.has(plainModelName(alias))) byName.set(plainModelName(alias), id)
    }
  }
  return model => {
    const id = byName.get(plainModelName(model))
    return id !== undefined && isVersionOf(plainModelName(id), plainModelName(model)) ? id : undefined
  }
}
