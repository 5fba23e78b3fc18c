import { describe, expect, test } from 'vitest'
import { noUsage } from '../usage.ts'
import { type AnswerFacts, completionsUsage, newAnswerFacts } from '../wire/index.ts'
import { type AttemptCircumstances, usageOfAttempt } from './settlement.ts'

const answered: AttemptCircumstances = { api: 'chat', promptTokens: 50, isDrained: false, isAnswered: true }
const facts = (some: Partial<AnswerFacts>): AnswerFacts => ({ ...newAnswerFacts(), ...some })

describe('what an attempt used', () => {
  test('is what the server told, classes apart', () => {
    const usage = completionsUsage({
      prompt_tokens: 10,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 4 },
    })
    const used = usageOfAttempt(facts({ usage, textEvents: 9 }), answered)
    expect(used).toMatchObject({ state: 'reported', usage: { uncachedInput: 6, cachedInput: 4, output: 3 } })
    expect(usageOfAttempt(facts({ usage }), { ...answered, isDrained: true }).state).toBe('drained')
  })
  test('a zero that was told stays zero', () => {
    const usage = completionsUsage({ prompt_tokens: 10, completion_tokens: 0 })
    expect(usageOfAttempt(facts({ usage, textEvents: 5 }), answered)).toMatchObject({
      state: 'reported',
      usage: { output: 0 },
    })
  })
  test('half of it told: the other half is estimated, and the whole is marked', () => {
    const usage = completionsUsage({ prompt_tokens: 10 })
    expect(usageOfAttempt(facts({ usage, textEvents: 5 }), answered)).toMatchObject({
      state: 'estimated',
      usage: { uncachedInput: 10, output: 5 },
    })
  })
  test('embeddings have no output, whatever nobody says of it', () => {
    const usage = completionsUsage({ prompt_tokens: 10, total_tokens: 10 })
    const used = usageOfAttempt(facts({ usage }), { ...answered, api: 'embeddings' })
    expect(used).toMatchObject({ state: 'reported', usage: { uncachedInput: 10, output: 0 } })
  })
  test('nothing told: events or characters, whichever are more', () => {
    expect(usageOfAttempt(facts({ textEvents: 7, outputCharacters: 20 }), answered).usage.output).toBe(7)
    expect(usageOfAttempt(facts({ textEvents: 2, outputCharacters: 41 }), answered).usage.output).toBe(11)
    expect(usageOfAttempt(facts({}), answered).usage.uncachedInput).toBe(50)
  })
  test('nothing delivered: nothing owed', () => {
    expect(usageOfAttempt(facts({}), { ...answered, isAnswered: false })).toMatchObject({
      state: 'voided',
      usage: noUsage,
    })
  })
  test('a transcription paid by its length', () => {
    const used = usageOfAttempt(facts({ audioSeconds: 90 }), { ...answered, api: 'transcription' })
    expect(used).toMatchObject({ state: 'reported', usage: noUsage, audioSeconds: 90 })
  })
})
