/** One price for each offer and tier out of what the lists say, by the rule that docs/guides/market.md states. */
import type { Disagreement, RefusedPrice } from '../../src/market/findings.ts'
import {
  type Implausibility,
  implausiblePrices,
  implausibleTier,
  implausibleVariant,
} from '../../src/market/plausibility.ts'
import {
  type PriceClass,
  type Prices,
  type PriceVariant,
  priceClasses,
  type ServiceTier,
} from '../../src/market/types.ts'
import { differs } from './differs.ts'
import type { OfferGroup } from './group-offers.ts'
import {
  type ListedOffer,
  type PriceSpell,
  type SourceId,
  sourceIds,
  spellOn,
  type WritablePrices,
} from './listed-offer.ts'

export interface ChosenOffer {
  readonly offer: ListedOffer
  readonly agreeing: readonly SourceId[]
}

export interface MergeContext {
  readonly dayOf: Readonly<Record<SourceId, string>>
  readonly refused: RefusedPrice[]
  readonly disagreements: Disagreement[]
}

/** Classes whose fault makes the whole offer a fault. */
const mainClasses: readonly PriceClass[] = ['uncachedInput', 'output']

/**
 * The newest list's plausible price. Classes it does not state are taken from lists that agree with it on input and output on
 * their own day (see `filled`). OpenRouter is heard as a witness on makers' prices, never taken for them: it may pass a model on for less.
 */
export function chooseStandard(group: OfferGroup, context: MergeContext): ChosenOffer | null {
  const candidates = sourceIds.flatMap(source => {
    const offer = group.byTier.get('standard')?.get(source)
    const cleaned = offer === undefined ? null : withoutSlips(offer, context)
    return cleaned === null ? [] : [cleaned]
  })
  const first = candidates.find(({ source }) => source !== 'openrouter' || group.provider === 'openrouter')
  if (first === undefined) return null
  const others = candidates.filter(offer => offer !== first)
  const agreeing = others.filter(other => agrees(first, other, context))
  const spells = first.spells.map((spell, index) =>
    index === first.spells.length - 1 || first.spells.length === 1
      ? { ...spell, prices: filled(spell.prices, agreeing, context) }
      : spell,
  )
  return { offer: { ...first, spells }, agreeing: agreeing.map(({ source }) => source) }
}

/** Another tier's price is believed only from a list whose standard price is the one that was chosen, and only for that spell. */
export function chooseTier(
  group: OfferGroup,
  tier: ServiceTier,
  standard: ListedOffer,
  context: MergeContext,
): ChosenOffer | null {
  const believed = sourceIds.flatMap(source => {
    const offer = group.byTier.get(tier)?.get(source)
    if (offer === undefined) return []
    const base = group.byTier.get('standard')?.get(source)
    const day = context.dayOf[source]
    const spell = spellOn(standard, day)
    if (base === undefined || spell === undefined) return []
    if (source !== standard.source && !agrees(standard, base, context)) return []
    const plain = spellOn(base, day)!.prices
    const kept = offer.spells.flatMap(own => tierSpell(own, tier, plain, offer, context))
    if (kept.length === 0) return []
    const spells =
      offer.source === standard.source && offer.spells.length === standard.spells.length
        ? kept
        : kept.map(own => ({ ...own, validFrom: spell.validFrom, validTo: spell.validTo }))
    return [{ ...offer, spells }]
  })
  const [first, ...others] = believed
  if (first === undefined) return null
  return {
    offer: first,
    agreeing: others.filter(other => agrees(first, other, context)).map(({ source }) => source),
  }
}

function tierSpell(
  spell: PriceSpell,
  tier: ServiceTier,
  plain: Prices,
  offer: ListedOffer,
  context: MergeContext,
): PriceSpell[] {
  // Announced changes have a standard price of their own; their multiples are those the list states.
  const slips = offer.spells.length === 1 ? implausibleTier(tier, spell.prices, plain) : []
  report(slips, spell.prices, offer, context)
  const prices = without(spell.prices, slips)
  const complete = mainClasses.every(name => plain[name] === undefined || prices[name] !== undefined)
  return complete
    ? [{ ...spell, prices, variants: plausibleVariants(spell.variants, prices, offer, context) }]
    : []
}

/** Null when input or output is implausible in any spell; other classes that are, are left out. */
function withoutSlips(offer: ListedOffer, context: MergeContext): ListedOffer | null {
  let sound = true
  const spells = offer.spells.map(spell => {
    const slips = implausiblePrices(spell.prices)
    report(slips, spell.prices, offer, context)
    if (slips.some(slip => mainClasses.includes(slip.class))) sound = false
    const prices = without(spell.prices, slips)
    return { ...spell, prices, variants: plausibleVariants(spell.variants, prices, offer, context) }
  })
  const sold = spells.every(
    ({ prices }) => prices.uncachedInput !== undefined || prices.perAudioHour !== undefined,
  )
  return sound && sold ? { ...offer, spells } : null
}

function plausibleVariants(
  variants: readonly PriceVariant[],
  plain: Prices,
  offer: ListedOffer,
  context: MergeContext,
): PriceVariant[] {
  return variants.flatMap(variant => {
    const slips = implausibleVariant(variant.prices, plain)
    report(slips, variant.prices, offer, context)
    // A class that is not sold apart for short prompts is none for long ones either.
    const prices = Object.fromEntries(
      Object.entries(without(variant.prices, slips)).filter(
        ([name, price]) => name in plain && price !== plain[name as PriceClass],
      ),
    )
    return Object.keys(prices).length === 0 ? [] : [{ ...variant, prices }]
  })
}

function without(prices: Prices, slips: readonly Implausibility[]): Prices {
  return Object.fromEntries(
    Object.entries(prices).filter(([name]) => !slips.some(slip => slip.class === name)),
  )
}

function report(
  slips: readonly Implausibility[],
  prices: Prices,
  { provider, model, serviceTier, source }: ListedOffer,
  context: MergeContext,
): void {
  for (const { rule, class: name, value, band } of slips) {
    context.refused.push({
      provider,
      model,
      serviceTier,
      class: name,
      source,
      rule,
      listed: prices[name]!,
      value: Number(value.toPrecision(4)),
      band: [band[0], Number.isFinite(band[1]) ? band[1] : null],
    })
  }
}

/** Same input and output on the other list's day; what differs is reported. */
function agrees(chosen: ListedOffer, other: ListedOffer, context: MergeContext): boolean {
  const day = context.dayOf[other.source]
  const ours = spellOn(chosen, day)?.prices
  const theirs = spellOn(other, day)?.prices
  if (ours === undefined || theirs === undefined) return false
  const main = mainClasses.filter(name => differs(ours[name], theirs[name]))
  const minor: PriceClass[] = main.length > 0 ? [] : ['cachedInput', 'cacheWrite', 'perAudioHour']
  for (const name of [...main, ...minor.filter(each => differs(ours[each], theirs[each]))]) {
    const finding: Disagreement = {
      provider: other.provider,
      model: chosen.model,
      serviceTier: other.serviceTier,
      class: name,
      source: other.source,
      listed: theirs[name]!,
      chosen: ours[name]!,
      chosenFrom: chosen.source,
      day,
    }
    if (!context.disagreements.some(known => JSON.stringify(known) === JSON.stringify(finding)))
      context.disagreements.push(finding)
  }
  return main.length === 0 && (ours.uncachedInput === undefined) === (theirs.uncachedInput === undefined)
}

/**
 * Classes the newest list is silent about: as at least two agreeing lists state them, or the only one that agrees. A single voice
 * among several may as well be the mistake.
 */
function filled(prices: Prices, agreeing: readonly ListedOffer[], context: MergeContext): Prices {
  const others = agreeing.map(offer => spellOn(offer, context.dayOf[offer.source])?.prices ?? {})
  const more: WritablePrices = {}
  for (const name of priceClasses.filter(each => !mainClasses.includes(each))) {
    const stated = others.flatMap(other => (other[name] === undefined ? [] : [other[name]]))
    const [first, ...rest] = stated
    if (first === undefined || prices[name] !== undefined) continue
    if (others.length === 1 || rest.some(price => !differs(first, price))) more[name] = first
  }
  const together = { ...prices, ...more }
  return without(together, implausiblePrices(together))
}
