/** Speculative decoding a checkpoint brings with it, with acceptance as measured. */
import type { ModelArchitecture } from '../model/architecture.ts'
import type { Speculation } from '../perf/deployment.ts'

interface MeasuredAcceptance {
  readonly model: RegExp
  /** Mean tokens per step with 1, 2, 3 drafted tokens. */
  readonly lengths: readonly number[]
  readonly source: string
}

/** SPEED-Bench coding, temperature 1.0, thinking on, on B300 (InferenceX golden_al_distribution @843c6254f, Aug 2026). */
const source = 'InferenceX golden acceptance lengths, SPEED-Bench coding, temperature 1'
const measured: readonly MeasuredAcceptance[] = [
  { model: /deepseek-v4/i, lengths: [1.79, 2.27, 2.49], source: `${source} (deepseek-v4-pro)` },
  { model: /glm-5/i, lengths: [1.84, 2.5, 2.99], source: `${source} (glm-5.2-fp8)` },
  {
    model: /qwen3\.5|qwen3\.6|qwen3\.8|qwen3-next/i,
    lengths: [1.93, 2.73, 3.39],
    source: `${source} (qwen3.5-397b-a17b)`,
  },
]

/** No measurement of this model: the lowest of the measured ones. */
const unmeasured: MeasuredAcceptance = {
  model: /./,
  lengths: [1.79, 2.27, 2.49],
  source: `assumed: the lowest of the measured models (deepseek-v4-pro); ${source}`,
}

/** Multi-token prediction with one to three drafts where the checkpoint ships such layers; nothing otherwise. */
export function shippedSpeculations(modelId: string, architecture: ModelArchitecture): Speculation[] {
  if (architecture.multiTokenPrediction === null) return []
  const acceptance = measured.find(entry => entry.model.test(modelId)) ?? unmeasured
  return acceptance.lengths.map((acceptanceLength, index) => ({
    method: 'mtp',
    draftTokens: index + 1,
    acceptanceLength,
    acceptanceSource: acceptance.source,
  }))
}
