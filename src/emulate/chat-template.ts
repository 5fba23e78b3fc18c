/**
 * How messages become prompt tokens. Every message is framed by four special tokens (start, role, message, end); the
 * prompt ends with three (start, assistant, message), so an empty conversation costs 3 and each message 4 more than its
 * text. An answer of the emulator repeated as an assistant message gives the tokens it was emitted as, so later turns of a
 * conversation find their history in the prefix cache, answers included.
 */
import { encodeInto } from './tokenizer.ts'

export const special = {
  start: 0,
  message: 1,
  end: 2,
  /** Opens a tool call; name and arguments follow as text. */
  call: 3,
  tools: 4,
  /** Repeated for each token of an image, sound or file. */
  media: 5,
  roleOther: 9,
  roleSystem: 10,
  roleUser: 11,
  roleAssistant: 12,
  roleTool: 13,
} as const

const roles: Readonly<Record<string, number>> = {
  system: special.roleSystem,
  developer: special.roleSystem,
  user: special.roleUser,
  assistant: special.roleAssistant,
  tool: special.roleTool,
  function: special.roleTool,
}

/** Tokens of the template around each message, and those that open the answer. */
export const tokensPerMessage = 4
export const tokensOfOpening = 3

/** Tokens that an image, sound or file part counts as. Assumed: real models depend on its size. */
export const tokensPerMediaPart = 256

/** Readable name of a special token. */
export function specialName(id: number): string {
  for (const [name, value] of Object.entries(special)) if (value === id) return `<|${name}|>`
  return `<|${id}|>`
}

/** A message reduced to what the template needs. */
export interface TemplateMessage {
  readonly role: string
  readonly parts: readonly TemplatePart[]
}

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: string }
  /** `identity` tells equal media from different ones. */
  | { readonly kind: 'media'; readonly identity: string }

/** Prompt tokens of a conversation; `toolsJson` is '' without tools. */
export function renderChat(
  messages: readonly TemplateMessage[],
  toolsJson: string,
  openAnswer: boolean = true,
): number[] {
  const ids: number[] = []
  if (toolsJson !== '') {
    ids.push(special.start, special.tools, special.message)
    encodeInto(toolsJson, ids)
    ids.push(special.end)
  }
  for (const message of messages) {
    ids.push(special.start, roles[message.role] ?? special.roleOther, special.message)
    for (const part of message.parts) renderPart(part, ids)
    ids.push(special.end)
  }
  if (openAnswer) ids.push(special.start, special.roleAssistant, special.message)
  return ids
}

function renderPart(part: TemplatePart, ids: number[]): void {
  switch (part.kind) {
    case 'text':
      encodeInto(part.text, ids)
      return
    case 'call':
      ids.push(special.call)
      encodeInto(part.name, ids)
      encodeInto(part.arguments, ids)
      return
    case 'media': {
      const before = ids.length
      // The first tokens spell out which one it is, so that equal media share their cache and others do not.
      encodeInto(part.identity.slice(0, tokensPerMediaPart), ids)
      ids.length = Math.min(ids.length, before + tokensPerMediaPart)
      while (ids.length < before + tokensPerMediaPart) ids.push(special.media)
      return
    }
  }
}
