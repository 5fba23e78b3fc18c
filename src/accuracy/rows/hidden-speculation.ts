/**
 * Rows measured with multi-token prediction on, in a file that does not say so (docs/models/measured-rows.md, rule 7). Found by
 * joining with runs that do say it: the same configuration is 1.5 to 2.1 times faster at 4 users. The db dump kept
 * runs without speculation only, so a row that is also in it is clean.
 */
import type { Engine } from '../../perf/deployment.ts'

export interface SpeculationClues {
  readonly modelId: string
  readonly engine: Engine
  /** Version or container image, whichever the row has. */
  readonly version: string
  /** YYYY-MM-DD, or null. */
  readonly date: string | null
  readonly inDatabaseDump: boolean
}

export function hasHiddenSpeculation(clues: SpeculationClues): boolean {
  if (clues.inDatabaseDump) return false
  return (
    isDeepSeekTensorRtImage(clues) || isDeepSeekSglangOfSpring2026(clues) || isQwen35SglangOfSpring2026(clues)
  )
}

function isDeepSeekTensorRtImage({ modelId, engine, version, date }: SpeculationClues): boolean {
  if (!isDeepSeekR1(modelId) || engine !== 'trtllm') return false
  if (version.includes('1.2.0rc6.post3')) return true
  return version.includes('1.1.0rc2.post2') && date !== null && date >= '2026-01-14'
}

function isDeepSeekSglangOfSpring2026({ modelId, engine, date }: SpeculationClues): boolean {
  return isDeepSeekR1(modelId) && engine === 'sglang' && date !== null && date >= '2026-03-01'
}

/** Undated rows are gap-analysis copies of the spring runs when they name that release. */
function isQwen35SglangOfSpring2026({ modelId, engine, version, date }: SpeculationClues): boolean {
  if (!modelId.includes('Qwen3.5') || engine !== 'sglang') return false
  return date === null ? version.includes('0.5.9') : date >= '2026-03-20'
}

function isDeepSeekR1(modelId: string): boolean {
  return modelId === 'deepseek-ai/DeepSeek-R1'
}
