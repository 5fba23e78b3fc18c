/** Speculative decoding a model can be served with, with acceptance as measured. */
import type { ModelArchitecture } from '../model/architecture.ts'
import { acceptanceLength, measuredMethods } from '../perf/acceptance-lengths.ts'
import type { Speculation } from '../perf/deployment.ts'

/** Longer drafts are verified for ever fewer accepted tokens, and engines are deployed with one to three. */
const draftLengths = [1, 2, 3]

/**
 * Multi-token prediction where the checkpoint ships such layers, and separate drafts (EAGLE-3, DSpark) where their
 * acceptance was measured for exactly this model: they need a checkpoint of their own.
 */
export function speculationOptions(modelId: string, architecture: ModelArchitecture): Speculation[] {
  const shipped: Speculation['method'][] = architecture.multiTokenPrediction === null ? [] : ['mtp']
  const separate = measuredMethods(modelId).filter(method => method !== 'mtp')
  return [...shipped, ...separate].flatMap(method =>
    draftLengths.map(draftTokens => {
      const { length, source } = acceptanceLength(modelId, method, draftTokens)
      const draft = method === 'mtp' ? source : `${source}; needs a draft checkpoint of its own`
      return { method, draftTokens, acceptanceLength: length, acceptanceSource: draft }
    }),
  )
}
