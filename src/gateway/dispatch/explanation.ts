/** Why a request went where it went, in words and numbers: the router's own explanation and what was filtered out before it. */
import type { Router } from '../../routing/index.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import type { DispatchFilter } from './filters.ts'
import type { DispatchRequest, Explanation } from './types.ts'

/** filters: of each entry, null for those that the router saw. isAsked: it was asked. */
export function explain(
  alias: string,
  policy: string,
  decision: string,
  router: Router | null,
  entries: readonly CandidateEntry[],
  filters: readonly (DispatchFilter | null)[],
  request: DispatchRequest,
): Explanation {
  const seen = new Map(router?.explain?.()?.candidates.map(each => [each.candidateId, each]))
  return {
    alias,
    policy,
    decision,
    candidates: entries.map((entry, position) => {
      const { id, name } = entry.candidate
      const told = seen.get(id)
      const filter = filters[position] ?? null
      if (filter !== null || told === undefined) {
        const outcome = filter ?? 'not asked'
        return { name, outcome, score: null, expectedCachedTokens: 0, parts: {} }
      }
      const { outcome, score, expectedCachedTokens } = told
      return {
        name,
        outcome,
        score,
        expectedCachedTokens,
        parts: { ...predictions(entry, request, expectedCachedTokens), ...told.parts },
      }
    }),
  }
}

/** What is known, whatever the policy looks at. */
function predictions(
  entry: CandidateEntry,
  request: DispatchRequest,
  cachedTokens: number,
): Record<string, number> {
  const { estimate, load } = entry
  const { inputTokens } = request.prompt
  const values = {
    ttftMs: estimate.ttftMs(load.state, inputTokens, cachedTokens),
    tpotMs: estimate.tpotMs(load.state),
    usd: estimate.marginalUsd(load.state, inputTokens, cachedTokens, request.outputTokens),
    waiting: load.state.waiting,
    running: load.state.running,
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)))
}
