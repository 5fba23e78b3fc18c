/** What the lists say in words, or cannot say in their form; each with its reason. Looked at anew with every import. */
import { present } from '../../src/core/assert.ts'
import type { Prices } from '../../src/market/types.ts'
import type { ListedOffer, PriceSpell } from './listed-offer.ts'

const mondayToFriday = [1, 2, 3, 4, 5]

/** The offers with the corrections made. */
export function corrected(offers: readonly ListedOffer[]): ListedOffer[] {
  return offers.filter(isOffered).map(offer => {
    if (offer.source !== 'genai-prices' || offer.serviceTier !== 'standard') return offer
    const name = `${offer.provider}/${offer.model}`.toLowerCase()
    if (/^deepseek\/deepseek-v4-(flash|pro)$/.test(name)) return withoutWeekendPeaks(offer)
    if (name === 'deepseek/deepseek-chat' || name === 'deepseek/deepseek-reasoner')
      return retiredDeepseekName(offer)
    if (/^(zai|openrouter\/z-ai)\/glm-5\.3-flash$/.test(name)) return afterPromotion(offer)
    return offer
  })
}

/**
 * DeepSeek sells what its announcements name: V4, and before it two names that meant the model of the day. Lists also have hosts'
 * names and prices for its older models. Perplexity once sold open models under their own names, and no longer does (from memory).
 */
function isOffered({ provider, model }: ListedOffer): boolean {
  if (provider === 'perplexity') return !/^(llama|mixtral|mistral|codellama|pplx)/.test(model)
  return provider !== 'deepseek' || /^deepseek-(v4-|chat$|reasoner$)/.test(model)
}

/**
 * genai-prices' comment on the model and its issue 582: from 2026-08-23 weekends (Beijing) have no peak hours. Both peaks, 09 to
 * 12 and 14 to 18 o'clock in Beijing, fall on the same day in UTC, so that weekdays can be counted in UTC.
 */
function withoutWeekendPeaks(offer: ListedOffer): ListedOffer {
  const last = present(offer.spells.at(-1), `${offer.model} has prices`)
  const weekendsFrom = '2026-08-23'
  const onWeekdays = last.variants.map(variant => ({
    ...variant,
    when: { ...variant.when, weekdaysUtc: mondayToFriday },
  }))
  return {
    ...offer,
    spells: [
      ...offer.spells.slice(0, -1),
      { ...last, validTo: weekendsFrom },
      { ...last, validFrom: weekendsFrom, variants: onWeekdays },
    ],
    notes: 'no peak hours at weekends from 2026-08-23: genai-prices issue 582',
  }
}

/**
 * The list keeps the hours of 2025. DeepSeek's V4 announcement of 2026-04-24 (as quoted at developersdigest.tech/blog/
 * deepseek-chat-to-v4-migration-guide) routes both names to deepseek-v4-flash and retires them on 2026-07-24. Earlier prices and
 * their dates are those of LiteLLM's list; it had 0.28/0.42 from 2026-01-13, later than DeepSeek asked it.
 */
function retiredDeepseekName(offer: ListedOffer): ListedOffer {
  const beforeV32: Prices =
    offer.model === 'deepseek-chat'
      ? { uncachedInput: '0.27', cachedInput: '0.07', output: '1.1' }
      : { uncachedInput: '0.55', cachedInput: '0.14', output: '2.19' }
  return {
    source: 'corrections',
    provider: offer.provider,
    model: offer.model,
    serviceTier: 'standard',
    spells: [
      spell(null, '2026-01-13', beforeV32),
      spell('2026-01-13', '2026-04-24', { uncachedInput: '0.28', cachedInput: '0.028', output: '0.42' }),
      spell('2026-04-24', '2026-07-25', { uncachedInput: '0.14', cachedInput: '0.0028', output: '0.28' }),
    ],
    notes:
      'another name of deepseek-v4-flash from 2026-04-24, retired on 2026-07-24; earlier prices and dates as LiteLLM listed them',
  }
}

/** Both entries' comments: half price until 2026-09-09 16:00 UTC, then 0.15, 0.03 cached and 0.50. Days are whole here. */
function afterPromotion(offer: ListedOffer): ListedOffer {
  const [promotion] = offer.spells
  return {
    ...offer,
    spells: [
      { ...present(promotion, `${offer.model} has prices`), validTo: '2026-09-10' },
      spell('2026-09-10', null, { uncachedInput: '0.15', cachedInput: '0.03', output: '0.5' }),
    ],
    notes: 'half price until 2026-09-09 16:00 UTC, as genai-prices comments',
  }
}

function spell(validFrom: string | null, validTo: string | null, prices: Prices): PriceSpell {
  return { validFrom, validTo, prices, variants: [] }
}
