/**
 * Recorded sessions of coding agents, one JSON document per session (the form of callanjfox/kv-cache-tester's traces,
 * docs/trace_replay_tester.md there; AIPerf calls it weka_trace). Block ids are local to the session and count full
 * blocks only. Turns are placed by their gap after the previous answer, never by recorded absolute time.
 *
 * Sub-agents: in 597 sessions of the published corpus a marker's `t` is when its result came back: `t` − `duration_ms` lies
 * within 1.2 s after the turn that called it for 56 of 58 that state a duration (the other two belong to a session taken up
 * again later), siblings start together, and the next turn always comes after the last of them. So a sub-agent starts
 * there, runs beside its siblings, and the next turn of the main agent waits for all of them. `async_launched` ones state
 * no duration: `t` is their start and nobody waits.
 */
import {
  blockIds,
  optionalSeconds,
  parseObject,
  shownValue,
  type TraceParser,
  type TraceSink,
  tokenCount,
  traceFault,
} from './trace-formats.ts'
import type { SessionBook } from './trace-sessions.ts'

type Row = Readonly<Record<string, unknown>>

/** A turn others wait for: its row, and when it was recorded to start and end, seconds of its own clock. */
interface LaneEnd {
  readonly row: number
  readonly startSeconds: number
  /** null: no api_time was recorded. */
  readonly endSeconds: number | null
}

interface Session {
  readonly number: number
  readonly tokensPerBlock: number
  readonly lineNumber: number
  readonly sink: TraceSink
}

/** Markers whose computed start lies further before the calling turn's end than this state their start, not their end. */
const clockSlackSeconds = 1.5

export function agentTraceParser(sessions: SessionBook, notes: Set<string>): TraceParser {
  const seen = new Map<string, number>()
  let copies = 0
  let document: string[] | null = null

  const readSession = (text: string, lineNumber: number, sink: TraceSink): void => {
    const trace = parseObject(text, lineNumber)
    if (!Array.isArray(trace.requests)) {
      throw traceFault(
        lineNumber,
        'no list of requests',
        'a session is {"block_size": 64, "requests": [...]}',
      )
    }
    const tokensPerBlock = tokenCount(trace.block_size, 'block_size', lineNumber)
    if (tokensPerBlock === 0) throw traceFault(lineNumber, 'block_size is 0', 'state the tokens of a block')
    const mark = fingerprint(trace.requests)
    if (seen.has(mark)) {
      notes.delete(copiesNote(copies))
      notes.add(copiesNote(++copies))
    }
    seen.set(mark, lineNumber)
    const session = { number: sessions.newSession(), tokensPerBlock, lineNumber, sink }
    readLane(trace.requests, session, 'requests', null)
  }

  return {
    format: 'agent-sessions',
    read(line, lineNumber, sink) {
      // A single document written over many lines starts with its brace alone.
      if (lineNumber === 1 && line.trim() === '{') document = []
      if (document !== null) document.push(line)
      else readSession(line, lineNumber, sink)
    },
    finish(sink) {
      if (document !== null) readSession(document.join('\n'), 1, sink)
    },
  }
}

const copiesNote = (count: number) =>
  `${count} sessions are exact copies of others: they stay in, with blocks of their own`

/** Requests of one agent in order; sub-agents are lanes of their own. Returns the last turn. */
function readLane(
  entries: readonly unknown[],
  session: Session,
  path: string,
  start: LaneStart | null,
): LaneEnd | null {
  let previous: LaneEnd | null = null
  let awaited: LaneEnd[] = []
  for (const [index, entry] of entries.entries()) {
    const where = `${path}[${index}]`
    if (typeof entry !== 'object' || entry === null) {
      throw traceFault(
        session.lineNumber,
        `${where} is not an object`,
        'a request is {"t": 0, "type": "n", "in": …}',
      )
    }
    const row = entry as Row
    if (row.type === 'subagent') {
      const agent = readAgent(row, session, where, previous)
      if (agent !== null) awaited.push(agent)
      continue
    }
    const turn = readTurn(row, session, where, previous, awaited, start)
    if (turn === null) continue
    previous = turn
    awaited = []
  }
  return previous
}

/** How a sub-agent begins: after which turn, and how long after. */
interface LaneStart {
  readonly after: readonly number[]
  readonly gapSeconds: number
  readonly gapFrom: 'end' | 'start'
}

function readTurn(
  row: Row,
  session: Session,
  where: string,
  previous: LaneEnd | null,
  awaited: readonly LaneEnd[],
  start: LaneStart | null,
): LaneEnd | null {
  const { lineNumber } = session
  const startSeconds = optionalSeconds(row.t, `${where}.t`, 1, lineNumber)
  if (startSeconds === null)
    throw traceFault(lineNumber, `${where}.t is missing`, 'seconds from the start of the session')
  const service = optionalSeconds(row.api_time, `${where}.api_time`, 1, lineNumber)
  const think = optionalSeconds(row.think_time, `${where}.think_time`, 1, lineNumber)
  const ids = blockIds(row.hash_ids, `${where}.hash_ids`, lineNumber)
  const place = placeOf(startSeconds, think, previous, awaited, start)
  const added = session.sink.add({
    arrivalSeconds: null,
    inputTokens: tokenCount(row.in, `${where}.in`, lineNumber),
    outputTokens: tokenCount(row.out, `${where}.out`, lineNumber),
    cachedTokens: null,
    blocks: ids === null ? null : { ids, tokensPerBlock: session.tokensPerBlock, scope: session.number + 1 },
    model: typeof row.model === 'string' ? row.model : '',
    place: { session: session.number, ...place },
  })
  if (added < 0) return null
  return { row: added, startSeconds, endSeconds: service === null ? null : startSeconds + service }
}

function placeOf(
  startSeconds: number,
  think: number | null,
  previous: LaneEnd | null,
  awaited: readonly LaneEnd[],
  start: LaneStart | null,
): LaneStart {
  if (awaited.length > 0) {
    // Think time was recorded from the agent's own previous answer, which is long before the sub-agents' end.
    const ends = awaited.map(end => end.endSeconds ?? end.startSeconds)
    const after = [...(previous === null ? [] : [previous.row]), ...awaited.map(end => end.row)]
    return { after, gapSeconds: Math.max(0, startSeconds - Math.max(...ends)), gapFrom: 'end' }
  }
  if (previous === null) return start ?? { after: [], gapSeconds: startSeconds, gapFrom: 'end' }
  if (think !== null) return { after: [previous.row], gapSeconds: think, gapFrom: 'end' }
  return gapAfter(previous, startSeconds)
}

/** From the recorded end of the turn before where there is one, otherwise from its start. */
function gapAfter(previous: LaneEnd, startSeconds: number): LaneStart {
  const { row, endSeconds } = previous
  return endSeconds === null
    ? { after: [row], gapSeconds: Math.max(0, startSeconds - previous.startSeconds), gapFrom: 'start' }
    : { after: [row], gapSeconds: Math.max(0, startSeconds - endSeconds), gapFrom: 'end' }
}

/** A sub-agent's lane; returns its end on the clock of the caller, or null when nobody waits for it. */
function readAgent(row: Row, session: Session, where: string, caller: LaneEnd | null): LaneEnd | null {
  if (!Array.isArray(row.requests)) {
    throw traceFault(
      session.lineNumber,
      `${where}.requests is «${shownValue(row.requests)}», not a list`,
      'list its requests',
    )
  }
  const statedSeconds = optionalSeconds(row.t, `${where}.t`, 1, session.lineNumber) ?? 0
  const duration = optionalSeconds(row.duration_ms, `${where}.duration_ms`, 1e-3, session.lineNumber)
  const earliest = (caller?.endSeconds ?? caller?.startSeconds ?? 0) - clockSlackSeconds
  const endStated = duration !== null && statedSeconds - duration >= earliest
  const startSeconds = endStated ? statedSeconds - duration : statedSeconds
  const start: LaneStart =
    caller === null ? { after: [], gapSeconds: startSeconds, gapFrom: 'end' } : gapAfter(caller, startSeconds)
  const last = readLane(row.requests, session, `${where}.requests`, start)
  if (last === null || duration === null || row.status === 'async_launched') return null
  return { row: last.row, startSeconds, endSeconds: startSeconds + duration }
}

/** What tells two sessions apart but for their names: counts, lengths and times. */
function fingerprint(requests: readonly unknown[]): string {
  let sum = 0
  for (const [index, entry] of requests.entries()) {
    const { t, in: input, out } = (entry ?? {}) as Record<string, unknown>
    const value = Number(t ?? 0) * 7919 + Number(input ?? 0) * 104_729 + Number(out ?? 0)
    sum = (sum * 31 + value * (index + 1)) % 2 ** 45
  }
  return `${requests.length} ${sum}`
}
