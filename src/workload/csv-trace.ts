/** Traces in CSV with a header: Azure, BurstGPT, Vidur and any file whose columns have a usual name. */
import { columnExamples, findColumns, parseArrival, unitOfColumn } from './trace-columns.ts'
import { type TraceParser, type TraceRequest, tokenCount, traceFault } from './trace-formats.ts'

export function csvTraceParser(): TraceParser {
  let columns: ReturnType<typeof findColumns> | null = null
  let width = 0
  let secondsPerUnit = 1
  let names: readonly string[] = []
  const notes = new Set<string>()

  const readHeader = (line: string, lineNumber: number): void => {
    names = splitCsvLine(line, lineNumber)
    width = names.length
    columns = findColumns(names)
    for (const field of ['input', 'output'] as const) {
      if (columns[field] >= 0) continue
      throw traceFault(
        lineNumber,
        `no column for ${field} tokens among «${names.join(', ')}»`,
        `name one of the columns ${columnExamples(field)}; the first line of a CSV trace is its header`,
      )
    }
    if (columns.arrival < 0) {
      notes.add('the trace has no arrival times: the request rate is unknown')
      return
    }
    const unit = unitOfColumn(names[columns.arrival] ?? '')
    secondsPerUnit = unit ?? 1
  }

  const readRow = (line: string, lineNumber: number): TraceRequest => {
    const cells = splitCsvLine(line, lineNumber)
    if (cells.length !== width) {
      throw traceFault(
        lineNumber,
        `${cells.length} columns where the header has ${width}`,
        'complete the line or remove it',
      )
    }
    const at = columns!
    const arrivalText = at.arrival < 0 ? null : cells[at.arrival]!
    const arrivalSeconds = arrivalText === null ? null : parseArrival(arrivalText, secondsPerUnit)
    if (arrivalText !== null && arrivalSeconds === null) {
      throw traceFault(
        lineNumber,
        `${names[at.arrival]} is «${arrivalText}», not a time`,
        'write seconds, a column name ending in _ms for milliseconds, or 2026-11-20 18:15:46.68',
      )
    }
    if (arrivalText !== null && unitOfColumn(names[at.arrival]!) === null && /^[\d.]+$/.test(arrivalText)) {
      notes.add(`${names[at.arrival]} is read as seconds: the header states no unit`)
    }
    const inputTokens = tokenCount(cells[at.input], names[at.input]!, lineNumber)
    const cachedTokens = at.cached < 0 ? null : tokenCount(cells[at.cached], names[at.cached]!, lineNumber)
    if (cachedTokens !== null && cachedTokens > inputTokens) {
      throw traceFault(
        lineNumber,
        `${cachedTokens} cached tokens in a prompt of ${inputTokens}`,
        'cached tokens are part of the input: count them in both columns',
      )
    }
    return {
      arrivalSeconds,
      inputTokens,
      outputTokens: tokenCount(cells[at.output], names[at.output]!, lineNumber),
      cachedTokens,
      blockIds: null,
    }
  }

  return {
    format: 'csv',
    notes,
    read(line, lineNumber) {
      if (columns !== null) return readRow(line, lineNumber)
      readHeader(line, lineNumber)
      return null
    },
  }
}

/** Fields of one line; double quotes as in RFC 4180, without line breaks inside fields. */
function splitCsvLine(line: string, lineNumber: number): string[] {
  if (!line.includes('"')) return line.split(',').map(cell => cell.trim())
  const cells: string[] = []
  let index = 0
  while (index <= line.length) {
    if (line[index] !== '"') {
      const end = line.indexOf(',', index)
      cells.push(line.slice(index, end < 0 ? line.length : end).trim())
      if (end < 0) return cells
      index = end + 1
      continue
    }
    let cell = ''
    index++
    for (;;) {
      const quote = line.indexOf('"', index)
      if (quote < 0) throw traceFault(lineNumber, 'a quoted field does not end', 'close the double quote')
      cell += line.slice(index, quote)
      index = quote + 1
      if (line[index] !== '"') break
      cell += '"'
      index++
    }
    cells.push(cell.trim())
    if (index >= line.length) return cells
    if (line[index] !== ',')
      throw traceFault(lineNumber, 'text after a closing quote', 'double quotes inside quotes')
    index++
  }
  return cells
}
