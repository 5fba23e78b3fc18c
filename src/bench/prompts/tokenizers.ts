/**
 * The client's own count of tokens, beside the server's: none, the emulator's tokenizer, or one of OpenAI's vocabularies,
 * which are the only ones that come with a package and need no download. For another model the server itself can be asked.
 */
import { TokenwrightError } from '../../core/errors.ts'
import { loadOptionalPackage } from '../../emulate/telemetry/optional-package.ts'
import { encode } from '../../emulate/tokenizer.ts'

export const tokenizerNames = ['none', 'emulator', 'o200k', 'cl100k', 'o200k-harmony', 'server'] as const
export type TokenizerName = (typeof tokenizerNames)[number]

export interface ClientTokenizer {
  readonly name: TokenizerName
  count(text: string): number
}

/** Modules of gpt-tokenizer 4. */
const moduleNames = {
  o200k: 'gpt-tokenizer/encoding/o200k_base',
  cl100k: 'gpt-tokenizer/encoding/cl100k_base',
  'o200k-harmony': 'gpt-tokenizer/encoding/o200k_harmony',
} as const

/** Imports a module by name; an argument so that a missing package can be tried. */
export type ImportModule = (name: string) => Promise<unknown>

/**
 * Loads a tokenizer by name; null for 'none', and for 'server', which is asked by `countByServer`.
 * @throws TokenwrightError when there is none of that name, or the package that holds it is not installed.
 */
export async function loadTokenizer(
  name: string,
  importModule: ImportModule = module => import(module),
): Promise<ClientTokenizer | null> {
  switch (name) {
    case 'none':
    case 'server':
      return null
    case 'emulator':
      return { name, count: text => encode(text).length }
    case 'o200k':
    case 'cl100k':
    case 'o200k-harmony':
      return vocabularyTokenizer(name, importModule)
  }
  throw new TokenwrightError('usage', `there is no tokenizer called ${JSON.stringify(name)}`, {
    where: 'the tokenizer',
    fix: `choose one of ${tokenizerNames.join(', ')}`,
  })
}

async function vocabularyTokenizer(
  name: keyof typeof moduleNames,
  importModule: ImportModule,
): Promise<ClientTokenizer> {
  const count = await loadOptionalPackage('gpt-tokenizer', `token counts by ${name}`, async () => {
    const { countTokens } = (await importModule(moduleNames[name])) as { readonly countTokens?: unknown }
    if (typeof countTokens !== 'function') throw new Error('it has no countTokens; version 4 has')
    return countTokens
  })
  // An answer may spell a special token, such as <|endoftext|>: that is text here.
  const options = { disallowedSpecial: new Set<string>() }
  return { name, count: text => Number(count(text, options)) }
}

/** Posts JSON below the base URL of the endpoint. */
export type PostJson = (
  path: string,
  body: unknown,
) => Promise<{ readonly status: number; readonly json: unknown }>

/**
 * Tokens of a text by the server's own tokenizer, without special tokens: POST /tokenize as vLLM (`prompt`; answers count
 * and tokens), SGLang and the emulator have it, or llama.cpp (`content`; answers tokens). Both names are sent, for llama.cpp
 * answers an empty list, and no error, when it misses its own.
 * @throws TokenwrightError when the server has no such endpoint or answers something else.
 */
export async function countByServer(post: PostJson, model: string, text: string): Promise<number> {
  const { status, json } = await post('/tokenize', {
    model,
    prompt: text,
    content: text,
    add_special_tokens: false,
    add_special: false,
  })
  const { count, tokens } = (json ?? {}) as { readonly count?: unknown; readonly tokens?: unknown }
  if (status === 200) {
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count
    if (Array.isArray(tokens)) return tokens.length
  }
  throw new TokenwrightError(
    'measurements',
    `the server does not count tokens: /tokenize answered ${status}`,
    {
      where: '/tokenize',
      fix: 'vLLM, SGLang and llama.cpp have this endpoint; for others choose another tokenizer or none',
    },
  )
}
