/**
 * The cost function of NVIDIA Dynamo's KV router: what a candidate would have to prefill, in blocks, and what it would have to
 * hold while decoding.
 *
 *   cost = overlapWeight × prefillBlocks + decodeBlocks              the lowest wins, or softmax over −cost
 *   prefillBlocks = (prompt tokens pending there + this prompt − its cached part, tiers weighted) ÷ blockTokens
 *   decodeBlocks  = (prompt tokens of all requests under way there + this prompt) ÷ blockTokens, each rounded up
 *
 * Source: ai-dynamo/dynamo, lib/kv-router/src/scheduling/selector.rs (commit ccd1706), defaults from src/config.rs (870abbd).
 * Different here: blocks shared by requests under way are counted for each of them, output blocks not at all (Dynamo's
 * default too), and equal costs take turns where Dynamo prefers the smaller tree, then chance.
 */
import type { Ranking } from '../decision-view.ts'

export interface KvAwareSettings {
  /** How much a block to prefill weighs against a block to hold. Higher favours the first token over the later ones. */
  readonly overlapWeight: number
  readonly blockTokens: number
}

/** Dynamo's kv-overlap-score-weight and router-temperature. */
export const kvAwareDefaults = { overlapWeight: 1, temperature: 0 } as const

export function rankByKvCost({ overlapWeight, blockTokens }: KvAwareSettings): Ranking {
  return {
    partNames: ['prefillBlocks', 'decodeBlocks'],
    rank(view) {
      const { kept, keptCount, parts, score, pendingTokens, promptTokens, creditTokens } = view
      const { inputTokens } = view.request
      const ownBlocks = Math.ceil(inputTokens / blockTokens)
      for (let index = 0; index < keptCount; index++) {
        const position = kept[index]!
        const prefillTokens = pendingTokens[position]! + inputTokens - creditTokens[position]!
        const prefillBlocks = prefillTokens / blockTokens
        const decodeBlocks = Math.ceil(promptTokens[position]! / blockTokens) + ownBlocks
        parts[0]![position] = prefillBlocks
        parts[1]![position] = decodeBlocks
        score[position] = -(overlapWeight * prefillBlocks + decodeBlocks)
      }
      return null
    },
  }
}
