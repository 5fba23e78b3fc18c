/**
 * What speculation a row with `mtp` most likely ran with: the files say that it was on, not how far it drafted.
 * The one place of that assumption. Draft lengths: 3, the setting of most published launch scripts.
 * Acceptance lengths: SPEED-Bench coding, temperature 1.0, thinking on (data/measured/spec_decode_acceptance.csv,
 * SemiAnalysis InferenceX golden_al_distribution). DeepSeek-R1 is not in that table: its nearest relative,
 * DeepSeek-V4-Pro (same module, trained the same way), stands in.
 */
import type { Speculation } from '../../perf/deployment.ts'

interface Acceptance {
  readonly method: Speculation['method']
  /** Mean tokens per step for 1, 2, 3 … drafted tokens. */
  readonly lengths: readonly number[]
  readonly source: string
}

const table = 'SPEED-Bench coding, B300, vLLM (InferenceX golden_al_distribution)'

const acceptance: Readonly<Record<string, Acceptance>> = {
  'deepseek-ai/DeepSeek-V4-Pro': { method: 'mtp', lengths: [1.79, 2.27, 2.49, 2.54], source: table },
  'deepseek-ai/DeepSeek-R1': {
    method: 'mtp',
    lengths: [1.79, 2.27, 2.49, 2.54],
    source: `${table}, of DeepSeek-V4-Pro`,
  },
  'zai-org/GLM-5.2': { method: 'mtp', lengths: [1.84, 2.5, 2.99, 3.33], source: table },
  'Qwen/Qwen3.5-397B-A17B': { method: 'mtp', lengths: [1.93, 2.73, 3.39, 3.97], source: table },
  'moonshotai/Kimi-K2.5': { method: 'eagle3', lengths: [1.83, 2.43, 2.88, 3.24], source: table },
  'MiniMaxAI/MiniMax-M3': { method: 'eagle3', lengths: [1.78, 2.38, 2.83, 3.11], source: table },
}

const fallback: Acceptance = {
  method: 'mtp',
  lengths: [1.8, 2.4, 2.8, 3.1],
  source: `${table}, middle of its models`,
}

const assumedDraftTokens = 3

/** Speculation of a row that names `mtp`; null for `none` and empty. */
export function speculationOfRow(modelId: string, method: string): Speculation | null {
  const plain = method.toLowerCase()
  if (plain === '' || plain === 'none') return null
  const known = acceptance[modelId] ?? fallback
  return {
    method: known.method,
    draftTokens: assumedDraftTokens,
    acceptanceLength: known.lengths[assumedDraftTokens - 1]!,
    acceptanceSource: known.source,
  }
}
