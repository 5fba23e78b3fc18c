/** How one engine instance is set up: what its command line and its start-up profile decide. */

export interface EngineSettings {
  /** Whose rules the scheduler follows. */
  readonly rules: SchedulerRules
  /** Attention-data-parallel ranks: each has its own queue, batch and cache; steps are in lockstep. */
  readonly ranks: number
  readonly pipelineStages: number
  /** KV cache of one rank, in blocks, and tokens per block. */
  readonly blocksPerRank: number
  readonly blockTokens: number
  /** Prompt and decode tokens of one step and rank: max_num_batched_tokens, chunked_prefill_size, max_num_tokens. */
  readonly tokenBudget: number
  /** Sequences of one step and rank: max_num_seqs, max_running_requests, max_batch_size. */
  readonly maximumSequences: number
  /** Longest prompt + answer, tokens: max_model_len. Longer ones are refused. */
  readonly maximumContextTokens: number
  /** Requests that may wait per rank before 'queue-full'; Infinity is what engines do by themselves. */
  readonly maximumWaiting: number
  readonly prefixCaching: boolean
  /** Slower tiers below the device's cache, nearest first; [] for none. */
  readonly tiers: readonly TierSettings[]
  readonly speculation: {
    /** Tokens verified per sequence and step beyond one. */
    readonly draftTokens: number
    /** Mean tokens emitted per sequence and step, in [1, draftTokens + 1]. */
    readonly tokensPerStep: number
  } | null
  /** Steps whose batch does not change are taken together; off for drivers that need every token's time. Same decisions. */
  readonly skipEvents: boolean
  /** Emit CacheEvents. */
  readonly cacheEvents: boolean
}

export type SchedulerRules =
  | {
      readonly engine: 'vllm'
      readonly policy: 'fcfs' | 'priority'
      readonly longPrefillTokenThreshold: number
    }
  | {
      readonly engine: 'sglang'
      /** lpm: longest cached prefix first. */
      readonly policy: 'fcfs' | 'lpm'
      /** --schedule-conservativeness. */
      readonly conservativeness: number
      /** Prompt chunks may ride with decodes: --enable-mixed-chunk. */
      readonly mixedChunk: boolean
    }
  | {
      readonly engine: 'trtllm'
      readonly policy: 'guaranteed-no-evict' | 'max-utilization'
      readonly chunkedContext: boolean
    }

export interface TierSettings {
  readonly tier: 'host' | 'disk'
  readonly blocksPerRank: number
  /** From and to the device, per rank. */
  readonly readBytesPerSecond: number
  readonly writeBytesPerSecond: number
  readonly blockBytes: number
}
