/** What a request used (the classes are those of the price book) and how far that is to be trusted. */
export { noUsage, type UsageClasses } from '../cost/usage.ts'

/**
 * How far the usage can be trusted. reported: the server said so. drained: the client had gone, the stream was read on to its
 * usage. estimated: counted here, because nobody said. voided: nothing was delivered and nothing is owed.
 */
export const usageStates = ['reported', 'drained', 'estimated', 'voided'] as const
export type UsageState = (typeof usageStates)[number]
