/**
 * What speculation a row with `mtp` most likely ran with: the files say that it was on, not how far it drafted nor by
 * what. The one place of that assumption: 3 drafted tokens, the setting of most published launch scripts, by the method
 * that was measured for the model. Acceptance: perf/acceptance-lengths.ts.
 */
import { acceptanceLength, measuredMethods } from '../../perf/acceptance-lengths.ts'
import type { Speculation } from '../../perf/deployment.ts'

const assumedDraftTokens = 3

/** Speculation of a row that names `mtp`; null for `none` and empty. */
export function speculationOfRow(modelId: string, name: string): Speculation | null {
  const plain = name.toLowerCase()
  if (plain === '' || plain === 'none') return null
  const method = measuredMethods(modelId)[0] ?? 'mtp'
  const { length, source } = acceptanceLength(modelId, method, assumedDraftTokens)
  return { method, draftTokens: assumedDraftTokens, acceptanceLength: length, acceptanceSource: source }
}
