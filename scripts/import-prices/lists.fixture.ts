/** Lists of a few entries, and the days they are of. */
import type { MergeContext } from './choose-price.ts'
import { readGenaiPrices } from './genai-prices.ts'
import type { ListedOffer, SourceId } from './listed-offer.ts'
import { readLitellm } from './litellm.ts'

export const dayOf: Readonly<Record<SourceId, string>> = {
  corrections: '2026-09-23',
  'genai-prices': '2026-09-23',
  litellm: '2026-08-01',
  openrouter: '2026-08-01',
  'models.dev': '2026-07-02',
}
export const contextOf = (): MergeContext => ({ dayOf, refused: [], disagreements: [] })

export const genai = (models: readonly object[], id = 'openai') => readGenaiPrices([{ id, models }])
export const litellm = (entries: Record<string, object>) => readLitellm(entries)
export const listed = (source: SourceId, input: string, output: string, more: object = {}): ListedOffer => ({
  source,
  provider: 'openai',
  model: 'max',
  serviceTier: 'standard',
  spells: [
    { validFrom: null, validTo: null, prices: { uncachedInput: input, output, ...more }, variants: [] },
  ],
})
