/** Tokens of a run by everyone who counted them, and how far they agree. */
import type { ClientTotals } from './counter-reconciliation.ts'
import { outputTokensOf, type RequestObservation } from './observation.ts'

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
  /** By usage, and where an answer had none by the client's own count. */
  readonly client: number
  /** server − client. */
  readonly residual: number
}

/** Adds up tokens as requests end; memory does not grow with them. */
export interface TokenTally {
  add(observation: RequestObservation): void
  /** What engine counters are to be compared with. */
  totals(): ClientTotals
  account(counters: CounterReconciliation | null): TokenAccount
}

/** All phases count, warm-up too. `tokenizer` names the local one that filled `counted.tokens`; null: none did. */
export function createTokenTally(tokenizer: string | null): TokenTally {
  const server = {
    requests: 0,
    inputTokens: 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    inputAudioTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    outputAudioTokens: 0,
  }
  const client = { contentChunks: 0, characters: 0, tokens: 0 }
  const asked = { inputTokens: 0, outputTokens: 0 }
  const unreported = { requests: 0, served: 0, inputTokens: 0, outputTokens: 0, mostOutputTokens: 0 }
  let cachedReported = false
  let largestSurplus = 0

  function add(observation: RequestObservation): void {
    const { reported, counted, outcome, requestedInputTokens, requestedOutputTokens } = observation
    client.contentChunks += counted.contentChunks
    client.characters += counted.contentCharacters + counted.reasoningCharacters
    if (outcome === 'served') {
      asked.inputTokens += requestedInputTokens
      asked.outputTokens += requestedOutputTokens
    }
    if (reported === null) {
      if (!mayHaveReachedEngine(observation)) return
      unreported.requests++
      if (outcome === 'served') unreported.served++
      unreported.inputTokens += requestedInputTokens
      const output = outputTokensOf(observation)
      unreported.outputTokens += output
      unreported.mostOutputTokens += Math.max(output, requestedOutputTokens)
      return
    }
    server.requests++
    server.inputTokens += reported.inputTokens
    server.outputTokens += reported.outputTokens
    server.cachedTokens += reported.cachedTokens ?? 0
    server.cacheWriteTokens += reported.cacheWriteTokens ?? 0
    server.inputAudioTokens += reported.inputAudioTokens ?? 0
    server.reasoningTokens += reported.reasoningTokens ?? 0
    server.outputAudioTokens += reported.outputAudioTokens ?? 0
    client.tokens += counted.tokens ?? 0
    cachedReported ||= reported.cachedTokens !== null
    largestSurplus = Math.max(largestSurplus, reported.inputTokens - requestedInputTokens)
  }

  return {
    add,
    totals: () => ({
      requests: server.requests,
      inputTokens: server.inputTokens,
      cachedTokens: cachedReported ? server.cachedTokens : null,
      outputTokens: server.outputTokens,
      unreported: {
        ...unreported,
        mostInputTokens: unreported.inputTokens + unreported.requests * largestSurplus,
      },
    }),
    account: counters => ({
      server: { ...server },
      client: {
        contentChunks: client.contentChunks,
        characters: client.characters,
        tokens: tokenizer === null ? null : client.tokens,
        tokenizer,
      },
      askedInputTokens: asked.inputTokens,
      askedOutputTokens: asked.outputTokens,
      requestsWithoutUsage: unreported.served,
      counters,
    }),
  }
}

/** Not when there was no connection, and not when the server refused the request as such (HTTP 4xx: bad, too many). */
function mayHaveReachedEngine({ failure, status }: RequestObservation): boolean {
  if (failure === null) return true
  return failure.kind !== 'connect' && !(status >= 400 && status < 500)
}
