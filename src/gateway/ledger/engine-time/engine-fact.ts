/** What a gateway knows of a request on its own engine, and what it has to assume of the engine. */
import type { Bearer, RequestOwner, RequestSettled } from '../events.ts'

/** Measured at the gateway, unless said otherwise. */
export interface EngineFact extends RequestOwner {
  readonly attempt: number
  readonly bearer: Bearer
  readonly replica: string
  readonly sentMs: number
  /** Null before it, and when it never came. */
  readonly firstTokenMs: number | null
  /** Null while it runs. */
  readonly endMs: number | null
  /** Prompt tokens the engine computed: reported with the usage; before that, all of the prompt. */
  readonly computedTokens: number
  /** Prompt tokens it found in its cache. */
  readonly cachedTokens: number
  readonly outputTokens: number
}

/**
 * One text for each attempt. Ids of requests are the gateway's own (UUIDs), so none is another one's with a number behind it; and most requests
 * have one attempt, whose key is the id that is there already.
 */
export function attemptKey({ requestId, attempt }: Pick<EngineFact, 'requestId' | 'attempt'>): string {
  return attempt === 0 ? requestId : `${requestId}/${attempt}`
}

/** Assumed of an engine: from the performance model, a calibration, or `estimatePrefillSecondsPerToken`. */
export interface EngineRates {
  /** Engine time of a prompt token, alone in the engine. */
  readonly prefillSecondsPerToken: number
  /** Beside that, for each pair of a computed token and one before it: attention. 0 is near enough for short prompts. */
  readonly prefillSecondsPerTokenPair: number
  /** How much more of a decode step a sequence takes for each token of its context; 0: all sequences take the same. */
  readonly decodeWeightPerContextToken: number
  /** Of a replica, by what it does; only their proportions matter where energy was measured. */
  readonly prefillWatts: number
  readonly decodeWatts: number
  readonly idleWatts: number
}

/** The fact in a settlement, so that an interval can be closed from the ledger alone after a crash; null for an API's. */
export function engineFact(event: RequestSettled): EngineFact | null {
  if (event.target.kind !== 'deployment' || event.durationMs === null) return null
  const { requestId, tenant, keyId, modelAlias, attempt, bearer, usage } = event
  const sentMs = event.atMs - event.durationMs
  return {
    requestId,
    tenant,
    keyId,
    modelAlias,
    attempt,
    bearer,
    replica: event.target.replica,
    sentMs,
    firstTokenMs: event.ttftMs === null ? null : sentMs + event.ttftMs,
    endMs: event.atMs,
    computedTokens: usage.uncachedInput + usage.cacheWrite + usage.inputAudio,
    cachedTokens: usage.cachedInput,
    outputTokens: usage.output + usage.outputAudio,
  }
}

/**
 * Seconds of a prompt token, from requests that had their replica to themselves until the first token: the slope of TTFT over
 * computed tokens by least squares, so that what each request waits for anyway (network, tokenizer, a decode step) is not in it.
 * Null when fewer than ten requests were alone (chosen), or when longer prompts did not take longer. Quadratic in the number of
 * facts: give it the latest hundreds.
 */
export function estimatePrefillSecondsPerToken(facts: readonly EngineFact[]): number | null {
  const alone = facts.filter(fact => wasAlone(fact, facts))
  if (alone.length < fewestAlone) return null
  const mean = (of: (fact: EngineFact) => number): number =>
    alone.reduce((sum, fact) => sum + of(fact), 0) / alone.length
  const meanTokens = mean(({ computedTokens }) => computedTokens)
  const meanMs = mean(ttftMs)
  const spread = mean(({ computedTokens }) => (computedTokens - meanTokens) ** 2)
  const together = mean(fact => (fact.computedTokens - meanTokens) * (ttftMs(fact) - meanMs))
  const slope = spread === 0 ? 0 : together / spread / 1000
  return slope > 0 ? slope : null
}

const fewestAlone = 10

function ttftMs({ firstTokenMs, sentMs }: EngineFact): number {
  return firstTokenMs! - sentMs
}

function wasAlone(fact: EngineFact, facts: readonly EngineFact[]): boolean {
  const { firstTokenMs } = fact
  if (firstTokenMs === null || fact.computedTokens === 0) return false
  return !facts.some(
    other =>
      other !== fact &&
      other.replica === fact.replica &&
      other.sentMs < firstTokenMs &&
      (other.endMs ?? Number.POSITIVE_INFINITY) > fact.sentMs,
  )
}
