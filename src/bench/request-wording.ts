/** Puts a workload's request into the words of its endpoint: which prompt, how long an answer, which headers. */
import type { WorkloadRequest } from '../workload/request.ts'
import type { BenchEndpoint } from './bench-endpoint.ts'
import type { BenchPrompt } from './endpoints/endpoint.ts'
import type { WordedRequest } from './load-agent.ts'
import { type Conversation, createConversation } from './prompts/conversation.ts'
import type { PromptSource } from './prompts/prompt-source.ts'

/** What is asked in place of made-up words: the user's own prompts or sounds. */
export interface PromptSupply {
  of(request: WorkloadRequest): SuppliedPrompt
}

export interface SuppliedPrompt {
  readonly prompt: BenchPrompt
  /** Null: as the workload says. */
  readonly outputTokens: number | null
  readonly extra: Readonly<Record<string, unknown>>
}

export interface RequestWording {
  /** Texts of answers are needed. */
  readonly keepsText: boolean
  word(request: WorkloadRequest): WordedRequest
  /** Hears what a turn was answered; only where texts are kept. */
  answered(request: WorkloadRequest, text: string, reported: Parameters<Conversation['answered']>[1]): void
}

/** Documents of a reranking (assumed: what a retriever hands over). */
const rankedDocuments = 8
/**
 * Conversations remembered: nobody says when the last turn of one was, so the one that was quiet for longest is forgotten.
 * A turn that comes later all the same sends the workload's own text. Assumed to be more than are ever open at a time.
 */
const mostConversations = 20_000

export function createWording(
  endpoint: BenchEndpoint,
  source: PromptSource,
  supply: PromptSupply | null,
  keepsConversations: boolean,
): RequestWording {
  const { kind, model, streaming, exactLength, extra, headers, path } = endpoint
  const talks = keepsConversations && supply === null && takesMessages(kind.name)
  const conversations = new Map<number, Conversation>()

  function promptOf(request: WorkloadRequest): SuppliedPrompt {
    if (supply !== null) return supply.of(request)
    const made = { outputTokens: null, extra: {} }
    if (kind.name === 'rerank')
      return { ...made, prompt: { kind: 'texts', ...source.ranking(request, rankedDocuments) } }
    const conversation = talks && request.session >= 0 ? conversationOf(request) : null
    if (conversation !== null)
      return { ...made, prompt: { kind: 'messages', messages: conversation.ask(request) } }
    return { ...made, prompt: { kind: 'text', text: source.prompt(request) } }
  }

  /** Null for a later turn of a conversation that was forgotten. */
  function conversationOf({ session, turn }: WorkloadRequest): Conversation | null {
    const known = turn === 0 ? createConversation(source) : (conversations.get(session) ?? null)
    if (known === null) return null
    conversations.delete(session)
    conversations.set(session, known)
    if (conversations.size > mostConversations) {
      for (const oldest of conversations.keys()) {
        conversations.delete(oldest)
        break
      }
    }
    return known
  }

  return {
    keepsText: talks,
    word(request) {
      const { prompt, outputTokens, extra: own } = promptOf(request)
      const body = kind.body({
        model,
        prompt,
        outputTokens: outputTokens ?? request.outputTokens,
        stream: streaming && kind.streams,
        exactLength,
        seed: null,
        extra: { ...extra, ...own },
      })
      return {
        http: {
          method: 'POST',
          path,
          headers: { ...headers, ...body.headers, 'content-type': body.contentType },
          body: body.bytes,
        },
        reader: kind.reader(),
      }
    },
    answered({ session }, text, reported) {
      conversations.get(session)?.answered(text, reported)
    },
  }
}

function takesMessages(kind: string): boolean {
  return kind === 'chat' || kind === 'messages' || kind === 'responses'
}
