/** What an attempt used, how sure that is, and what it costs. Usage that a server told is never replaced by an estimate. */
import type { Candidate, PricedUsage } from '../dispatch/types.ts'
import { noUsage, type UsageClasses, type UsageState } from '../usage.ts'
import type { AnswerFacts } from '../wire/index.ts'

export interface AttemptUsage {
  readonly usage: UsageClasses
  readonly state: UsageState
  readonly cacheWriteOneHour: number
}

/** Characters a token, where events are not counted: assumed, about right for English. */
const charactersPerToken = 4

const voided: AttemptUsage = { usage: noUsage, state: 'voided', cacheWriteOneHour: 0 }

/**
 * @param promptTokens as counted or estimated here, for servers that told nothing.
 * @param isDrained the client had gone, the answer was read on for its usage.
 * @param isAnswered any of the answer came: otherwise nothing was delivered, and nothing is owed.
 */
export function usageOfAttempt(
  facts: Readonly<AnswerFacts>,
  promptTokens: number,
  isDrained: boolean,
  isAnswered: boolean,
): AttemptUsage {
  const { usage } = facts
  if (usage === null) {
    if (!isAnswered) return voided
    const output = estimatedOutput(facts)
    return {
      usage: { ...noUsage, uncachedInput: promptTokens, output },
      state: 'estimated',
      cacheWriteOneHour: 0,
    }
  }
  const { said, cacheWriteOneHour } = usage
  const classes = {
    ...usage.classes,
    ...(said.input ? {} : { uncachedInput: promptTokens }),
    ...(said.output ? {} : { output: estimatedOutput(facts) }),
  }
  const isTold = said.input && said.output
  return {
    usage: classes,
    state: isTold ? (isDrained ? 'drained' : 'reported') : 'estimated',
    cacheWriteOneHour,
  }
}

/** Most servers send one event a token; those that bundle have more characters than that. */
function estimatedOutput({ textEvents, outputCharacters }: Readonly<AnswerFacts>): number {
  return Math.max(textEvents, Math.ceil(outputCharacters / charactersPerToken))
}

export function priceOfAttempt(candidate: Candidate, used: AttemptUsage, atMs: number): PricedUsage {
  return candidate.pricing.price(used.usage, atMs, { cacheWriteOneHour: used.cacheWriteOneHour })
}
