/**
 * Turns of one session with the server's real answers in between: what is sent is the history and new words, as many as
 * bring the prompt to the length that the workload asks for. The history's length is what the server last counted.
 */
import type { ReportedUsage } from '../../measure/observation.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import type { ChatMessage } from '../endpoints/endpoint.ts'
import type { PromptSource } from './prompt-source.ts'

export interface Conversation {
  /** Messages of the next turn: everything said so far and new words of the user, at least one. */
  ask(request: WorkloadRequest): readonly ChatMessage[]
  /**
   * Hears the answer to the turn asked last: its text without reasoning (templates leave earlier reasoning out), and what
   * the server counted; without counts the lengths asked for are taken for true.
   */
  answered(text: string, reported: ReportedUsage | null): void
}

/** `system`: text of a system message in front, '' for none; its tokens are part of the first prompt's overhead. */
export function createConversation(source: PromptSource, system: string = ''): Conversation {
  let messages: readonly ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }]
  let historyTokens = 0
  let asked: WorkloadRequest | null = null
  return {
    ask(request) {
      const first = historyTokens === 0
      const content = first ? source.prompt(request) : source.words(newWords(request), request.id)
      messages = withUser(messages, content)
      asked = request
      return messages
    },
    answered(text, reported) {
      // An empty message is refused by some servers; a turn that was only reasoning or a tool call leaves none.
      if (text !== '') messages = [...messages, { role: 'assistant', content: text }]
      historyTokens =
        reported === null
          ? (asked?.inputTokens ?? 0) + (asked?.outputTokens ?? 0)
          : reported.inputTokens + reported.outputTokens - (reported.reasoningTokens ?? 0)
    },
  }

  /**
   * The frame of a further message is taken to cost what the first prompt's did; the next count of the history puts right
   * what is wrong with that.
   */
  function newWords({ inputTokens }: WorkloadRequest): number {
    const { tokensPerWord, overheadTokens } = source.scale
    return Math.max(1, Math.round((inputTokens - historyTokens - overheadTokens) / tokensPerWord))
  }
}

/** Chat templates that want roles to alternate refuse two messages of the user in a row: they become one. */
function withUser(messages: readonly ChatMessage[], content: string): readonly ChatMessage[] {
  const last = messages.at(-1)
  if (last?.role !== 'user') return [...messages, { role: 'user', content }]
  return [...messages.slice(0, -1), { role: 'user', content: `${last.content}\n${content}` }]
}
