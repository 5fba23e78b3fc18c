/** State-space layers: Mamba-2 (Dao & Gu 2024, arXiv:2405.21060), Mamba-1 (arXiv:2312.00752), and simpler relatives. */
import type { AttentionPart } from '../layer.ts'

export interface Mamba2Shape {
  readonly hiddenSize: number
  readonly heads: number
  readonly headDimension: number
  readonly groups: number
  readonly stateSize: number
  readonly kernel: number
  readonly convolutionBias: boolean
  readonly projectionBias: boolean
}

/** FLOP per state element and token: decay and input 3, output 2. */
const stateSpaceFlopsPerStateElement = 5

/** in_proj d·(2·inner + 2·groups·state + heads), depthwise convolution, A, D and dt per head, gated norm, out_proj. */
export function mamba2Part(shape: Mamba2Shape): AttentionPart {
  const { hiddenSize, heads } = shape
  const inner = heads * shape.headDimension
  const convolved = inner + 2 * shape.groups * shape.stateSize
  const stateElements = inner * shape.stateSize
  const projected = inner + convolved + heads
  return {
    attention: {
      kind: 'linear',
      variant: 'mamba2',
      stateElements,
      convolutionElements: convolved * (shape.kernel - 1),
      stateFlopsPerToken: stateSpaceFlopsPerStateElement * stateElements,
    },
    sharded: hiddenSize * projected + inner * hiddenSize,
    replicated: 0,
    other:
      convolved * (shape.kernel + (shape.convolutionBias ? 1 : 0)) +
      3 * heads +
      inner +
      (shape.projectionBias ? projected + hiddenSize : 0),
  }
}

export interface Mamba1Shape {
  readonly hiddenSize: number
  readonly expand: number
  readonly stateSize: number
  readonly kernel: number
  readonly timeStepRank: number
  readonly convolutionBias: boolean
  readonly projectionBias: boolean
}

/** Jamba's mixer (JambaMambaMixer): Mamba-1 with norms on dt, B and C. */
export function mamba1Part(shape: Mamba1Shape): AttentionPart {
  const inner = shape.expand * shape.hiddenSize
  const { stateSize, timeStepRank } = shape
  const stateElements = inner * stateSize
  return {
    attention: {
      kind: 'linear',
      variant: 'mamba1',
      stateElements,
      convolutionElements: inner * (shape.kernel - 1),
      stateFlopsPerToken: stateSpaceFlopsPerStateElement * stateElements,
    },
    sharded:
      3 * shape.hiddenSize * inner +
      inner * (timeStepRank + 2 * stateSize) +
      timeStepRank * inner +
      inner * stateSize,
    replicated: 0,
    other:
      inner * (shape.kernel + (shape.convolutionBias ? 1 : 0)) +
      2 * inner +
      timeStepRank +
      2 * stateSize +
      (shape.projectionBias ? 2 * inner + shape.hiddenSize : 0),
  }
}

/** Lightning attention (MiniMax-01, arXiv:2501.08313): linear attention with a fixed decay per head and an output gate. */
export function lightningPart(hiddenSize: number, heads: number, headDimension: number): AttentionPart {
  const width = heads * headDimension
  const stateElements = width * headDimension
  return {
    attention: {
      kind: 'linear',
      variant: 'lightning',
      stateElements,
      convolutionElements: 0,
      stateFlopsPerToken: stateSpaceFlopsPerStateElement * stateElements,
    },
    sharded: 5 * hiddenSize * width,
    replicated: 0,
    other: width,
  }
}

/** Gated short convolution of LFM2 (Lfm2ShortConv): in_proj d·3d, depthwise kernel, out_proj d·d; no recurrent state. */
export function shortConvolutionPart(hiddenSize: number, kernel: number, bias: boolean): AttentionPart {
  return {
    attention: {
      kind: 'linear',
      variant: 'short-convolution',
      stateElements: 0,
      convolutionElements: hiddenSize * (kernel - 1),
      stateFlopsPerToken: 2 * hiddenSize * kernel,
    },
    sharded: 4 * hiddenSize * hiddenSize,
    replicated: 0,
    other: hiddenSize * kernel + (bias ? 5 * hiddenSize : 0),
  }
}
