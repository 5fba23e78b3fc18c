/** Tokens of a run by everyone who counted them, and how far they agree. */

export interface TokenAccount {
  readonly server: UsageTotals
  readonly client: {
    readonly contentChunks: number
    readonly characters: number
    /** By a local tokenizer over the same requests as server.outputTokens; null when none was asked for. */
    readonly tokens: number | null
    readonly tokenizer: string | null
  }
  /** Asked for by the workload, of the requests that were served. */
  readonly askedInputTokens: number
  readonly askedOutputTokens: number
  /** Served requests whose answer had no usage. */
  readonly requestsWithoutUsage: number
  /** The engine's own counters over the same time; null when there were none to read. */
  readonly counters: CounterReconciliation | null
}

/** Sums of the usage that answers reported, warm-up and broken-off requests included where they reported one. */
export interface UsageTotals {
  readonly requests: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly cacheWriteTokens: number
  readonly inputAudioTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly outputAudioTokens: number
}

export interface CounterReconciliation {
  /** vllm, sglang, trtllm, llamacpp. */
  readonly engine: string
  readonly rows: readonly CounterRow[]
  /** A counter ran backwards: the engine was restarted, and nothing can be said. */
  readonly resetSeen: boolean
  readonly reconciles: boolean
  /** Why not, in words; '' when it does. */
  readonly explanation: string
}

export interface CounterRow {
  readonly name: 'requests' | 'input tokens' | 'cached input tokens' | 'output tokens'
  /** Name of the metric. */
  readonly metric: string
  readonly server: number
  readonly client: number
  /** server − client. */
  readonly residual: number
}
