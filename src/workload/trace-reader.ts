/** Feeds a parser line by line: line numbers, byte-order marks, empty lines and the choice of the format in one place. */
import { TokenwrightError } from '../core/errors.ts'
import { agentTraceParser } from './agent-trace.ts'
import { multiTurnTraceParser, TurnHistory } from './aiperf-trace.ts'
import { csvTraceParser } from './csv-trace.ts'
import { jsonLinesTraceParser } from './json-lines-trace.ts'
import { type TraceParser, type TraceSink, traceFault } from './trace-formats.ts'
import type { SessionBook } from './trace-sessions.ts'

/** Chooses the parser from the first line. `sessions` and `notes` are shared by all files of a trace. */
export function traceParserFor(firstLine: string, sessions: SessionBook, notes: Set<string>): TraceParser {
  const text = firstLine.trimStart()
  if (!text.startsWith('{') && !text.startsWith('[')) return csvTraceParser(sessions, notes)
  if (text.trimEnd() === '{') return agentTraceParser(sessions, notes)
  const keys = keysOf(text)
  if (keys.has('requests')) return agentTraceParser(sessions, notes)
  const history = new TurnHistory(notes)
  return keys.has('turns')
    ? multiTurnTraceParser(sessions, notes, history)
    : jsonLinesTraceParser(sessions, notes, history)
}

/** Keys of the object on a line; none when it is no object, which the parser will say better. */
function keysOf(line: string): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(line)
    return new Set(typeof value === 'object' && value !== null ? Object.keys(value) : [])
  } catch {
    return new Set(/^\{\s*"(requests|turns)"/.exec(line)?.slice(1) ?? [])
  }
}

export class TraceReader {
  #parser: TraceParser | null = null
  #lineNumber = 0
  #emptyLine: number | null = null
  readonly #source: string
  readonly #sessions: SessionBook
  readonly #notes: Set<string>

  /** `source` names the file in faults. */
  constructor(source: string, sessions: SessionBook, notes: Set<string>) {
    this.#source = source
    this.#sessions = sessions
    this.#notes = notes
  }

  /** 'empty' before the first line. */
  get format(): string {
    return this.#parser?.format ?? 'empty'
  }

  get lines(): number {
    return this.#lineNumber
  }

  /** Empty lines are tolerated at the end of the file only. */
  read(rawLine: string, sink: TraceSink): void {
    this.#lineNumber++
    let line = this.#lineNumber === 1 && rawLine.startsWith('\uFEFF') ? rawLine.slice(1) : rawLine
    if (line.endsWith('\r')) line = line.slice(0, -1)
    if (line.trim() === '') {
      this.#emptyLine ??= this.#lineNumber
      return
    }
    if (this.#emptyLine !== null)
      throw traceFault(this.#emptyLine, 'the line is empty', 'remove it', this.#source)
    this.#parser ??= traceParserFor(line, this.#sessions, this.#notes)
    this.#located(parser => parser.read(line, this.#lineNumber, sink))
  }

  finish(sink: TraceSink): void {
    this.#located(parser => parser.finish?.(sink))
  }

  /** Adds file and line to a parser's fault. */
  #located(step: (parser: TraceParser) => void): void {
    try {
      if (this.#parser !== null) step(this.#parser)
    } catch (error) {
      if (!(error instanceof TokenwrightError) || error.where !== undefined) throw error
      const where = `${this.#source}:${this.#lineNumber}`
      throw new TokenwrightError(
        'trace',
        error.message,
        error.fix === undefined ? { where } : { where, fix: error.fix },
      )
    }
  }
}
