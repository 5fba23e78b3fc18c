/** Traces in CSV with a header: Azure, BurstGPT, Vidur and any file whose columns have a usual name. */
import { arrivalParser, columnExamples, findColumns, normaliseColumn, unitOfColumn } from './trace-columns.ts'
import {
  checkCached,
  optionalSeconds,
  type SessionPlace,
  shownValue,
  type TraceParser,
  type TraceSink,
  tokenCount,
  traceFault,
} from './trace-formats.ts'
import type { SessionBook } from './trace-sessions.ts'

interface Header {
  readonly names: readonly string[]
  readonly at: ReturnType<typeof findColumns>
  readonly arrival: (text: string) => number | null
  readonly serviceUnit: number
  /** Whether plain numbers of the arrival column state no unit. */
  readonly unitAssumed: boolean
}

/** `notes` takes what an answer must repeat (assumed units and the like). */
export function csvTraceParser(sessions: SessionBook, notes: Set<string>): TraceParser {
  let header: Header | null = null
  let format = 'csv'

  const readRow = (
    line: string,
    lineNumber: number,
    sink: TraceSink,
    { names, at, ...rest }: Header,
  ): void => {
    const cells = splitCsvLine(line, lineNumber)
    if (cells.length !== names.length) {
      throw traceFault(
        lineNumber,
        `${cells.length} columns where the header has ${names.length}`,
        'complete the line or remove it',
      )
    }
    const arrivalSeconds =
      at.arrival < 0 ? null : readArrival(cells[at.arrival]!, names[at.arrival]!, rest, lineNumber)
    if (rest.unitAssumed && /^[\d.]+$/.test(cells[at.arrival]!)) {
      notes.add(`${names[at.arrival]} is read as seconds: the header states no unit`)
    }
    const inputTokens = tokenCount(cells[at.input], names[at.input]!, lineNumber)
    const cachedTokens = at.cached < 0 ? null : tokenCount(cells[at.cached], names[at.cached]!, lineNumber)
    checkCached(cachedTokens, inputTokens, lineNumber)
    const name = at.session < 0 ? '' : cells[at.session]!.trim()
    const place: SessionPlace | null =
      name === '' ? null : sessions.place(sessions.lastOf(name), arrivalSeconds, null)
    const row = sink.add({
      arrivalSeconds,
      inputTokens,
      outputTokens: tokenCount(cells[at.output], names[at.output]!, lineNumber),
      cachedTokens,
      blocks: null,
      model: at.model < 0 ? '' : cells[at.model]!.trim(),
      place,
    })
    if (place === null || row < 0) return
    const service = at.service < 0 ? null : cells[at.service]!.trim() || null
    const serviceSeconds = optionalSeconds(service, names[at.service] ?? '', rest.serviceUnit, lineNumber)
    sessions.remember(name, { row, session: place.session, arrivalSeconds, serviceSeconds })
  }

  return {
    get format() {
      return format
    },
    read(line, lineNumber, sink) {
      if (header !== null) return readRow(line, lineNumber, sink, header)
      header = readHeader(line, lineNumber, notes)
      format = formatOf(header.names)
    },
  }
}

function readHeader(line: string, lineNumber: number, notes: Set<string>): Header {
  const names = splitCsvLine(line, lineNumber).map(name => name.trim())
  const at = findColumns(names)
  for (const field of ['input', 'output'] as const) {
    if (at[field] >= 0) continue
    throw traceFault(
      lineNumber,
      `no column for ${field} tokens among «${shownValue(names.join(', '))}»`,
      `name one of the columns ${columnExamples(field)}; the first line of a CSV trace is its header`,
    )
  }
  if (at.arrival < 0) notes.add('the trace has no arrival times: the request rate is unknown')
  if (names.some(name => normaliseColumn(name) === 'numimages')) {
    notes.add('NumImages is not used: prompts have the ContextTokens that the trace states')
  }
  const unit = at.arrival < 0 ? 1 : unitOfColumn(names[at.arrival]!)
  return {
    names,
    at,
    arrival: arrivalParser(unit ?? 1),
    serviceUnit: at.service < 0 ? 1 : (unitOfColumn(names[at.service]!) ?? 1),
    unitAssumed: unit === null,
  }
}

/** Names of published forms, by their headers. */
function formatOf(names: readonly string[]): string {
  const all = new Set(names.map(normaliseColumn))
  if (all.has('contexttokens') && all.has('generatedtokens')) return 'azure'
  if (all.has('requesttokens') && all.has('responsetokens')) return 'burstgpt'
  if (all.has('numprefilltokens') && all.has('numdecodetokens')) return 'vidur'
  return 'csv'
}

function readArrival(
  text: string,
  name: string,
  { arrival }: Pick<Header, 'arrival'>,
  lineNumber: number,
): number {
  const seconds = arrival(text)
  if (seconds !== null) return seconds
  throw traceFault(
    lineNumber,
    `${name} is «${shownValue(text)}», not a time`,
    'write seconds, a column name ending in _ms for milliseconds, or 2026-11-20 18:15:46.68',
  )
}

/** Fields of one line; double quotes as in RFC 4180, without line breaks inside fields. */
function splitCsvLine(line: string, lineNumber: number): string[] {
  if (!line.includes('"')) return line.split(',')
  const cells: string[] = []
  let index = 0
  while (index <= line.length) {
    if (line[index] !== '"') {
      const end = line.indexOf(',', index)
      cells.push(line.slice(index, end < 0 ? line.length : end))
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
    cells.push(cell)
    if (index >= line.length) return cells
    if (line[index] !== ',')
      throw traceFault(lineNumber, 'text after a closing quote', 'double quotes inside quotes')
    index++
  }
  return cells
}
