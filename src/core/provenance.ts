/** Where a fact or a coefficient comes from. Every number a user sees can be followed to one of these. */
export interface Provenance {
  /** Document, file or measurement, precise enough to find it again. */
  readonly source: string
  /** Date the fact was true or read: YYYY, YYYY-MM or YYYY-MM-DD. */
  readonly asOf: string
  readonly confidence: Confidence
  readonly notes?: string
}

/**
 * measured: a measurement we hold. published: a vendor's or price list's own statement.
 * analysis: computed by a named third party. estimate: our arithmetic or an expectation.
 * unverified: from memory, no document seen. The last two are "low confidence" and are marked in every answer.
 */
export type Confidence = 'measured' | 'published' | 'analysis' | 'estimate' | 'unverified'

/** True for facts that an answer must mark. */
export function isLowConfidence(provenance: Provenance): boolean {
  return provenance.confidence === 'estimate' || provenance.confidence === 'unverified'
}

/** How a prediction was reached, from best to worst. */
export type PredictionBasis = 'measured' | 'fitted' | 'transferred' | 'assumed'
