/** Gated DeltaNet (Yang et al. 2024, arXiv:2412.06464) as in Qwen3-Next and Qwen3.5: class Qwen3NextGatedDeltaNet. */
import type { ConfigFields } from '../config-fields.ts'
import type { AttentionPart } from '../layer.ts'

export interface DeltaNetShape {
  readonly hiddenSize: number
  readonly keyHeads: number
  readonly valueHeads: number
  readonly keyHeadDimension: number
  readonly valueHeadDimension: number
  readonly kernel: number
}

/** FLOP per state element and token: decay 1, read 2, rank-one update 2, output 2. */
export const deltaRuleFlopsPerStateElement = 7

export function gatedDeltaNetPart(shape: DeltaNetShape): AttentionPart {
  const keys = shape.keyHeads * shape.keyHeadDimension
  const values = shape.valueHeads * shape.valueHeadDimension
  const convolved = 2 * keys + values
  const stateElements = shape.valueHeads * shape.keyHeadDimension * shape.valueHeadDimension
  return {
    attention: {
      kind: 'linear',
      variant: 'gated-delta-net',
      stateElements,
      convolutionElements: convolved * (shape.kernel - 1),
      stateFlopsPerToken: deltaRuleFlopsPerStateElement * stateElements,
    },
    // query, key, value, output gate z; per-head b and a; output projection
    sharded: shape.hiddenSize * (convolved + values + 2 * shape.valueHeads) + values * shape.hiddenSize,
    replicated: 0,
    other: convolved * shape.kernel + 2 * shape.valueHeads + shape.valueHeadDimension,
  }
}

export function readDeltaNet(text: ConfigFields, hiddenSize: number): DeltaNetShape {
  const keyHeads = text.count('linear_num_key_heads')
  const valueHeads = text.count('linear_num_value_heads')
  if (valueHeads % keyHeads !== 0) {
    text.fail('linear_num_value_heads', `is ${valueHeads}, no multiple of ${keyHeads} key heads`)
  }
  return {
    hiddenSize,
    keyHeads,
    valueHeads,
    keyHeadDimension: text.count('linear_key_head_dim'),
    valueHeadDimension: text.count('linear_value_head_dim'),
    kernel: text.count('linear_conv_kernel_dim'),
  }
}
