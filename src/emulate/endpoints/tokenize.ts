/** POST /tokenize and /detokenize, as vLLM has them (vllm/entrypoints/serve/tokenize/protocol.py at 030ea52e). */
import { readMessages, toolsJson } from '../api/chat-request.ts'
import { type JsonObject, optionalBoolean, tokenList } from '../api/fields.ts'
import { badRequest } from '../api-error.ts'
import { renderChat, specialName } from '../chat-template.ts'
import type { ServedModel } from '../core.ts'
import { decode, encode } from '../tokenizer.ts'

/** Tokens of a text, or of messages as the chat template renders them. */
export function tokenize(model: ServedModel, body: JsonObject): string {
  const tokens = tokensOf(body)
  const answer = { count: tokens.length, max_model_len: model.maximumContextTokens, tokens }
  if (!optionalBoolean(body, 'return_token_strs')) return JSON.stringify(answer)
  return JSON.stringify({ ...answer, token_strs: tokens.map(id => decode([id], specialName)) })
}

function tokensOf(body: JsonObject): number[] {
  if (Array.isArray(body.messages)) {
    return renderChat(readMessages(body), toolsJson(body), body.add_generation_prompt !== false)
  }
  if (typeof body.prompt === 'string') return encode(body.prompt)
  throw badRequest('Give either prompt, a text, or messages.', 'prompt')
}

export function detokenize(body: JsonObject): string {
  const { tokens } = body
  if (!Array.isArray(tokens)) throw badRequest('tokens must be a list of token ids.', 'tokens')
  return JSON.stringify({ prompt: decode(tokenList(tokens, 'tokens'), specialName) })
}
