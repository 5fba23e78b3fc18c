/** Request lengths behind nominal ones. */
import type { RequestShape } from '../../perf/deployment.ts'

/** InferenceX draws whole lengths uniformly from 0.8 to 1.0 of the nominal (RANDOM_RANGE_RATIO 0.8): mean 0.9. */
const meanOfNominal = 0.9
/** Standard deviation of U[0.8, 1.0] over its mean. */
const uniformVariation = 0.2 / Math.sqrt(12) / meanOfNominal

export function inferenceXShape(nominalInputTokens: number, nominalOutputTokens: number): RequestShape {
  return {
    inputTokens: meanOfNominal * nominalInputTokens,
    outputTokens: Math.max(1, meanOfNominal * nominalOutputTokens),
    cachedTokens: 0,
    inputVariation: uniformVariation,
    outputVariation: nominalOutputTokens > 1 ? uniformVariation : 0,
  }
}

export function fixedShape(inputTokens: number, outputTokens: number): RequestShape {
  return { inputTokens, outputTokens, cachedTokens: 0, inputVariation: 0, outputVariation: 0 }
}
