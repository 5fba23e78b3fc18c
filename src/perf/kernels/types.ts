/**
 * Measured-kernel efficiency curves: what data/calibration/kernels.json holds and what an evaluation returns.
 * SI units throughout: seconds, bytes, FLOP, watts. Efficiencies are shares of the device's own peak.
 */

/** Peak rates of one device. Dense (no sparsity) FLOP/s; null = the device has no such unit. */
export interface KernelAccelerator {
  readonly id: string
  readonly generation: string
  readonly memoryBytesPerSecond: number
  readonly peakFlopPerSecond: {
    readonly bf16: number
    readonly fp8: number | null
    readonly fp4: number | null
  }
  /** Scale-up link, one direction, per device. */
  readonly linkBytesPerSecond: number
  readonly powerLimitWatts: number
}

/**
 * Weight format of a matrix product or of experts.
 * mxfp4: 4-bit weights, bf16 activations; mxfp4-fp8: 4-bit weights, 8-bit activations; int4: 4-bit weights, bf16.
 */
export type WeightFormat = 'bf16' | 'fp8' | 'fp8-block' | 'nvfp4' | 'mxfp4' | 'mxfp4-fp8' | 'int4'
/** bf16: all bf16; fp8-kv: fp8 cache, bf16 products; fp8: cache and products fp8. */
export type AttentionFormat = 'bf16' | 'fp8-kv' | 'fp8'

export type KernelOperator =
  | 'gemm'
  | 'decode-attention'
  | 'prefill-attention'
  | 'latent-decode'
  | 'latent-prefill'
  | 'latent-decode-module'
  | 'latent-prefill-module'
  | 'sparse-decode-module'
  | 'sparse-prefill-module'
  | 'linear-decode'
  | 'linear-prefill'
  | 'experts'
  | 'all-reduce'
  | 'all-gather'
  | 'reduce-scatter'
  | 'all-to-all'
  | 'expert-dispatch'
  | 'expert-combine'
  | 'quantize'
  | 'power'

/** |ln(predicted / measured)| over rows of shapes the fit never saw; bias = median signed ln error. */
export interface KernelResidual {
  readonly median: number
  readonly p90: number
  readonly bias: number
  readonly heldOutRows: number
}

/** One fitted curve. Its name in provenance is operator/acceleratorId/engine/format. */
export interface KernelEntry {
  readonly operator: KernelOperator
  readonly acceleratorId: string
  readonly generation: string
  /** vllm, sglang, trtllm; nccl and deepep for libraries used by all of them. */
  readonly engine: string
  readonly engineVersion: string
  readonly format: string
  readonly coefficients: Readonly<Record<string, number>>
  /** Rows fitted. */
  readonly rows: number
  readonly residual: KernelResidual
  /** Table path below the repository's systems folder. */
  readonly source: string
  readonly asOf: string
}

export interface KernelsFile {
  readonly schema: 'kernels/1'
  readonly asOf: string
  readonly source: {
    readonly repository: string
    readonly commit: string
    readonly folder: string
    readonly licence: string
  }
  /** The peaks every efficiency below refers to. */
  readonly accelerators: Readonly<Record<string, KernelAccelerator>>
  /** Rows left out of the fits, and why. */
  readonly filters: readonly { readonly name: string; readonly reason: string; readonly rows: number }[]
  readonly entries: readonly KernelEntry[]
  readonly priors: readonly KernelPriors[]
}

/** One headline number with its origin. `sigma` is the standard deviation of its logarithm. */
export interface PriorValue {
  readonly value: number
  readonly sigma: number
  readonly basis: KernelBasis
  /** Rows behind the entries it was read from. */
  readonly rows: number
  /** operator/generation/engine/format of those entries; * = any. */
  readonly source: string
}

/** Numbers of one weight format. */
export interface FormatPrior {
  /** Peak that mfuDense and mfuMoe refer to. */
  readonly peak: 'bf16' | 'fp8' | 'fp4'
  /** Share of bandwidth when a 16384 × 16384 matrix is read for 16 tokens, launch floor taken off. */
  readonly mbuWeights: PriorValue
  /** The same for the experts that 64 tokens touch. */
  readonly mbuExperts: PriorValue
  /** Share of peak of a large dense product (8192 × 8192 × 8192). */
  readonly mfuDense: PriorValue
  /** Share of peak of an expert layer at 8,192 tokens (128 experts, 8 active), all overheads of the layer included. */
  readonly mfuMoe: PriorValue
}

/** Numbers that do not depend on the weight format. */
export interface SharedPrior {
  /** Share of memory bandwidth when 1 GiB of bf16 key-value cache is read, launch floor taken off. */
  readonly mbuKv: PriorValue
  /** The same for an fp8 cache, counted in its own bytes. */
  readonly mbuKvFp8: PriorValue
  /** Share of the bf16 peak of causal prefill attention at 8,192 tokens. */
  readonly mfuAttention: PriorValue
  /** All-reduce of 16 KiB over 8 ranks. */
  readonly allReduceLatencySeconds: PriorValue
  /** Ring-equivalent bus bandwidth ÷ link bandwidth of a 64 MiB all-reduce over 8 ranks. */
  readonly busEfficiency: PriorValue
}

/** Headline numbers of a generation and engine; engine * stands for every engine. */
export interface KernelPriors extends SharedPrior {
  readonly generation: string
  readonly engine: string
  readonly formats: Readonly<Record<WeightFormat, FormatPrior>>
}

/** fitted: this device, engine and format; transferred: efficiency of a relative; assumed: no relative had a table. */
export type KernelBasis = 'fitted' | 'transferred' | 'assumed'

export interface KernelTime {
  readonly seconds: number
  readonly basis: KernelBasis
  /** Entries whose efficiencies were used (several when averaged); null where none was needed. */
  readonly entryId: string | null
}
