/**
 * Traces with one request per line in JSON: Mooncake (FAST'25 release), Qwen-Bailian, AIPerf single-turn and
 * mooncake_trace, LLMServingSim and any whose keys have a usual name. Mooncake and AIPerf state `timestamp` in
 * milliseconds, Bailian (it has `chat_id`) in seconds; TraceLab's rounds have dated events.
 */
import { promptTokens, type TurnHistory, textFormats } from './aiperf-trace.ts'
import { columnExamples, findColumns, parseArrival, unitOfColumn } from './trace-columns.ts'
import {
  blockIds,
  checkCached,
  optionalSeconds,
  parseObject,
  type SessionPlace,
  shownValue,
  type TraceBlocks,
  type TraceParser,
  tokenCount,
  traceFault,
} from './trace-formats.ts'
import type { RecordedTurn, SessionBook } from './trace-sessions.ts'

type Row = Readonly<Record<string, unknown>>

/** Qwen-Bailian hashes blocks of 16 tokens (README of qwen-bailian-usagetraces-anon). */
const bailianBlockTokens = 16

export function jsonLinesTraceParser(
  sessions: SessionBook,
  notes: Set<string>,
  history: TurnHistory,
): TraceParser {
  let format = 'json-lines'
  let unknownParents = 0

  /** The turn that this one follows, and the name under which the next finds this one. */
  const link = (row: Row, sessionName: string | number | null) => {
    if (!('chat_id' in row)) {
      return { name: sessionName, previous: sessionName === null ? undefined : sessions.lastOf(sessionName) }
    }
    const { chat_id: chat, parent_chat_id: parent } = row
    const isName = (value: unknown) => typeof value === 'number' || typeof value === 'string'
    if (!isName(chat)) return { name: null, previous: undefined }
    const hasParent = isName(parent) && parent !== -1
    const previous = hasParent ? sessions.lastOf(`chat ${parent}`) : undefined
    if (hasParent && previous === undefined && ++unknownParents > 0) {
      notes.add('turns whose parent_chat_id stands nowhere before them begin a session of their own')
    }
    return { name: `chat ${chat}`, previous }
  }

  return {
    get format() {
      return format
    },
    read(line, lineNumber, sink) {
      const row = parseObject(line, lineNumber)
      const names = Object.keys(row)
      const at = findColumns(names)
      const value = (index: number) => row[names[index]!]
      const blocks = readBlocks(row, names, lineNumber)
      if (blocks !== null) format = formatOfBlocks(row)
      const recorded = at.arrival >= 0 ? null : recordedTimes(row)
      const arrivalSeconds = recorded?.start ?? readArrival(row, names, at.arrival, lineNumber)
      const sessionName = at.session < 0 ? null : readName(value(at.session), names[at.session]!, lineNumber)
      const { name, previous } = link(row, sessionName)
      const thinkSeconds = optionalSeconds(row.delay, 'delay', 1e-3, lineNumber)
      const stated = at.input >= 0 ? tokenCount(value(at.input), names[at.input]!, lineNumber) : null
      if (stated === null) format = textFormats.singleTurn
      const ownTokens = stated ?? promptTokens(row, notes)
      if (ownTokens === null) throw missing('input', names, lineNumber)
      const outputIndex = at.output >= 0 ? at.output : names.indexOf('max_tokens')
      if (outputIndex < 0) throw missing('output', names, lineNumber)
      const outputTokens = tokenCount(value(outputIndex), names[outputIndex]!, lineNumber)
      const cachedTokens = at.cached < 0 ? null : tokenCount(value(at.cached), names[at.cached]!, lineNumber)
      const place: SessionPlace | null =
        name === null
          ? null
          : sessions.place(previous, arrivalSeconds, previous === undefined ? null : thinkSeconds)
      const threaded = place !== null && addsToHistory(row) && blocks === null
      const prompt = threaded
        ? history.prompt(place.session, ownTokens, outputTokens)
        : { inputTokens: ownTokens, blocks }
      if (threaded) format = textFormats.mooncakeSessions
      checkCached(cachedTokens, prompt.inputTokens, lineNumber)
      const added = sink.add({
        arrivalSeconds,
        inputTokens: prompt.inputTokens,
        outputTokens,
        cachedTokens,
        blocks: prompt.blocks,
        model: at.model >= 0 && typeof value(at.model) === 'string' ? String(value(at.model)) : '',
        place,
      })
      if (name === null || place === null || added < 0) return
      const serviceSeconds = recorded === null ? null : recorded.end - recorded.start
      const turn: RecordedTurn = { row: added, session: place.session, arrivalSeconds, serviceSeconds }
      sessions.remember(name, turn)
    },
  }
}

/**
 * AIPerf's mooncake_trace: turns of a session state their new tokens only, and the history is put before them, unless
 * they hold whole message lists or say so (context_mode, message_mode; AIPerf dataset/loader/mooncake_trace.py).
 */
function addsToHistory(row: Row): boolean {
  if ('chat_id' in row || typeof row.session_id !== 'string') return false
  if (row.context_mode === 'message_array_with_responses') return false
  if (Array.isArray(row.messages)) return row.message_mode === 'delta'
  return 'input_length' in row || 'text_input' in row
}

/** TraceLab's rounds state times as events: from the message that asks to the last part of the answer. */
function recordedTimes(row: Row): { readonly start: number; readonly end: number } | null {
  if (!Array.isArray(row.timing_events)) return null
  const times = row.timing_events.flatMap((event: unknown) => {
    const time = (event as { timestamp?: unknown } | null)?.timestamp
    const seconds = typeof time === 'string' ? parseArrival(time, 1) : null
    return seconds === null ? [] : [seconds]
  })
  return times.length === 0 ? null : { start: times[0]!, end: Math.max(...times) }
}

function formatOfBlocks(row: Row): string {
  if ('chat_id' in row) return 'bailian'
  return 'hash_ids' in row ? 'mooncake' : 'llmservingsim'
}

/** `hash_ids`, or `hash_ids_16` where the key itself states the tokens of a block. */
function readBlocks(row: Row, names: readonly string[], lineNumber: number): TraceBlocks | null {
  if (row.hash_ids !== undefined) {
    const ids = blockIds(row.hash_ids, 'hash_ids', lineNumber)
    const tokensPerBlock = 'chat_id' in row ? bailianBlockTokens : null
    return ids === null ? null : { ids, tokensPerBlock, scope: 0 }
  }
  for (const name of names) {
    const tokens = /^hash_ids_(\d{1,5})$/.exec(name)?.[1]
    if (tokens === undefined || Number(tokens) === 0) continue
    const ids = blockIds(row[name], name, lineNumber)
    if (ids !== null) return { ids, tokensPerBlock: Number(tokens), scope: 0 }
  }
  return null
}

function readName(value: unknown, field: string, lineNumber: number): string | number | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'string' || typeof value === 'number') return value
  throw traceFault(
    lineNumber,
    `${field} is «${shownValue(value)}», not a name`,
    'a text or a number, the same for all turns of a session',
  )
}

function readArrival(row: Row, names: readonly string[], index: number, lineNumber: number): number | null {
  if (index < 0) return null
  const name = names[index]!
  const value = row[name]
  if (value === null || value === undefined) return null
  const unit = unitOfColumn(name) ?? (name === 'timestamp' && !('chat_id' in row) ? 1e-3 : 1)
  if (typeof value === 'number' && unit !== 1 && Number.isFinite(value)) return value * unit
  const seconds =
    typeof value === 'number' || typeof value === 'string' ? parseArrival(String(value), unit) : null
  if (seconds === null) {
    throw traceFault(
      lineNumber,
      `${name} is «${shownValue(value)}», not a time`,
      'write a number of milliseconds',
    )
  }
  return seconds
}

function missing(field: 'input' | 'output', names: readonly string[], lineNumber: number) {
  return traceFault(
    lineNumber,
    `no field for ${field} tokens among «${shownValue(names.join(', '))}»`,
    `name one of the fields ${columnExamples(field)}`,
  )
}
