/**
 * JSON as Hugging Face writes it: Python's json module emits Infinity, -Infinity and NaN, which JSON.parse refuses.
 * Everything else is strict (RFC 8259), and a fault is reported with line and column.
 */
import { TokenwrightError } from '../core/errors.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

const maximumDepth = 100

/** Parses text that may contain Infinity and NaN. `where` names the file in errors. */
export function parseLenientJson(text: string, where: string): JsonValue {
  checkEncoding(text, where)
  const parser = new Parser(text.startsWith('\uFEFF') ? text.slice(1) : text, where)
  return parser.document()
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkEncoding(text: string, where: string): void {
  if (text.includes('\0') || text.startsWith('\uFFFD')) {
    throw new TokenwrightError('model-config', 'the file is not UTF-8 text (UTF-16 or binary?)', {
      where,
      fix: 'save it as UTF-8',
    })
  }
  if (text.startsWith('version https://git-lfs')) {
    throw new TokenwrightError('model-config', 'the file is a Git LFS pointer, not the config itself', {
      where,
      fix: 'fetch the file with git lfs pull',
    })
  }
}

const literals: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const whitespacePattern = /[ \t\r\n]*/y
// Control characters are forbidden inside strings (RFC 8259 §7).
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is the rule being checked
const stringPattern = /"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y

class Parser {
  readonly #text: string
  readonly #where: string
  #position = 0
  #depth = 0

  constructor(text: string, where: string) {
    this.#text = text
    this.#where = where
  }

  document(): JsonValue {
    const value = this.#value()
    this.#skipWhitespace()
    if (this.#position < this.#text.length) this.#fail('unexpected text after the end of the JSON value')
    return value
  }

  #value(): JsonValue {
    this.#skipWhitespace()
    const character = this.#text[this.#position]
    if (character === undefined) this.#fail('the text ends where a value should stand: truncated JSON')
    if (character === '{') return this.#nested(() => this.#object())
    if (character === '[') return this.#nested(() => this.#array())
    if (character === '"') return this.#string()
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.#position)) {
        this.#position += word.length
        return value
      }
    }
    const number = this.#match(numberPattern)
    if (number === null) this.#fail(`unexpected character ${JSON.stringify(character)}`)
    return Number(number)
  }

  #nested(parse: () => JsonValue): JsonValue {
    if (++this.#depth > maximumDepth) this.#fail(`nested deeper than ${maximumDepth} levels`)
    this.#position++
    const value = parse()
    this.#depth--
    return value
  }

  #object(): JsonValue {
    const entries = new Map<string, JsonValue>()
    if (this.#accept('}')) return {}
    do {
      this.#skipWhitespace()
      if (this.#text[this.#position] !== '"') this.#fail('expected a field name in double quotes')
      const key = this.#string()
      if (entries.has(key)) this.#fail(`field ${JSON.stringify(key)} stands twice`)
      this.#expect(':')
      entries.set(key, this.#value())
    } while (this.#accept(','))
    this.#expect('}')
    return Object.fromEntries(entries)
  }

  #array(): JsonValue {
    const values: JsonValue[] = []
    if (this.#accept(']')) return values
    do values.push(this.#value())
    while (this.#accept(','))
    this.#expect(']')
    return values
  }

  #string(): string {
    const literal = this.#match(stringPattern)
    if (literal === null) this.#fail('string without end, or with an invalid escape')
    return JSON.parse(literal) as string
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position
    const match = pattern.exec(this.#text)
    if (match === null) return null
    this.#position += match[0].length
    return match[0]
  }

  #skipWhitespace(): void {
    this.#match(whitespacePattern)
  }

  #accept(character: string): boolean {
    this.#skipWhitespace()
    if (this.#text[this.#position] !== character) return false
    this.#position++
    return true
  }

  #expect(character: string): void {
    if (this.#accept(character)) return
    const found = this.#text[this.#position]
    this.#fail(
      found === undefined
        ? `the text ends before ${JSON.stringify(character)}: truncated JSON`
        : `expected ${JSON.stringify(character)}, found ${JSON.stringify(found)}`,
    )
  }

  #fail(message: string): never {
    const before = this.#text.slice(0, this.#position)
    const line = before.split('\n').length
    const column = this.#position - before.lastIndexOf('\n')
    throw new TokenwrightError('model-config', `${message} at line ${line} column ${column}`, {
      where: `${this.#where}:${line}:${column}`,
      fix: 'download the file again',
    })
  }
}
