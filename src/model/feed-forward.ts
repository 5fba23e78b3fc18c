/** Dense and mixture-of-experts feed-forward blocks: three matrices when gated (SwiGLU, GeGLU), two otherwise. */
import type { FeedForwardPart } from './layer.ts'

export interface DenseShape {
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly gated: boolean
  readonly bias?: boolean
}

export function densePart(shape: DenseShape): FeedForwardPart {
  const { hiddenSize, intermediateSize, gated } = shape
  return {
    feedForward: { kind: 'dense', intermediateSize, gated },
    dense: matrices(gated) * hiddenSize * intermediateSize,
    routed: 0,
    shared: 0,
    router: 0,
    other: shape.bias === true ? (matrices(gated) - 1) * intermediateSize + hiddenSize : 0,
  }
}

export interface ExpertsShape {
  readonly hiddenSize: number
  readonly experts: number
  readonly expertsPerToken: number
  readonly expertIntermediateSize: number
  readonly gated: boolean
  /** Sum over shared experts; 0 when none. */
  readonly sharedIntermediateSize: number
  /** Latent MoE: routed experts work in this width; null when in hiddenSize. */
  readonly latentSize?: number | null
  /** RMS norm on the latent aggregate (Kimi K3). */
  readonly latentNorm?: boolean
  /** Biases on expert matrices and router (gpt-oss). */
  readonly bias?: boolean
  /** One correction value per expert (DeepSeek-V3's auxiliary-loss-free balancing). */
  readonly routerBias?: boolean
  /** Sigmoid gate on the shared expert, one value from the hidden state (Qwen2-MoE and later). */
  readonly sharedGate?: boolean
}

export function expertsPart(shape: ExpertsShape): FeedForwardPart {
  const { hiddenSize, experts, gated, expertIntermediateSize } = shape
  const width = shape.latentSize ?? hiddenSize
  const latentProjections = shape.latentSize == null ? 0 : 2 * hiddenSize * shape.latentSize
  const expertBias = shape.bias === true ? (matrices(gated) - 1) * expertIntermediateSize + width : 0
  return {
    feedForward: {
      kind: 'moe',
      experts,
      expertsPerToken: shape.expertsPerToken,
      expertIntermediateSize,
      gated,
      expertHiddenSize: width,
      sharedIntermediateSize: shape.sharedIntermediateSize,
    },
    dense: 0,
    routed: experts * (matrices(gated) * width * expertIntermediateSize + expertBias),
    shared: matrices(gated) * hiddenSize * shape.sharedIntermediateSize + latentProjections,
    router: hiddenSize * experts,
    other:
      (shape.bias === true || shape.routerBias === true ? experts : 0) +
      (shape.sharedGate === true ? hiddenSize : 0) +
      (shape.latentNorm === true && shape.latentSize != null ? shape.latentSize : 0),
  }
}

function matrices(gated: boolean): 2 | 3 {
  return gated ? 3 : 2
}
