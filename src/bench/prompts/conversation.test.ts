/** Sessions whose history is what was really said. */
import { describe, expect, test } from 'vitest'
import type { ReportedUsage } from '../../measure/observation.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import { createConversation } from './conversation.ts'
import { createPromptSource } from './prompt-source.ts'

const source = createPromptSource(1, { tokensPerWord: 1, overheadTokens: 7 })
const turn = (id: number, inputTokens: number): WorkloadRequest => ({
  id,
  arrivalUs: 0,
  inputTokens,
  outputTokens: 10,
  content: null,
  session: 3,
  turn: id,
  tenant: '',
  model: '',
  priority: 0,
})
const usage = (
  inputTokens: number,
  outputTokens: number,
  reasoningTokens: number | null = null,
): ReportedUsage => ({
  inputTokens,
  outputTokens,
  reasoningTokens,
  cachedTokens: null,
  cacheWriteTokens: null,
  inputAudioTokens: null,
  outputAudioTokens: null,
  acceptedPredictionTokens: null,
  rejectedPredictionTokens: null,
})
const words = (text: string) => text.split(' ').length

describe('conversation', () => {
  test('the history is sent again with the real answers, and new words up to the length asked for', () => {
    const talk = createConversation(source)
    const first = talk.ask(turn(0, 107))
    expect(first.map(message => [message.role, words(message.content)])).toEqual([['user', 100]])
    talk.answered('the answer', usage(107, 12))
    const second = talk.ask(turn(1, 200))
    expect(second.slice(0, 2)).toEqual([...first, { role: 'assistant', content: 'the answer' }])
    // 107 + 12 are there, a frame of 7 is expected, so 74 words are new.
    expect(words(second[2]!.content)).toBe(74)
    expect(first.length).toBe(1)
  })

  test('what the server counted puts right what was expected; reasoning is not repeated', () => {
    const talk = createConversation(source)
    talk.ask(turn(0, 107))
    talk.answered('a', usage(150, 40, 30))
    expect(words(talk.ask(turn(1, 267)).at(-1)!.content)).toBe(100)
  })

  test('at least one word, and the lengths asked for when nothing was counted', () => {
    const talk = createConversation(source)
    talk.ask(turn(0, 107))
    talk.answered('a', null)
    expect(words(talk.ask(turn(1, 50)).at(-1)!.content)).toBe(1)
    talk.answered('b', null)
    expect(words(talk.ask(turn(2, 50 + 10 + 7 + 20)).at(-1)!.content)).toBe(20)
  })

  test('roles alternate even after an answer without text; a system message stays in front', () => {
    const talk = createConversation(source, 'be brief')
    talk.ask(turn(0, 20))
    talk.answered('', usage(20, 5))
    const messages = talk.ask(turn(1, 60))
    expect(messages.map(message => message.role)).toEqual(['system', 'user'])
    talk.answered('yes', usage(60, 5))
    expect(talk.ask(turn(2, 90)).map(message => message.role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
    ])
  })

  test('turns of different sessions do not repeat each other', () => {
    const texts = [4, 5].map(id => {
      const talk = createConversation(source)
      talk.ask(turn(0, 20))
      talk.answered('same', usage(20, 5))
      return talk.ask(turn(id, 90)).at(-1)!.content
    })
    expect(texts[0]!.split(' ')[0]).not.toBe(texts[1]!.split(' ')[0])
  })
})
