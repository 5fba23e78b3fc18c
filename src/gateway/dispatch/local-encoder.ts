/**
 * Tokens by gpt-tokenizer (an optional package), part by part. Exact for texts of completions; of a chat it knows no template, so that lengths
 * are right and names differ from an engine's: events of engines need their own tokenizer.
 */
import { present } from '../../core/assert.ts'
import { loadOptionalPackage } from '../../emulate/telemetry/optional-package.ts'
import type { PartEncoder } from './part-encoder.ts'

export type LocalTokenizer = 'o200k' | 'cl100k'

type Encode = (text: string) => ArrayLike<number>
const loaded = new Map<LocalTokenizer, Encode>()

/** @throws TokenwrightError when the package is not installed. */
export async function loadLocalTokenizer(name: LocalTokenizer): Promise<void> {
  if (loaded.has(name)) return
  const { encode } = await loadOptionalPackage('gpt-tokenizer', `prompts in tokens of ${name}`, () =>
    name === 'o200k'
      ? import('gpt-tokenizer/encoding/o200k_base')
      : import('gpt-tokenizer/encoding/cl100k_base'),
  )
  // Names of special tokens in a prompt are text: a client must not be able to write one.
  const asText = { disallowedSpecial: new Set<string>() }
  loaded.set(name, text => encode(text, asText))
}

/** After loadLocalTokenizer. */
export function createLocalEncoder(name: LocalTokenizer): PartEncoder {
  const encode = present(loaded.get(name), `the tokenizer ${name} was loaded before it is used`)
  return { encode: ({ parts, firstPending }) => parts.texts.slice(firstPending).map(encode) }
}
