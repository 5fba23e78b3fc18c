/**
 * A JSON body with placeholders, {{prompt}} or "{{prompt}}". One that stands alone becomes its value (a number, a list,
 * true); one inside a longer text is replaced there. The template is read once, so a prompt with quotes breaks nothing.
 */
import { TokenwrightError } from '../../core/errors.ts'
import { isObject } from './answer-json.ts'
import type { AskedRequest } from './endpoint.ts'
import { promptMessages, promptText, wrongPrompt } from './request-json.ts'

type Value = (asked: AskedRequest) => unknown

const placeholders: Readonly<Record<string, Value>> = {
  prompt: ({ prompt }) => promptText(prompt, 'template'),
  messages: ({ prompt }) => promptMessages(prompt, 'template'),
  token_ids({ prompt }) {
    if (prompt.kind === 'tokens') return prompt.ids
    throw wrongPrompt(prompt, 'template', 'token ids')
  },
  query({ prompt }) {
    if (prompt.kind === 'texts') return prompt.query
    throw wrongPrompt(prompt, 'template', 'a query and documents')
  },
  documents({ prompt }) {
    if (prompt.kind === 'texts') return prompt.texts
    throw wrongPrompt(prompt, 'template', 'a query and documents')
  },
  audio_base64({ prompt }) {
    if (prompt.kind === 'audio') return Buffer.from(prompt.bytes).toString('base64')
    throw wrongPrompt(prompt, 'template', 'an audio file')
  },
  file_name({ prompt }) {
    if (prompt.kind === 'audio') return prompt.fileName
    throw wrongPrompt(prompt, 'template', 'an audio file')
  },
  model: asked => asked.model,
  max_tokens: asked => asked.outputTokens,
  min_tokens: asked => (asked.exactLength ? asked.outputTokens : 0),
  exact_length: asked => asked.exactLength,
  stream: asked => asked.stream,
  seed: asked => asked.seed,
}

export const placeholderNames: readonly string[] = Object.keys(placeholders)

const placeholder = /\{\{\s*(\w+)\s*\}\}/g
const lonePlaceholder = /^\{\{\s*(\w+)\s*\}\}$/

/**
 * Reads a template; the function fills it for a request.
 * @throws TokenwrightError('file') when it is no JSON, or names a placeholder that does not exist.
 */
export function readBodyTemplate(text: string, where: string): (asked: AskedRequest) => unknown {
  let body: unknown
  try {
    body = JSON.parse(quotePlaceholders(text))
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw new TokenwrightError('file', `the template is not JSON: ${cause}`, {
      where,
      fix: 'write the body of one request with placeholders, such as {"prompt": "{{prompt}}", "n": {{max_tokens}}}',
    })
  }
  checkPlaceholders(text, where)
  return compile(body)
}

/** Puts quotes around placeholders that stand outside of strings. */
function quotePlaceholders(text: string): string {
  let quotedText = ''
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (inString && character === '\\') {
      quotedText += character + (text[++index] ?? '')
      continue
    }
    if (character === '"') inString = !inString
    const end = !inString && text.startsWith('{{', index) ? text.indexOf('}}', index) : -1
    // {"a": {{x}}} and {{"a": 1}} differ in what follows the braces.
    if (end < 0 || !lonePlaceholder.test(text.slice(index, end + 2))) {
      quotedText += character
      continue
    }
    quotedText += `"${text.slice(index, end + 2)}"`
    index = end + 1
  }
  return quotedText
}

function checkPlaceholders(text: string, where: string): void {
  for (const [whole, name] of text.matchAll(placeholder)) {
    if (name !== undefined && Object.hasOwn(placeholders, name)) continue
    throw new TokenwrightError('file', `the template has the unknown placeholder ${whole}`, {
      where,
      fix: `known are ${placeholderNames.map(known => `{{${known}}}`).join(', ')}`,
    })
  }
}

function compile(value: unknown): Value {
  if (typeof value === 'string') return compileText(value)
  if (Array.isArray(value)) {
    const entries = value.map(compile)
    return asked => entries.map(entry => entry(asked))
  }
  if (!isObject(value)) return () => value
  const fields = Object.entries(value).map(([name, field]) => [name, compile(field)] as const)
  return asked => Object.fromEntries(fields.map(([name, field]) => [name, field(asked)]))
}

function compileText(text: string): Value {
  const alone = lonePlaceholder.exec(text)
  if (alone !== null) return placeholders[alone[1]!]!
  if (!text.includes('{{')) return () => text
  return asked =>
    text.replaceAll(placeholder, (_whole, name: string) => {
      const value = placeholders[name]!(asked)
      return typeof value === 'string' ? value : JSON.stringify(value)
    })
}
