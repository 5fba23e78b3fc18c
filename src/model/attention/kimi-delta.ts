/** Kimi Delta Attention (Kimi Linear, arXiv:2510.26692): a delta rule with a decay per channel; K3 gates at full rank. */
import type { AttentionPart } from '../layer.ts'
import { deltaRuleFlopsPerStateElement } from './gated-delta-net.ts'

export interface KimiDeltaShape {
  readonly hiddenSize: number
  readonly heads: number
  readonly headDimension: number
  readonly kernel: number
  readonly fullRankGate: boolean
}

export function kimiDeltaPart(shape: KimiDeltaShape): AttentionPart {
  const { hiddenSize, heads, headDimension } = shape
  const width = heads * headDimension
  const stateElements = heads * headDimension * headDimension
  const lowRankUp = headDimension * width
  return {
    attention: {
      kind: 'linear',
      variant: 'kimi-delta',
      stateElements,
      convolutionElements: 3 * width * (shape.kernel - 1),
      stateFlopsPerToken: deltaRuleFlopsPerStateElement * stateElements,
    },
    // q, k, v, o; decay gate up; output gate; beta per head
    sharded:
      4 * hiddenSize * width +
      lowRankUp +
      (shape.fullRankGate ? hiddenSize * width : lowRankUp) +
      hiddenSize * heads,
    replicated: hiddenSize * headDimension * (shape.fullRankGate ? 1 : 2),
    other: 3 * width * shape.kernel + width + heads + headDimension,
  }
}
