import type { KernelAccelerator } from './types.ts'

/** Tokens of one rank travel to the ranks that hold their experts (dispatch) and back (combine). */
export interface ExchangeShape {
  readonly tokensPerRank: number
  readonly hiddenSize: number
  readonly topK: number
  readonly ranks: number
}

/** Element width on the wire: combine is bf16; dispatch may be bf16, fp8 (one fp32 scale per 128) or nvfp4. */
export type ExchangeFormat = 'bf16' | 'fp8' | 'nvfp4'

const elementBytes: Readonly<Record<ExchangeFormat, number>> = { bf16: 2, fp8: 1 + 4 / 128, nvfp4: 4.5 / 8 }

/** low-latency sends one copy per expert, the others one per rank that holds at least one of a token's experts. */
export type ExchangeMethod = 'low-latency' | 'normal'

export interface ExchangeCoefficients {
  readonly latencySeconds: number
  /** Growth of the latency per doubling of ranks beyond two. */
  readonly latencyPerDoubling: number
  readonly busEfficiency: number
  /** Tokens whose transfer the latency hides. */
  readonly hiddenTokens: number
}

/** Bytes one rank sends to others, even routing. */
export function exchangeBytes(shape: ExchangeShape, format: ExchangeFormat, method: ExchangeMethod): number {
  const { tokensPerRank, hiddenSize, topK, ranks } = shape
  const copies = method === 'low-latency' ? topK : ranks * -Math.expm1(topK * Math.log1p(-1 / ranks))
  return (tokensPerRank * copies * hiddenSize * elementBytes[format] * (ranks - 1)) / ranks
}

/** latency(n) + bytes² ÷ (bytes + hidden) ÷ (link·bus): linear for large messages, hidden behind latency for small. */
export function exchangeTime(
  shape: ExchangeShape,
  format: ExchangeFormat,
  method: ExchangeMethod,
  accelerator: KernelAccelerator,
  coefficients: ExchangeCoefficients,
): number {
  if (shape.ranks <= 1) return 0
  const { latencySeconds, latencyPerDoubling, busEfficiency, hiddenTokens } = coefficients
  const latency = latencySeconds + latencyPerDoubling * (Math.log2(shape.ranks) - 1)
  const exposed = shape.tokensPerRank / (shape.tokensPerRank + hiddenTokens)
  const transfer = exchangeBytes(shape, format, method) / (accelerator.linkBytesPerSecond * busEfficiency)
  return Math.max(
    latency + exposed * transfer,
    exchangeBytes(shape, format, method) / accelerator.linkBytesPerSecond,
  )
}
