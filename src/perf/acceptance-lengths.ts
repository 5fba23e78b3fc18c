/**
 * Tokens that a speculating step emits, as measured: the one table for planning and for reading measured rows, so that
 * the coefficient acceptanceScale means the same in both. SPEED-Bench coding, temperature 1.0, thinking on, vLLM on B300:
 * SemiAnalysisAI/InferenceX golden_al_distribution @843c6254f, read 2026-08.
 * Chat and free text accept less than code; with thinking off the lengths differ by −6 % to +19 % in the same source.
 */
import type { Speculation } from './deployment.ts'

export type SpeculationMethod = Speculation['method']

/** How a length was found: for this model, for a relative of it, or for no model like it. */
export type AcceptanceBasis = 'measured' | 'relative' | 'assumed'

export interface Acceptance {
  /** Mean tokens emitted per step and sequence, in [1, draftTokens + 1]. */
  readonly length: number
  readonly source: string
  readonly basis: AcceptanceBasis
}

interface Measured {
  readonly modelId: string
  readonly method: SpeculationMethod
  /** Mean tokens per step with 1, 2, … 8 drafted tokens. */
  readonly lengths: readonly number[]
  /** File of the source. */
  readonly file: string
  /** Models with the same module, trained the same way, that were not measured themselves. */
  readonly relatives: RegExp | null
}

const table: readonly Measured[] = [
  {
    modelId: 'deepseek-ai/DeepSeek-V4-Pro',
    method: 'mtp',
    lengths: [1.79, 2.27, 2.49, 2.54, 2.55, 2.55, 2.54, 2.58],
    file: 'dsv4_mtp.yaml',
    relatives: /^deepseek-ai\/DeepSeek-(R1|V3|V4)/i,
  },
  {
    modelId: 'deepseek-ai/DeepSeek-V4-Pro',
    method: 'dspark',
    lengths: [1.84, 2.51, 3.01, 3.36, 3.61, 3.77, 3.73, 3.47],
    file: 'dsv4-pro-0813-dspark.yaml',
    relatives: null,
  },
  {
    modelId: 'zai-org/GLM-5.2',
    method: 'mtp',
    lengths: [1.84, 2.5, 2.99, 3.33, 3.61, 3.78, 3.91, 4.06],
    file: 'glm5.2_mtp.yaml',
    relatives: /\/GLM-5/i,
  },
  {
    modelId: 'Qwen/Qwen3.5-397B-A17B',
    method: 'mtp',
    lengths: [1.93, 2.73, 3.39, 3.97, 4.41, 4.8, 5.04, 5.21],
    file: 'qwen3.5_mtp.yaml',
    relatives: /\/Qwen3(\.[5-9]|-Next)/i,
  },
  {
    modelId: 'moonshotai/Kimi-K2.5',
    method: 'eagle3',
    lengths: [1.83, 2.43, 2.88, 3.24, 3.46, 3.62, 3.71, 3.77],
    file: 'kimik2.5_eagle3.yaml',
    relatives: null,
  },
  {
    modelId: 'moonshotai/Kimi-K3',
    method: 'dspark',
    lengths: [1.84, 2.45, 2.87, 3.22, 3.44, 3.54, 3.78, 3.88],
    file: 'kimik3_dspark.yaml, draft Inferact/Kimi-K3-DSpark',
    relatives: null,
  },
  {
    modelId: 'MiniMaxAI/MiniMax-M3',
    method: 'eagle3',
    lengths: [1.78, 2.38, 2.83, 3.11, 3.35, 3.45, 3.53, 3.74],
    file: 'minimaxm3_eagle3.yaml',
    relatives: null,
  },
]

const source = 'SPEED-Bench coding, B300, vLLM (InferenceX golden_al_distribution, 2026-08)'

/** For models nobody measured: the middle of those above. */
const middle: readonly number[] = [1.8, 2.4, 2.8, 3.1, 3.4, 3.6, 3.7, 3.8]

export const mostDraftTokens = middle.length

/** Methods measured for exactly this model, in the order of the table. */
export function measuredMethods(modelId: string): SpeculationMethod[] {
  return table.filter(entry => same(entry.modelId, modelId)).map(entry => entry.method)
}

/** Tokens per step of a model that speculates so; `draftTokens` from 1 to 8. */
export function acceptanceLength(
  modelId: string,
  method: SpeculationMethod,
  draftTokens: number,
): Acceptance {
  const ofMethod = table.filter(entry => entry.method === method)
  const own = ofMethod.find(entry => same(entry.modelId, modelId))
  if (own !== undefined) {
    return { length: at(own.lengths, draftTokens), source: `${source}, ${own.file}`, basis: 'measured' }
  }
  const relative = ofMethod.find(entry => entry.relatives?.test(modelId))
  if (relative !== undefined) {
    const name = relative.modelId.replace(/^.*\//, '')
    return { length: at(relative.lengths, draftTokens), source: `${source}, of ${name}`, basis: 'relative' }
  }
  return {
    length: at(middle, draftTokens),
    source: `assumed: the middle of the measured models; ${source}`,
    basis: 'assumed',
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function at(lengths: readonly number[], draftTokens: number): number {
  return lengths[Math.min(draftTokens, lengths.length) - 1]!
}
