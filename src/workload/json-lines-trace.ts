/**
 * Traces with one JSON object per line: Mooncake (FAST'25 release), Qwen-Bailian, AIPerf single-turn and any whose keys
 * have a usual name. Mooncake and AIPerf state `timestamp` in milliseconds, Bailian (it has `chat_id`) in seconds.
 */
import { columnExamples, findColumns, parseArrival, unitOfColumn } from './trace-columns.ts'
import { type TraceParser, type TraceRequest, tokenCount, traceFault } from './trace-formats.ts'

/** English text through today's tokenizers: about four characters a token (OpenAI tokenizer help page). */
const charactersPerToken = 4

export function jsonLinesTraceParser(): TraceParser {
  const notes = new Set<string>()
  let format = 'json-lines'

  const read = (line: string, lineNumber: number): TraceRequest => {
    const row = parseObject(line, lineNumber)
    const names = Object.keys(row)
    const columns = findColumns(names)
    const value = (index: number) => row[names[index]!]
    const blockIds = readBlockIds(row.hash_ids, lineNumber)
    if (blockIds !== null) format = 'chat_id' in row ? 'bailian' : 'mooncake'

    let inputTokens: number
    if (columns.input >= 0) {
      inputTokens = tokenCount(value(columns.input), names[columns.input]!, lineNumber)
    } else {
      const text = promptText(row)
      if (text === null) throw missing('input', names, lineNumber)
      format = 'aiperf-single-turn'
      inputTokens = Math.max(1, Math.ceil(text.length / charactersPerToken))
      notes.add('prompts are given as text: their length is estimated as 4 characters a token')
    }
    const outputIndex = columns.output >= 0 ? columns.output : names.indexOf('max_tokens')
    if (outputIndex < 0) throw missing('output', names, lineNumber)
    const cachedTokens =
      columns.cached < 0 ? null : tokenCount(value(columns.cached), names[columns.cached]!, lineNumber)
    if (cachedTokens !== null && cachedTokens > inputTokens) {
      throw traceFault(
        lineNumber,
        `${cachedTokens} cached tokens in a prompt of ${inputTokens}`,
        'cached tokens are part of the input: count them in both fields',
      )
    }
    return {
      arrivalSeconds: readArrival(row, names, columns.arrival, lineNumber),
      inputTokens,
      outputTokens: tokenCount(value(outputIndex), names[outputIndex]!, lineNumber),
      cachedTokens,
      blockIds,
    }
  }

  return {
    get format() {
      return format
    },
    notes,
    read,
  }
}

function readArrival(
  row: Readonly<Record<string, unknown>>,
  names: readonly string[],
  index: number,
  lineNumber: number,
): number | null {
  if (index < 0) return null
  const name = names[index]!
  const value = row[name]
  if (value === null || value === undefined) return null
  const unit = unitOfColumn(name) ?? (name === 'timestamp' && !('chat_id' in row) ? 1e-3 : 1)
  const seconds =
    typeof value === 'number' || typeof value === 'string' ? parseArrival(String(value), unit) : null
  if (seconds === null) {
    throw traceFault(
      lineNumber,
      `${name} is «${JSON.stringify(value)}», not a time`,
      'write a number of milliseconds',
    )
  }
  return seconds
}

function parseObject(line: string, lineNumber: number): Readonly<Record<string, unknown>> {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch {
    throw traceFault(
      lineNumber,
      'not valid JSON',
      'one complete JSON object per line; the file may be cut off',
    )
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw traceFault(
      lineNumber,
      'not a JSON object',
      'one object per line, e.g. {"timestamp": 0, "input_length": 1200, "output_length": 200}',
    )
  }
  return row as Readonly<Record<string, unknown>>
}

function readBlockIds(value: unknown, lineNumber: number): readonly (number | string)[] | null {
  if (value === undefined || value === null) return null
  const valid = Array.isArray(value) && value.every(id => typeof id === 'number' || typeof id === 'string')
  if (!valid)
    throw traceFault(lineNumber, 'hash_ids is not a list of ids', 'a list of numbers, first block first')
  return value
}

/** AIPerf single-turn: text, or texts as strings or {contents: [...]}. */
function promptText(row: Readonly<Record<string, unknown>>): string | null {
  if (typeof row.text === 'string') return row.text
  if (typeof row.text_input === 'string') return row.text_input
  if (!Array.isArray(row.texts)) return null
  const parts = row.texts.flatMap((entry: unknown) => {
    if (typeof entry === 'string') return [entry]
    const contents = (entry as { contents?: unknown } | null)?.contents
    return Array.isArray(contents) ? contents.filter(part => typeof part === 'string') : []
  })
  return parts.length === 0 ? null : parts.join('\n')
}

function missing(field: 'input' | 'output', names: readonly string[], lineNumber: number) {
  return traceFault(
    lineNumber,
    `no field for ${field} tokens among «${names.join(', ')}»`,
    `name one of the fields ${columnExamples(field)}`,
  )
}
