/**
 * One multi-turn conversation: every prompt is all that was said before, answers included, plus the user's new tokens. Its
 * content is one growing text, so a cache finds the history again.
 */
import type { RandomStream } from '../core/random.ts'
import type { Distribution } from './distribution-spec.ts'
import type { LengthDistribution } from './lengths.ts'
import type { PrefixGroups } from './prefix-groups.ts'
import type { TokenContent } from './request.ts'
import type { RunNumbers } from './request-emitter.ts'
import { createTokenChain, type TokenChain } from './token-chain.ts'

/** What conversations are like; checked by src/workload/sessions.ts. */
export interface ConversationShape {
  readonly turns: LengthDistribution
  /** Tokens of the first prompt, a shared system prompt included. */
  readonly firstInput: LengthDistribution
  /** Tokens the user adds in every later turn. */
  readonly nextInput: LengthDistribution
  readonly output: LengthDistribution
  readonly thinkTime: Distribution
  readonly prefix: PrefixGroups | null
  readonly tokensPerBlock: number
  /** A turn that would exceed it in prompt + answer is not asked any more. */
  readonly maximumContextTokens: number
}

/** One session's streams: a change in one concern of one session shifts nothing else. */
export interface ConversationStreams {
  readonly turns: RandomStream
  readonly input: RandomStream
  readonly output: RandomStream
  readonly think: RandomStream
  readonly prefix: RandomStream
}

export interface Turn {
  readonly turn: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Covers prompt and answer: the next turn repeats both. */
  readonly content: TokenContent
}

export interface Conversation {
  /** The next turn; null when the conversation is over. */
  next(): Turn | null
  /** Seconds from the end of an answer to the user's next prompt. */
  thinkSeconds(): number
}

/** Begins a conversation. */
export function beginConversation(
  shape: ConversationShape,
  streams: ConversationStreams,
  numbers: RunNumbers,
): Conversation {
  const turns = shape.turns.draw(streams.turns)
  let text: TokenChain | null = null
  let historyTokens = 0
  let turn = 0
  return {
    next() {
      if (turn >= turns) return null
      const added = (turn === 0 ? shape.firstInput : shape.nextInput).draw(streams.input)
      const inputTokens = historyTokens + added
      const outputTokens = shape.output.draw(streams.output)
      // The first turn is always asked: whether it is too long is for the server to say.
      if (turn > 0 && inputTokens + outputTokens > shape.maximumContextTokens) return null
      text ??=
        shape.prefix === null
          ? createTokenChain(numbers, shape.tokensPerBlock)
          : shape.prefix.begin(streams.prefix, inputTokens)
      historyTokens = inputTokens + outputTokens
      return { turn: turn++, inputTokens, outputTokens, content: text.content(historyTokens) }
    },
    thinkSeconds: () => shape.thinkTime.draw(streams.think),
  }
}
