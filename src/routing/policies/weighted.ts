/**
 * A weighted sum of scorers, the general form: filter → score → pick, after the llm-d router and the Gateway API inference
 * extension (docs/architecture.md of llm-d/llm-d-router).
 *
 *   score = Σ weight × value ÷ Σ weight                              in [0, 1]
 */
import type { Ranking } from '../decision-view.ts'
import { type ScorerName, scorers } from '../scorers.ts'

/** JSON-able. */
export interface WeightedScorer {
  readonly scorer: ScorerName
  /** Above 0; only ratios matter. */
  readonly weight: number
}

/** The default profile of llm-d-router's chart: config/charts/routerlib/templates/_config.yaml, commit 00bacf3. */
export const weightedDefaults: readonly WeightedScorer[] = [
  { scorer: 'queue', weight: 2 },
  { scorer: 'cache-use', weight: 2 },
  { scorer: 'prefix', weight: 3 },
]

export function rankByWeights(weighted: readonly WeightedScorer[]): Ranking {
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0)
  return {
    partNames: weighted.map(({ scorer }) => scorer),
    rank(view) {
      const { kept, keptCount, parts, score } = view
      for (let index = 0; index < keptCount; index++) score[kept[index]!] = 0
      for (let part = 0; part < weighted.length; part++) {
        const { scorer, weight } = weighted[part]!
        const values = parts[part]!
        const share = weight / total
        scorers[scorer](view, values)
        for (let index = 0; index < keptCount; index++) {
          const position = kept[index]!
          score[position]! += share * values[position]!
        }
      }
      return null
    },
  }
}
