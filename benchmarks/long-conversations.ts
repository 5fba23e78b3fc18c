/** Conversations of 90,000 to 110,000 tokens for long-prompts.ts: behind one of eight system prompts, growing by a turn, replaced when full. */
import { RandomSource } from '../src/core/random.ts'

export const bytesPerToken = 4
export const prompt = { system: 20_000, document: 70_000, turn: 1_000, full: 110_000 }
export const random = new RandomSource('long prompts').stream('text')

export function text(tokens: number): string {
  const words = [
    'the ',
    'cache ',
    'holds ',
    'what ',
    'was ',
    'asked ',
    'before, ',
    'and ',
    '{"key": 1} ',
    'of 42 ',
  ]
  let made = ''
  while (made.length < tokens * bytesPerToken)
    made += words[random.integer(words.length)]! + (random.bits() % 1000)
  // Through a buffer: a string of many joined pieces is not what a parser gives.
  return Buffer.from(made.slice(0, tokens * bytesPerToken)).toString()
}

export interface Conversation {
  parts: string[]
  tokens: number
}
export const systems = Array.from({ length: 8 }, () => text(prompt.system))
export const begin = (number: number): Conversation => ({
  parts: [systems[number % 8]!, text(prompt.document)],
  tokens: prompt.system + prompt.document,
})

/** The next request: of a conversation of its own for the first ones, which fill the caches, of any one after them. */
export function nextTurn(conversations: readonly Conversation[], id: number): Conversation {
  const conversation = conversations[id < conversations.length ? id : random.integer(conversations.length)]!
  if (conversation.tokens >= prompt.full) Object.assign(conversation, begin(random.integer(8)))
  conversation.parts.push(text(prompt.turn))
  conversation.tokens += prompt.turn
  return conversation
}
