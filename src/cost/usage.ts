/** What a request used, in the classes that have a price of their own; the one word for it in price book, gateway and ledger. */

/**
 * Tokens by class; classes do not overlap, so that costs add up: cached and cache-write tokens are not in uncachedInput, audio
 * is not in text. Reasoning is told apart and is part of output (it costs the same).
 */
export interface UsageClasses {
  readonly uncachedInput: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly inputAudio: number
  /** Text, reasoning included. */
  readonly output: number
  readonly outputAudio: number
  /** Part of output. */
  readonly reasoning: number
}

export const noUsage: UsageClasses = {
  uncachedInput: 0,
  cachedInput: 0,
  cacheWrite: 0,
  inputAudio: 0,
  output: 0,
  outputAudio: 0,
  reasoning: 0,
}
