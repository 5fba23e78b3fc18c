/** Facts of low confidence, worded for the answers that rest on them. */
import { isLowConfidence, type Provenance } from '../core/provenance.ts'

export interface Fact {
  readonly id: string
  readonly provenance: Provenance
}

/** `price our-h200: estimate, 2026-09 (broker quote)`; null when the fact needs no mark. `what` is its kind. */
export function lowConfidenceMark(what: string, { id, provenance }: Fact): string | null {
  if (!isLowConfidence(provenance)) return null
  return `${what} ${id}: ${provenance.confidence}, ${provenance.asOf} (${provenance.source})`
}

/** Marks of several facts, each once, in the order given. */
export function lowConfidenceMarks(facts: readonly (readonly [what: string, fact: Fact])[]): string[] {
  const marks = facts.map(([what, fact]) => lowConfidenceMark(what, fact))
  return [...new Set(marks.filter(mark => mark !== null))]
}
