/** A recorded trace as a workload: at its recorded times, or by sessions that think and wait for answers. */
import type { RandomSource } from '../core/random.ts'
import type { Workload } from './request.ts'
import { ArrivalReplay } from './trace-arrival-replay.ts'
import { groupsOf, type TraceGroups } from './trace-groups.ts'
import { replayPlan, type TraceReplayOptions, type TraceReplayPlan } from './trace-replay-options.ts'
import { TraceRequests } from './trace-request.ts'
import { passSeconds, type Schedule, scheduleOf, shuffled, spreadOverTicks } from './trace-schedule.ts'
import { SessionReplay } from './trace-session-replay.ts'
import type { TraceTable } from './trace-table.ts'

export interface TraceWorkload {
  readonly workload: Workload
  readonly mode: 'arrivals' | 'sessions'
  /** How the recording was bent or completed, ready to print. */
  readonly notes: readonly string[]
}

/**
 * The trace as a source of requests. Times start at 0 with the first request taken. The same table may feed many.
 * Throws TokenwrightError('usage' or 'number') when it cannot be replayed as asked.
 */
export function traceWorkload(
  table: TraceTable,
  options: TraceReplayOptions,
  random: RandomSource,
): TraceWorkload {
  const plan = replayPlan(table, options)
  const requests = new TraceRequests(table, plan)
  const notes = [...requests.notes]
  const kept = keptRows(table, plan, requests, notes)
  if (plan.prefix === 'keep' && table.content === null) {
    notes.push('the trace has no block ids: its prompts share nothing')
  }
  const workload =
    plan.mode === 'arrivals' && plan.starts.kind === 'recorded' && !plan.shuffle
      ? arrivalReplay(table, plan, requests, kept, options, random, notes)
      : sessionReplay(table, plan, requests, kept, options, random, notes)
  return { workload, mode: plan.mode, notes }
}

/** 1 for rows that fit, and whose turn before fits too where turns wait for each other. */
function keptRows(
  table: TraceTable,
  plan: TraceReplayPlan,
  requests: TraceRequests,
  notes: string[],
): Uint8Array {
  const kept = new Uint8Array(table.requests).fill(1)
  if (!Number.isFinite(plan.maximumContextTokens)) return kept
  const previous = plan.mode === 'sessions' ? table.sessions?.previous : undefined
  let dropped = 0
  for (let row = 0; row < table.requests; row++) {
    const before = previous === undefined ? -1 : previous.at(row)
    const fits = requests.inputTokens(row) + requests.outputTokens(row) <= plan.maximumContextTokens
    if (fits && (before < 0 || kept[before] === 1)) continue
    kept[row] = 0
    dropped++
  }
  if (dropped > 0) {
    const what = previous === undefined ? 'requests' : 'requests and turns after them'
    notes.push(`${dropped} ${what} exceed ${plan.maximumContextTokens} tokens of context and are left out`)
  }
  return kept
}

function arrivalReplay(
  table: TraceTable,
  plan: TraceReplayPlan,
  requests: TraceRequests,
  kept: Uint8Array,
  options: TraceReplayOptions,
  random: RandomSource,
  notes: string[],
): Workload {
  const { arrivalSeconds } = table
  const schedule = scheduleOf(
    table.requests,
    row => arrivalSeconds.at(row),
    row => kept[row] === 1,
    plan,
  )
  const tick = spread(schedule, plan, random, notes)
  return new ArrivalReplay(requests, {
    schedule,
    speedup: speedupOf(schedule, schedule.items.length, options),
    passSeconds: passSeconds(schedule, tick),
    repeat: plan.repeat,
    maximumRequests: plan.maximumRequests,
  })
}

function sessionReplay(
  table: TraceTable,
  plan: TraceReplayPlan,
  requests: TraceRequests,
  kept: Uint8Array,
  options: TraceReplayOptions,
  random: RandomSource,
  notes: string[],
): Workload {
  const bySession = plan.mode === 'sessions'
  const groups = groupsOf(table, kept, bySession)
  const sessions = bySession ? table.sessions : null
  const common = { groups, sessions, plan, random: random.stream('trace', 'starts') }
  if (plan.starts.kind !== 'recorded') {
    const order = Uint32Array.from({ length: groups.count }, (_, group) => group)
    return new SessionReplay(requests, {
      ...common,
      order: plan.shuffle ? shuffled(order, random.stream('trace', 'order')) : order,
      startUs: null,
      passUs: 0,
    })
  }
  const schedule = scheduleOf(
    groups.count,
    group => startOf(table, groups, group),
    () => true,
    plan,
  )
  const tick = spread(schedule, plan, random, notes)
  const speedup = speedupOf(schedule, requestsIn(groups, schedule), options)
  const first = schedule.startSeconds[0] ?? 0
  return new SessionReplay(requests, {
    ...common,
    order: plan.shuffle ? shuffled(schedule.items, random.stream('trace', 'order')) : schedule.items,
    startUs: schedule.startSeconds.map(seconds => ((seconds - first) * 1e6) / speedup),
    passUs: (passSeconds(schedule, tick) * 1e6) / speedup,
  })
}

/** A group starts with the first of its rows that waits for nothing. */
function startOf(
  { arrivalSeconds }: TraceTable,
  { offsets, rows, waitsFor }: TraceGroups,
  group: number,
): number {
  let start = Number.POSITIVE_INFINITY
  for (let index = offsets[group]!; index < offsets[group + 1]!; index++) {
    const row = rows[index]!
    if (waitsFor[row] === 0) start = Math.min(start, arrivalSeconds.at(row))
  }
  return start
}

function requestsIn({ offsets }: TraceGroups, { items }: Schedule): number {
  let requests = 0
  for (const group of items) requests += offsets[group + 1]! - offsets[group]!
  return requests
}

function spread(schedule: Schedule, plan: TraceReplayPlan, random: RandomSource, notes: string[]): number {
  if (!plan.spreadTicks) return 0
  const tick = spreadOverTicks(schedule, random.stream('trace', 'ticks'))
  if (tick > 0) {
    notes.push(
      `arrival times are rounded to ${Number(tick.toPrecision(3))} s: requests of a tick are spread over it at random`,
    )
  }
  return tick
}

/** Recorded requests per second of starts, against the rate asked for. */
function speedupOf(
  { startSeconds }: Schedule,
  requests: number,
  { speedup = 1, requestsPerSecond }: TraceReplayOptions,
): number {
  if (requestsPerSecond === undefined) return speedup
  const span = startSeconds.length < 2 ? 0 : startSeconds[startSeconds.length - 1]! - startSeconds[0]!
  return span === 0 ? 1 : (requestsPerSecond * span) / (requests - requests / startSeconds.length)
}
