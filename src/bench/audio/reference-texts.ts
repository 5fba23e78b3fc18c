/** What was really said, as data sets write it down: tables, JSON lines, LibriSpeech's lists. */
import { parseCsv } from '../../core/csv.ts'
import { TokenwrightError } from '../../core/errors.ts'

export interface ReferenceText {
  /** Path or name of the sound file, with its ending or without. */
  readonly file: string
  readonly text: string
  /** '' when it is not said. */
  readonly language: string
}

/**
 * Names of columns and fields, lower case: ours first, then those of Mozilla Common Voice (path, sentence, locale), Hugging Face's
 * audio folders (file_name, transcription) and NeMo's manifests (audio_filepath, text, lang). From memory of those formats.
 */
const fileNames = ['file', 'path', 'file_name', 'filename', 'audio_filepath', 'audio']
const textNames = ['text', 'sentence', 'transcription', 'transcript', 'reference']
const languageNames = ['language', 'locale', 'lang']

/** Files of such texts, by name. */
const tableNames = [
  'transcripts.tsv',
  'transcripts.csv',
  'transcripts.jsonl',
  'metadata.csv',
  'metadata.jsonl',
]

export function holdsReferences(fileName: string): boolean {
  return tableNames.includes(fileName) || fileName.endsWith('.trans.txt')
}

/**
 * @param fileName its ending says how the text is written
 * @throws TokenwrightError `measurements` with the line that cannot be read
 */
export function parseReferences(text: string, fileName: string): ReferenceText[] {
  const plain = text.replace(/^\uFEFF/, '')
  if (fileName.endsWith('.trans.txt')) return libriSpeech(plain, fileName)
  if (fileName.endsWith('.jsonl')) return jsonLines(plain, fileName)
  return fileName.endsWith('.csv') ? commaSeparated(plain, fileName) : tabSeparated(plain, fileName)
}

/** `84-121123-0000 GO DO YOU HEAR`: the name of the sound without its ending, a blank, the text. */
function libriSpeech(text: string, fileName: string): ReferenceText[] {
  return linesOf(text).map(({ line, number }) => {
    const blank = line.indexOf(' ')
    if (blank <= 0) throw bad(fileName, number, 'there is no text behind the name', 'write `NAME TEXT`')
    return { file: line.slice(0, blank), text: line.slice(blank + 1).trim(), language: '' }
  })
}

function jsonLines(text: string, fileName: string): ReferenceText[] {
  return linesOf(text).map(({ line, number }) => {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      throw bad(fileName, number, 'it is no JSON', 'write one object a line')
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw bad(fileName, number, 'it is no object', 'write `{"file": "a.wav", "text": "…"}`')
    const fields = new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]))
    const field = (names: readonly string[]) => {
      for (const name of names) {
        const found = fields.get(name)
        if (typeof found === 'string') return found
      }
      return null
    }
    return rowOf(field(fileNames), field(textNames), field(languageNames), fileName, number)
  })
}

/** Without quotes: a quotation mark is one. So do Common Voice's tables. */
function tabSeparated(text: string, fileName: string): ReferenceText[] {
  const [head, ...rows] = linesOf(text)
  if (head === undefined) return []
  const columns = columnsOf(head.line.split('\t'), fileName)
  return rows.map(({ line, number }) => {
    const cells = line.split('\t')
    const cell = (column: number) => (column < 0 ? null : (cells[column] ?? null))
    return rowOf(cell(columns.file), cell(columns.text), cell(columns.language), fileName, number)
  })
}

function commaSeparated(text: string, fileName: string): ReferenceText[] {
  const table = parseCsv(text)
  const columns = columnsOf(table.header, fileName)
  const cell = (record: (typeof table.records)[number], column: number) =>
    column < 0 ? null : record.text(table.header[column]!)
  return table.records.map(record =>
    rowOf(
      cell(record, columns.file),
      cell(record, columns.text),
      cell(record, columns.language),
      fileName,
      record.line,
    ),
  )
}

function columnsOf(header: readonly string[], fileName: string) {
  const names = header.map(name => name.trim().toLowerCase())
  const find = (wanted: readonly string[]) =>
    names.indexOf(wanted.find(name => names.includes(name)) ?? '\u0000')
  const columns = { file: find(fileNames), text: find(textNames), language: find(languageNames) }
  if (columns.file < 0 || columns.text < 0) {
    throw new TokenwrightError(
      'measurements',
      `${fileName} has no column for ${columns.file < 0 ? 'the file' : 'the text'}`,
      { where: `${fileName}, line 1`, fix: 'name the columns file, text and, if known, language' },
    )
  }
  return columns
}

function rowOf(
  file: string | null,
  text: string | null,
  language: string | null,
  fileName: string,
  line: number,
): ReferenceText {
  if (file === null || file.trim() === '')
    throw bad(fileName, line, 'it names no sound file', 'give it in `file`')
  if (text === null) throw bad(fileName, line, 'it has no text', 'give it in `text`')
  return { file: file.trim(), text: text.trim(), language: language?.trim() ?? '' }
}

function linesOf(text: string): { readonly line: string; readonly number: number }[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
}

function bad(fileName: string, line: number, fault: string, fix: string): TokenwrightError {
  return new TokenwrightError('measurements', `cannot read a reference text: ${fault}`, {
    where: `${fileName}, line ${line}`,
    fix,
  })
}
