/**
 * Tokens by the engine itself, which alone knows its chat template: POST /tokenize as vLLM has it (vllm/entrypoints/serve/tokenize/protocol.py,
 * commit 030ea52e). SGLang's takes texts only (from memory): chats in front of it fall back to bytes.
 *
 * Of a conversation that goes on only what is new is sent, behind a message or two of one letter whose tokens are cut off again: right
 * where a template writes each message by itself. Where it does not the difference shows, and whole conversations are sent from then on.
 */
import { type PartEncoder, type PendingParts, PromptRefused } from './part-encoder.ts'
import type { PromptParts } from './prompt-parts.ts'

/** Asks an engine, with these fields in JSON beside the model's name; rejects when none answers. */
export type AskTokens = (fields: string, clientModel: string) => Promise<readonly number[]>

/** Then the template is taken for one that does not write messages by themselves (assumed). */
const mostMisses = 3

const user = '{"role":"user","content":"a"}'
const assistant = '{"role":"assistant","content":"a"}'

export function createEngineEncoder(ask: AskTokens): PartEncoder {
  /** Of what is put in front, by its JSON. */
  const fronts = new Map<string, readonly number[]>()
  /** Times in a row that what was put in front did not come back as it was. One odd conversation is no reason to give up. */
  let misses = 0

  const askChat = (parts: PromptParts, messages: readonly string[], withTools: boolean) => {
    const tools = withTools && parts.hasTools ? `,"tools":${parts.texts[0]!}` : ''
    return ask(`"messages":[${messages.join(',')}]${tools},"add_generation_prompt":false`, parts.model)
  }

  async function rest({ parts, firstPending }: PendingParts): Promise<readonly number[] | null> {
    const pending = parts.texts.slice(firstPending)
    const messages = isFromUser(pending[0]!) ? [user, assistant] : [user]
    const key = messages.join(',')
    let front = fronts.get(key)
    if (front === undefined) {
      front = await askChat(parts, messages, false)
      fronts.set(key, front)
    }
    const all = await askChat(parts, [...messages, ...pending], false)
    const own = front
    return own.every((token, index) => all[index] === token) ? all.slice(own.length) : null
  }

  async function whole(parts: PromptParts): Promise<readonly number[]> {
    if (parts.kind === 'completion') return ask(`"prompt":${JSON.stringify(parts.texts[0])}`, parts.model)
    return askChat(parts, parts.texts.slice(parts.hasTools ? 1 : 0), true)
  }

  return {
    async encode(pending) {
      const { parts, firstPending, knownTokens } = pending
      const before = parts.texts.slice(firstPending + 1).map(() => null)
      if (firstPending > 0 && misses < mostMisses) {
        const tokens = await rest(pending)
        if (tokens !== null) {
          misses = 0
          return [...before, tokens]
        }
        misses++
      }
      const tokens = await whole(parts)
      if (tokens.length < knownTokens) throw new PromptRefused('it has fewer tokens than its beginning had')
      return [...before, tokens.slice(knownTokens)]
    },
  }
}

function isFromUser(message: string): boolean {
  const parsed: unknown = JSON.parse(message)
  return typeof parsed === 'object' && parsed !== null && 'role' in parsed && parsed.role === 'user'
}
