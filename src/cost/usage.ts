/** What a request used, in the classes that have a price of their own; the one word for it in price book, gateway and ledger. */

/**
 * Classes with a price of their own. They do not overlap, so that costs add up: cached and cache-write tokens are not in
 * uncachedInput, audio is not in text.
 */
export const pricedClasses = [
  'uncachedInput',
  'cachedInput',
  'cacheWrite',
  'inputAudio',
  'output',
  'outputAudio',
] as const

/** Reasoning is told apart and is part of output (it costs the same). */
export const usageClasses = [...pricedClasses, 'reasoning'] as const

/** Tokens by class. */
export type UsageClasses = Readonly<Record<(typeof usageClasses)[number], number>>

export const noUsage = Object.fromEntries(usageClasses.map(name => [name, 0])) as UsageClasses
