/** What is shown of a row: rates, prices, shares. Amounts are doubles, for display; the ledger has them exactly. */
import { column, columns } from './live-measures.ts'

/** JSON. null where nothing was seen that could say it. */
export interface LiveFigures {
  readonly requests: number
  readonly served: number
  readonly good: number
  readonly refused: number
  readonly failed: number
  readonly cancelled: number
  readonly attempts: number
  readonly requestsPerSecond: number
  /** Served within the objectives, a second. */
  readonly goodputPerSecond: number
  readonly tokensPerSecond: number
  readonly outputTokensPerSecond: number
  readonly tokens: {
    readonly uncachedInput: number
    readonly cachedInput: number
    readonly cacheWrite: number
    readonly inputAudio: number
    readonly output: number
    readonly outputAudio: number
    /** Part of output. */
    readonly reasoning: number
  }
  /** Exact for offers, expected engine time for deployments; idle time is not in it. */
  readonly usd: number
  /** Part of usd that the gateway bears: retries, hedges. */
  readonly gatewayUsd: number
  /** usd ÷ all tokens. */
  readonly usdPerMillionTokens: number | null
  /** What own machines cost in this time, used or not; 0 where there are none. */
  readonly capacityUsd: number
  /** Offers, and capacity in the place of expected engine time: what is really paid. null where engines served and their capacity's cost is not known by this name (a model, a tenant). */
  readonly usdWithIdle: number | null
  readonly usdPerMillionTokensWithIdle: number | null
  /** Expected engine time ÷ capacity, in money: above 1 where expectations are too high. null without capacity. */
  readonly expectedUseShare: number | null
  /** Money of the engines' intervals that were closed in this time, and the share of it that nobody used, as the ledger has it. */
  readonly closedUsd: number
  readonly idleShare: number | null
  /** Prompt tokens found in a cache ÷ prompt tokens. */
  readonly cacheHitShare: number | null
  readonly expectedCacheHitShare: number | null
  /** Of the tokens: counted here, because nobody reported them. */
  readonly estimatedShare: number | null
  readonly meanTtftMs: number | null
  readonly meanTpotMs: number | null
  readonly meanQueuedMs: number | null
  readonly meanOverheadMs: number | null
}

/** @param seconds that the row covers. */
export function figuresOf(row: Float64Array, seconds: number): LiveFigures {
  const at = (name: keyof typeof column): number => row[column[name]]!
  const prompt = at('uncachedInput') + at('cachedInput') + at('cacheWrite') + at('inputAudio')
  const output = at('output') + at('outputAudio')
  const all = prompt + output
  const usd = at('nanoUsd') / 1e9
  const capacityUsd = at('capacityNanoUsd') / 1e9
  const engineUsd = at('engineNanoUsd') / 1e9
  const usdWithIdle = engineUsd > 0 && capacityUsd === 0 ? null : usd - engineUsd + capacityUsd
  const perSecond = (count: number): number => (seconds > 0 ? count / seconds : 0)
  return {
    requests: at('requests'),
    served: at('served'),
    good: at('good'),
    refused: at('refused'),
    failed: at('failed'),
    cancelled: at('cancelled'),
    attempts: at('attempts'),
    requestsPerSecond: perSecond(at('requests')),
    goodputPerSecond: perSecond(at('good')),
    tokensPerSecond: perSecond(all),
    outputTokensPerSecond: perSecond(output),
    tokens: {
      uncachedInput: at('uncachedInput'),
      cachedInput: at('cachedInput'),
      cacheWrite: at('cacheWrite'),
      inputAudio: at('inputAudio'),
      output: at('output'),
      outputAudio: at('outputAudio'),
      reasoning: at('reasoning'),
    },
    usd,
    gatewayUsd: at('gatewayNanoUsd') / 1e9,
    usdPerMillionTokens: ratio(usd * 1e6, all),
    capacityUsd,
    usdWithIdle,
    usdPerMillionTokensWithIdle: usdWithIdle === null ? null : ratio(usdWithIdle * 1e6, all),
    expectedUseShare: ratio(engineUsd, capacityUsd),
    closedUsd: at('closedNanoUsd') / 1e9,
    idleShare: ratio(at('closedIdleNanoUsd'), at('closedNanoUsd')),
    cacheHitShare: ratio(at('cachedInput'), prompt),
    expectedCacheHitShare: ratio(at('expectedCached'), prompt),
    estimatedShare: ratio(at('estimatedTokens'), all),
    meanTtftMs: ratio(at('ttftMs'), at('ttftCount')),
    meanTpotMs: ratio(at('tpotMs'), at('tpotCount')),
    meanQueuedMs: ratio(at('queuedMs'), at('requests')),
    meanOverheadMs: ratio(at('overheadMs'), at('overheadCount')),
  }
}

/** Of all figures. */
export const figureNames: readonly string[] = Object.keys(figuresOf(new Float64Array(columns), 0))

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null
}
