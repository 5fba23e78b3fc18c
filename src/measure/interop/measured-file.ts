/** A file of results as text, and the JSON documents in it: one, or one a line. */
import { TokenwrightError } from '../../core/errors.ts'
import { refuseMeasurements } from './json-fields.ts'

/** A file that may be large: its lines are read when they are asked for. */
export interface MeasuredFile {
  readonly name: string
  lines(): Iterable<string>
}

/** A file whose text is already there. */
export function measuredText(name: string, text: string): MeasuredFile {
  return { name, lines: () => text.split('\n') }
}

/** A JSON value of a file, with the place it stands at. */
export interface MeasuredDocument {
  readonly value: unknown
  readonly where: string
}

/**
 * The values of a file, one after another: JSON lines where the first line is a whole value, one value otherwise. Python's
 * NaN and Infinity are read as null.
 * @throws TokenwrightError 'measurements' when the text is empty, cut off or no JSON
 */
export function* documentsOf(file: MeasuredFile): Generator<MeasuredDocument> {
  const pending: string[] = []
  let number = 0
  let seen = 0
  let lines = false
  for (const line of file.lines()) {
    number++
    if (line.trim() === '') continue
    const text = seen === 0 && pending.length === 0 ? withoutMark(line) : line
    if (lines || pending.length === 0) {
      const parsed = tryJson(text)
      if (parsed !== undefined) {
        lines = true
        seen++
        yield { value: parsed.value, where: `${file.name}:${number}` }
        continue
      }
      if (lines) throw cutOff(text, `${file.name}:${number}`)
    }
    pending.push(text)
  }
  if (pending.length > 0) {
    const text = pending.join('\n')
    const parsed = tryJson(text)
    if (parsed === undefined) throw cutOff(text, file.name)
    seen++
    yield { value: parsed.value, where: file.name }
  }
  if (seen === 0)
    refuseMeasurements('the file is empty', file.name, 'the run may have been broken off: measure again')
}

function withoutMark(line: string): string {
  return line.startsWith('\uFEFF') ? line.slice(1) : line
}

function tryJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    const plain = withoutPythonNumbers(text)
    if (plain === text) return undefined
    try {
      return { value: JSON.parse(plain) }
    } catch {
      return undefined
    }
  }
}

/** Strings are matched first, so that a NaN inside one stays. */
const stringOrPythonNumber = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g

function withoutPythonNumbers(text: string): string {
  return text.replace(stringOrPythonNumber, match => (match.startsWith('"') ? match : 'null'))
}

function cutOff(text: string, where: string): TokenwrightError {
  const first = text.trimStart()[0]
  const last = text.trimEnd().at(-1)
  const isCut = (first === '{' && last !== '}') || (first === '[' && last !== ']')
  return new TokenwrightError(
    'measurements',
    isCut ? 'the text ends in the middle: the file is cut off' : 'neither JSON nor a log that is known',
    {
      where,
      fix: isCut
        ? 'copy the whole file; a run that was killed leaves its last line cut off, and that line may be deleted'
        : 'give a result as the tool wrote it: docs/guides/bench.md lists the forms that are read',
    },
  )
}
