/** Rows left out of the fits: every rule has a name and a reason, and counts what it drops. */
export interface RowFilter {
  readonly name: string
  readonly reason: string
}

export const rowFilters = {
  eagerFloor: {
    name: 'vllm-fp8-block-eager-floor',
    reason:
      'vLLM fp8_block products were timed with eager dispatch (floor 56 µs Hopper, 155 µs B200, 252 µs GB200): rows whose roofline time is below twice that floor say nothing about the kernel',
  },
  slowExperts: {
    name: 'vllm-fp8-cutlass-experts-hopper',
    reason:
      'per-tensor fp8 experts of vLLM on Hopper (flashinfer_cutlass) run 4-5 times slower than fp8_block; block-scaled checkpoints are what is deployed',
  },
  plainExperts: {
    name: 'experts-without-gate',
    reason: 'two matrices per expert (Nemotron); the form counts three',
  },
  wideGroups: {
    name: 'decode-more-than-32-heads-per-kv-head',
    reason: 'no native kernel: up to 1,000 times slower fallback, and no model in use has such groups',
  },
  largeHeads: {
    name: 'head-dimension-above-256',
    reason: 'fallback kernels (vLLM FA4 at 512 on Hopper), 50 times slower',
  },
  blackwellOddHeads: {
    name: 'sglang-blackwell-head-dimension-192',
    reason: 'Triton fallback that ignores the window, 3-50 times slower',
  },
  mixedCache: {
    name: 'sglang-prefill-bf16-with-fp8-cache',
    reason: 'only fallback shapes were swept; the fp8 cache path computes in fp8',
  },
  brokenLatentCache: {
    name: 'sglang-hopper-latent-decode-fp8-cache',
    reason: 'unsupported path at 6 % of bandwidth (README of the tables)',
  },
  otherModels: {
    name: 'sparse-modules-of-other-models',
    reason:
      "GLM-5 shapes and modules that reuse a neighbour's index; the sparse curves are those of DeepSeek-V3.2",
  },
  genericExperts: {
    name: 'sglang-hopper-mxfp4-generic-triton',
    reason:
      'generic fused MoE with 4-bit weights reads them at 18 % of bandwidth; gpt-oss is served by triton_kernels or marlin',
  },
  eagerCollective: {
    name: 'eager-collectives',
    reason: 'decode steps replay graphs; eager rows carry 15-20 µs of host dispatch',
  },
} as const satisfies Record<string, RowFilter>

export class FilterLog {
  private readonly counts = new Map<string, number>()

  /** Keeps the rows that pass and counts the others under the filter's name. */
  keep<Row>(filter: RowFilter, rows: readonly Row[], passes: (row: Row) => boolean): Row[] {
    const kept = rows.filter(passes)
    this.counts.set(filter.name, (this.counts.get(filter.name) ?? 0) + rows.length - kept.length)
    return kept
  }

  summary(): { name: string; reason: string; rows: number }[] {
    return Object.values(rowFilters)
      .map(({ name, reason }) => ({ name, reason, rows: this.counts.get(name) ?? 0 }))
      .filter(filter => filter.rows > 0)
  }
}
