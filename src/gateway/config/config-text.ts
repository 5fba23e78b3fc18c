/** Bytes of a configuration file, YAML or JSON, into a value, with the lines its parts stand at. */
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { TokenwrightError } from '../../core/errors.ts'
import type { FaultPath } from './config-faults.ts'

/** Assumed: ten thousand keys take 3 MB. */
export const largestConfigBytes = 4 * 1024 * 1024
/** What the package yaml allows by default: more values made from anchors are an attack, or a mistake. */
const mostAliases = 100
const fix = 'docs/reference/gateway-config.md shows the form'

export interface ConfigText {
  readonly value: unknown
  lineOf(path: FaultPath): number | null
}

/**
 * Anchors and merge keys (`<<`) work; a key that comes twice, more than one document, and bytes that are no UTF-8 are refused.
 * @throws TokenwrightError 'usage' with file and line. Nothing of the text is repeated: it may be a secret.
 */
export function parseConfigText(bytes: Uint8Array, where: string): ConfigText {
  if (bytes.length > largestConfigBytes) {
    throw fault(
      where,
      null,
      `is larger than ${largestConfigBytes / 1024 / 1024} MiB`,
      'is it the right file?',
    )
  }
  const text = decoded(bytes, where)
  const json = parsedJson(text)
  if (json === null) return parseYaml(text, where)
  let yaml: ConfigText | null = null
  return {
    value: json.value,
    lineOf(path) {
      yaml ??= parseYaml(text, where)
      return yaml.lineOf(path)
    },
  }
}

/**
 * JSON is YAML, but read as such it takes thirty times as long (2.5 s for ten thousand keys), and no request is served meanwhile.
 * null: it is no JSON, or a key comes twice, which JSON.parse does not tell: then there are more colons than fields.
 */
function parsedJson(text: string): { readonly value: unknown } | null {
  if (!/^\s*\{/.test(text)) return null
  try {
    const value: unknown = JSON.parse(text)
    const colons = text.match(/"(?:[^"\\]|\\.)*"|:/g)?.filter(token => token === ':').length ?? 0
    return colons === fieldsIn(value) ? { value } : null
  } catch {
    return null
  }
}

function fieldsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  return inner.reduce((sum, each) => sum + fieldsIn(each), Array.isArray(value) ? 0 : inner.length)
}

function parseYaml(text: string, where: string): ConfigText {
  const lines = new LineCounter()
  // Circles, anchors that multiply and deep nesting end in errors of other kinds than a document's own.
  const document = attempt(where, () =>
    parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      merge: true,
      uniqueKeys: true,
    }),
  )
  // A warning is that a tag was ignored: whoever wrote it meant something by it.
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0])
    throw fault(where, line, `${wordsOf(problem.code)} (column ${col})`, fix)
  }
  const value: unknown = attempt(where, () => document.toJS({ maxAliasCount: mostAliases }))
  return { value, lineOf: path => lineOf(document, lines, path) }
}

function decoded(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw fault(where, lineOfBadByte(bytes), 'not UTF-8', 'save the file as UTF-8')
  }
}

/** Line of the first byte that is no UTF-8; a line break is never part of another character. */
function lineOfBadByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let start = 0
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, start)
    try {
      decoder.decode(bytes.subarray(start, end === -1 ? bytes.length : end))
    } catch {
      return line
    }
    if (end === -1) return line
    start = end + 1
  }
}

function attempt<Result>(where: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) throw fault(where, null, 'is nested too deeply', fix)
    if (error instanceof ReferenceError) {
      throw fault(
        where,
        null,
        'refers to anchors too often, or to one that does not exist',
        'write the values out',
      )
    }
    throw error
  }
}

/** By the codes of the package yaml; its own words may quote the text. */
const words: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*name) that cannot be',
  BAD_DQ_ESCAPE: 'an escape in quotes that does not exist',
  BAD_INDENT: 'indented wrongly, or a bracket that is not closed',
  BAD_SCALAR_START: 'a value that begins with a reserved character: put it into quotes',
  BLOCK_AS_IMPLICIT_KEY: 'nested values on one line',
  DUPLICATE_KEY: 'a field or name that comes twice',
  KEY_OVER_1024_CHARS: 'a key of more than 1,024 characters',
  MISSING_CHAR: 'something is missing here: a quote, a bracket, a comma or a colon',
  MULTILINE_IMPLICIT_KEY: 'a key on several lines: is a quote or a colon missing?',
  MULTIPLE_DOCS: 'a second document (---): a file holds one',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab where spaces are expected',
  TAG_RESOLVE_FAILED: 'a tag (!name) nobody knows',
  UNEXPECTED_TOKEN: 'something unexpected',
}

function wordsOf(code: string): string {
  return `not valid YAML: ${words[code] ?? code.toLowerCase().replaceAll('_', ' ')}`
}

function fault(where: string, line: number | null, message: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where: line === null ? where : `${where}:${line}`, fix })
}

/** Of the path's last part that stands in the file itself; null for the whole. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: FaultPath): number | null {
  let node: Node | null = document.contents
  let offset: number | null = null
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      if (pair === undefined) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = (pair.value as Node | null) ?? null
    } else if (isSeq(node)) {
      node = (node.items[Number(part)] as Node | undefined) ?? null
      offset = node?.range?.[0] ?? offset
    } else break
  }
  return offset === null ? null : lines.linePos(offset).line
}
