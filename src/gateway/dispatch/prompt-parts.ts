/** A prompt cut into the parts that a conversation grows by, as bytes of its body: what a memo of tokens remembers. Nothing is parsed but what is asked for. */

import { commonScope, type PrefixScope } from '../engine-state/index.ts'
import { fieldValue } from '../wire/json-scan.ts'
import { skipSpace, skipValue } from '../wire/json-skip.ts'
import type { PromptFacts } from './types.ts'

export interface PromptParts {
  readonly kind: 'chat' | 'completion'
  /** JSON: the list of tools where there is one, then each message; or the text of a completion. */
  readonly texts: readonly string[]
  readonly hasTools: boolean
  readonly scope: PrefixScope
  /** As the client calls it. */
  readonly model: string
}

/** Deeper JSON than this was refused when the body was read (defaultScanLimits). */
const depth = 256

/** null: no prompt that a tokenizer of an engine takes as it is; other APIs are translated on their way. */
export function promptParts({ api, scanned }: PromptFacts): PromptParts | null {
  const { bytes, fields } = scanned
  const scope = scopeOf(fieldValue(scanned, 'cache_salt'))
  const model = String(fieldValue(scanned, 'model') ?? '')
  if (api === 'completions') {
    const prompt = fields.get('prompt')
    if (prompt?.kind !== 'string') return null
    return {
      kind: 'completion',
      texts: [String(fieldValue(scanned, 'prompt'))],
      hasTools: false,
      scope,
      model,
    }
  }
  const messages = fields.get('messages')
  if (api !== 'chat' || messages?.kind !== 'array') return null
  const tools = fields.get('tools')
  const texts: string[] = []
  const hasTools = tools !== undefined && tools.kind === 'array'
  if (hasTools) texts.push(bytes.toString('utf8', tools.valueStart, tools.valueEnd))
  let at = skipSpace(bytes, messages.valueStart + 1)
  while (bytes[at] !== closeBracket) {
    const end = skipValue(bytes, at, depth)
    texts.push(bytes.toString('utf8', at, end))
    at = skipSpace(bytes, end)
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1)
  }
  return texts.length === (hasTools ? 1 : 0) ? null : { kind: 'chat', texts, hasTools, scope, model }
}

function scopeOf(cacheSalt: unknown): PrefixScope {
  return typeof cacheSalt === 'string' ? { ...commonScope, cacheSalt } : commonScope
}

const comma = 0x2c
const closeBracket = 0x5d
