/** What an attempt used, how sure that is, and what it costs. Usage that a server told is never replaced by an estimate. */
import type { Candidate, PricedUsage } from '../dispatch/types.ts'
import { noUsage, type UsageClasses, type UsageState } from '../usage.ts'
import type { AnswerApi, AnswerFacts } from '../wire/index.ts'

export interface AttemptUsage {
  readonly usage: UsageClasses
  readonly state: UsageState
  readonly cacheWriteOneHour: number
  readonly audioSeconds: number
}

/** Characters a token, where events are not counted: assumed, about right for English. */
const charactersPerToken = 4

const voided: AttemptUsage = { usage: noUsage, state: 'voided', cacheWriteOneHour: 0, audioSeconds: 0 }

export interface AttemptCircumstances {
  readonly api: AnswerApi
  /** As counted or estimated here, for servers that told nothing. */
  readonly promptTokens: number
  /** The client had gone, the answer was read on for its usage. */
  readonly isDrained: boolean
  /** Any of the answer came: otherwise nothing was delivered, and nothing is owed. */
  readonly isAnswered: boolean
}

/** Their answers have no output tokens, and nobody tells how many there are not. */
const withoutOutput: ReadonlySet<AnswerApi> = new Set(['embeddings', 'rerank'])

export function usageOfAttempt(
  facts: Readonly<AnswerFacts>,
  { api, promptTokens, isDrained, isAnswered }: AttemptCircumstances,
): AttemptUsage {
  const { usage } = facts
  const audioSeconds = facts.audioSeconds ?? 0
  if (usage === null) {
    if (!isAnswered) return voided
    // Paid by the hour: its length is its usage.
    if (facts.audioSeconds !== null)
      return { usage: noUsage, state: isDrained ? 'drained' : 'reported', cacheWriteOneHour: 0, audioSeconds }
    const output = estimatedOutput(facts)
    return {
      usage: { ...noUsage, uncachedInput: promptTokens, output },
      state: 'estimated',
      cacheWriteOneHour: 0,
      audioSeconds,
    }
  }
  const { said, cacheWriteOneHour } = usage
  const classes = {
    ...usage.classes,
    ...(said.input ? {} : { uncachedInput: promptTokens }),
    ...(said.output || withoutOutput.has(api) ? {} : { output: estimatedOutput(facts) }),
  }
  const isTold = said.input && (said.output || withoutOutput.has(api))
  return {
    usage: classes,
    state: isTold ? (isDrained ? 'drained' : 'reported') : 'estimated',
    cacheWriteOneHour,
    audioSeconds,
  }
}

/** Most servers send one event a token; those that bundle have more characters than that. */
function estimatedOutput({ textEvents, outputCharacters }: Readonly<AnswerFacts>): number {
  return Math.max(textEvents, Math.ceil(outputCharacters / charactersPerToken))
}

export function priceOfAttempt(candidate: Candidate, used: AttemptUsage, atMs: number): PricedUsage {
  return candidate.pricing.price(used.usage, atMs, {
    cacheWriteOneHour: used.cacheWriteOneHour,
    ...(used.audioSeconds > 0 ? { audioSeconds: used.audioSeconds } : {}),
  })
}
