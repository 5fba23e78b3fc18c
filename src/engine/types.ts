/** What goes into an engine, what comes out, and what it asks for the time of a step. */
import type { Process } from '../core/state-machine.ts'
import type { TokenContent } from '../workload/request.ts'

/** A request as one engine instance sees it. */
export interface EngineRequest {
  readonly id: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly content: TokenContent | null
  /** Lower goes first where the scheduler asks. */
  readonly priority: number
  /**
   * serve: prompt and answer. prefill: the prompt and the first token, then its cache waits to be fetched (`release`).
   * decode: the prompt's cache arrived from elsewhere; the engine only holds room for it and decodes.
   */
  readonly role: 'serve' | 'prefill' | 'decode'
}

export type EngineInput =
  | { readonly kind: 'submit'; readonly request: EngineRequest }
  | { readonly kind: 'cancel'; readonly requestId: number }
  /** The cache of a prefilled request was fetched: its blocks may go. */
  | { readonly kind: 'release'; readonly requestId: number }
  /** Steps take so many times as long from now on; 1 is normal. */
  | { readonly kind: 'slow'; readonly factor: number }
  /** No step starts before untilUs; the running one ends that much later. */
  | { readonly kind: 'stall'; readonly untilUs: number }
  /** Everything in it fails, the cache is lost. */
  | { readonly kind: 'crash' }

/** Times in µs of the run. Events of one request come in the order scheduled, (preempted, scheduled)*, first-token, finished. */
export type EngineEvent =
  /** Left the queue; cachedTokens of its prompt were found (by tier). Again after each preemption. */
  | {
      readonly kind: 'scheduled'
      readonly requestId: number
      readonly atUs: number
      readonly cachedTokens: number
      /** Of them, fetched from host memory or disk. */
      readonly hostTokens: number
    }
  | { readonly kind: 'first-token'; readonly requestId: number; readonly atUs: number }
  | { readonly kind: 'preempted'; readonly requestId: number; readonly atUs: number }
  /** Prompt done in a prefill pool: cacheTokens wait to be moved. */
  | {
      readonly kind: 'prefilled'
      readonly requestId: number
      readonly atUs: number
      readonly cacheTokens: number
    }
  | {
      readonly kind: 'finished'
      readonly requestId: number
      readonly atUs: number
      readonly outcome: 'served' | 'failed' | 'cancelled' | 'rejected'
      /** Closed list; '' when served. */
      readonly reason: '' | 'cancelled' | 'crash' | 'prompt-exceeds-limit' | 'cache-too-small' | 'queue-full'
      /** Tokens emitted, whatever the outcome. */
      readonly outputTokens: number
    }
  /** One or more equal steps in a row (event skipping): so many steps of the same batch, ending at atUs. */
  | StepsEvent
  | CacheEvent

/** Steps whose batch did not change. Per-token drivers get one event a step. */
export interface StepsEvent {
  readonly kind: 'steps'
  readonly startUs: number
  readonly atUs: number
  readonly steps: number
  /** Duration of the first of them, where they grow along the run; left out: all are alike. */
  readonly firstStepUs?: number
  /** Sequences decoding in each of them, all ranks; each gains `tokensPerSequence` a step on average. */
  readonly decodeSequences: number
  /** Prompt tokens computed in them, all ranks. */
  readonly prefillTokens: number
  /** Output tokens emitted, first tokens included. */
  readonly outputTokens: number
  /** Energy of all devices of the instance over these steps, joules. */
  readonly joules: number
  /** Time of them that is due to prompts rather than decoding, µs: for cost allocation. */
  readonly prefillUs: number
  /** Requests waiting and running after them, and the share of cache blocks in use. */
  readonly waiting: number
  readonly running: number
  readonly cacheUse: number
}

/** What a KV-event subscriber hears; only when asked for. Hashes are chained: equal hash, equal prefix. */
export type CacheEvent =
  | {
      readonly kind: 'blocks-stored'
      readonly atUs: number
      /** Whose prompt it was. */
      readonly requestId: number
      /** Engine's block hashes, first stored block first, and the hash before them (null: start of a prompt). */
      readonly hashes: readonly number[]
      readonly parentHash: number | null
      /** Index of the first stored block in the prompt. */
      readonly firstBlock: number
      /** Tokens per block, for subscribers of engines with different ones; left out: what the subscriber was told. */
      readonly blockTokens?: number
      readonly tier: CacheTier
    }
  | {
      readonly kind: 'blocks-removed'
      readonly atUs: number
      readonly hashes: readonly number[]
      readonly tier: CacheTier
    }
  | { readonly kind: 'blocks-cleared'; readonly atUs: number }

export type CacheTier = 'device' | 'host' | 'disk'

/** One rank's part of a step. Reused between calls: copy what must last. */
export interface RankWork {
  /** Sequences that decode, and the sum of their contexts, tokens. */
  decodeSequences: number
  decodeContextTokens: number
  /** Prompt chunks: tokens computed and tokens before them, `chunks` of each array used. */
  chunks: number
  readonly chunkTokens: number[]
  readonly chunkPastTokens: number[]
  /** Prompts that end in this step. */
  promptsCompleted: number
}

/** What a step costs; written by the timer. */
export interface StepCost {
  /** From start to the end of sampling and host work, seconds. */
  seconds: number
  /** All devices of the instance, joules. */
  joules: number
}

/** Where step times come from: the performance model, a recording, a constant. One per engine instance. */
export interface StepTimer {
  /** Cost of one step over all attention-data-parallel ranks: the slowest rank is the barrier. */
  step(ranks: readonly RankWork[], out: StepCost): void
  /** Power while no step runs, all devices, watts. */
  readonly idleWatts: number
  /** Host time before a request can enter the queue (API, template, tokenizer), seconds. */
  ingressSeconds(inputTokens: number): number
  /**
   * Share of ingressSeconds in which the front end works on nothing else (0 to 1), so that requests that come together
   * wait for each other; left out: 0.
   */
  readonly ingressSerialShare?: number
  /** Steps after its first token is sampled until it is handed over (stream and polling intervals). */
  readonly firstTokenLagSteps: number
}

/** What others may see of an engine instance between calls. */
export interface EngineState {
  readonly waiting: number
  readonly running: number
  /** Prompt tokens not yet computed, waiting and running ones. */
  readonly pendingPromptTokens: number
  /** Sum of contexts of running sequences, tokens. */
  readonly runningTokens: number
  /** Cache blocks in use by running sequences ÷ all blocks. */
  readonly cacheUse: number
  readonly preemptions: number
}

/** One engine instance: all its ranks and stages. */
export interface Engine extends Process<EngineInput, EngineEvent> {
  readonly state: EngineState
  /** Tokens emitted so far by a running request; for drivers that stream. */
  emittedTokens(requestId: number): number
  /** Throws when blocks, tokens or requests do not add up: called after every event by the swarm. */
  checkInvariants(): void
}
