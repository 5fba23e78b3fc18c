/**
 * One stream of KV events, of one engine rank, put in order: a state machine without sockets. It is told what came and says what to
 * apply, what to forget and what to ask for again. Protocol: vLLM's ZmqEventPublisher (vllm/distributed/kv_events.py at 0181ea31).
 *
 * - Numbers begin at 0 with each engine process and grow by one. A gap is asked for again; meanwhile live batches wait.
 * - A number that was there before, with another time stamp, is a new process: forget all, replay from 0.
 * - Replays begin some batches before the gap, and these must bear the time stamps they had: an engine that restarted unheard
 *   while it was away and has passed the old number is caught by that.
 * - What can no longer be replayed (buffer too short, no replay endpoint) leaves the index a subset of the truth: it is
 *   forgotten and built anew from what comes, and the state says `degraded`, so that estimates may help out. A full replay is
 *   tried now and then; an engine that clears its cache or restarts ends it.
 */
import { assert } from '../../core/assert.ts'
import { type DecodedBatch, secondsOf } from './cache-event-decoder.ts'
import {
  type DegradedReason,
  type EventReplay,
  type EventSource,
  type EventSourceOutput,
  type EventSourceSettings,
  type EventSourceState,
  eventSourceDefaults,
  noEventCounts,
} from './event-source-types.ts'

/** Batches whose time stamps are remembered, how many of them a replay must confirm, longest wait in cooldowns: assumed. */
const remembered = 256
const confirmed = 16
const mostCooldowns = 32

export function createEventSource(settings: Partial<EventSourceSettings> = {}): EventSource {
  const { canReplay, replayTimeoutSeconds, cooldownSeconds, maximumAttempts, maximumBuffered, alarmAfter } = {
    ...eventSourceDefaults,
    ...settings,
  }
  assert(alarmAfter >= 1 && maximumAttempts >= 1, 'at least one failure is needed to give up')
  const counts = noEventCounts()
  let state: EventSourceState = 'connecting'
  let reason: DegradedReason | null = null
  /** The number expected next; −1: any, what went before is lost anyway. */
  let next = 0
  /** Something is missing from what was applied. */
  let isIncomplete = false
  let undecodableInARow = 0
  /** Of the last numbers applied: their time stamps, NaN where not known. */
  const stamps = new Float64Array(remembered).fill(Number.NaN)
  /** The highest number heard live, and the latest time stamp. */
  let highest = -1
  let latestSeconds = Number.NEGATIVE_INFINITY
  /** Live batches held back by a replay. */
  const waiting = new Map<number, DecodedBatch>()
  let replay: EventReplay | null = null
  let attempt = 0
  let failures = 0
  let deadlineUs = Number.POSITIVE_INFINITY
  let repairUs = Number.POSITIVE_INFINITY
  let cooldowns = 1
  let nextOrphanRepairUs = Number.NEGATIVE_INFINITY
  let orphanCooldowns = 1

  function enter(now: EventSourceState, why: DegradedReason | null, out: EventSourceOutput[]): void {
    if (state === now && reason === why) return
    state = now
    reason = why
    out.push({ kind: 'state', state, reason })
  }

  function ask(nowUs: number, purpose: EventReplay['purpose'], out: EventSourceOutput[]): void {
    replay = { purpose, heard: 0 }
    counts.replays++
    deadlineUs = nowUs + replayTimeoutSeconds * 1e6
    repairUs = Number.POSITIVE_INFINITY
    out.push({
      kind: 'ask-replay',
      attempt: ++attempt,
      from: purpose === 'fill' ? Math.max(0, next - confirmed) : 0,
    })
    if (purpose !== 'repair') enter('catching-up', null, out)
  }

  function forget(out: EventSourceOutput[]): void {
    out.push({ kind: 'forget' })
    stamps.fill(Number.NaN)
    next = 0
    isIncomplete = false
  }

  /** Takes a batch in its turn, or after a loss. */
  function apply(sequence: number, batch: DecodedBatch, out: EventSourceOutput[]): void {
    if (next === -1) {
      stamps.fill(Number.NaN)
      isIncomplete = sequence > 0
    } else if (sequence !== next) {
      forget(out)
      isIncomplete = true
    }
    next = sequence + 1
    counts.batches++
    if (batch.kind === 'undecodable') {
      stamps[sequence % remembered] = Number.NaN
      counts.undecodable++
      isIncomplete = true
      if (++undecodableInARow !== alarmAfter) return
      out.push({ kind: 'alarm', name: 'events-undecodable', reason: batch.reason }, { kind: 'forget' })
      return
    }
    undecodableInARow = 0
    stamps[sequence % remembered] = batch.seconds
    counts.unknownEvents += batch.unknownEvents
    counts.unknownMedia += batch.unknownMedia
    if (batch.events.length === 0) return
    // From here on the truth is known again: nothing is held.
    if (batch.events.some(({ kind }) => kind === 'cleared')) isIncomplete = false
    out.push({ kind: 'apply', events: batch.events })
  }

  function drain(out: EventSourceOutput[]): void {
    for (let batch = waiting.get(next); batch !== undefined; batch = waiting.get(next)) {
      waiting.delete(next)
      apply(next, batch, out)
    }
    for (const sequence of waiting.keys()) if (sequence < next) waiting.delete(sequence)
  }

  function settle(nowUs: number, why: DegradedReason, out: EventSourceOutput[]): void {
    if (!isIncomplete) {
      cooldowns = 1
      repairUs = Number.POSITIVE_INFINITY
      enter('live', null, out)
      return
    }
    if (canReplay && repairUs === Number.POSITIVE_INFINITY) {
      repairUs = nowUs + cooldowns * cooldownSeconds * 1e6
      cooldowns = Math.min(mostCooldowns, 2 * cooldowns)
    }
    enter('degraded', state === 'degraded' ? reason : why, out)
  }

  function endReplay(): void {
    replay = null
    deadlineUs = Number.POSITIVE_INFINITY
  }

  /** A part of the history cannot be had: what waits is where it begins anew. */
  function lose(nowUs: number, why: DegradedReason, out: EventSourceOutput[]): void {
    endReplay()
    failures = 0
    forget(out)
    next = -1
    isIncomplete = true
    const sequences = [...waiting.keys()].sort((one, other) => one - other)
    for (const sequence of sequences) apply(sequence, waiting.get(sequence)!, out)
    waiting.clear()
    settle(nowUs, why, out)
  }

  function restart(nowUs: number, out: EventSourceOutput[]): void {
    counts.restarts++
    endReplay()
    failures = 0
    forget(out)
    waiting.clear()
    highest = -1
    latestSeconds = Number.NEGATIVE_INFINITY
    orphanCooldowns = 1
    if (canReplay) ask(nowUs, 'rebuild', out)
  }

  /** Whether a live batch cannot be of the process that we followed. */
  function isOfNewProcess(sequence: number, batch: DecodedBatch): boolean {
    if (next === -1) return false
    const seconds = secondsOf(batch)
    const held = waiting.get(sequence)
    if (held !== undefined) return secondsOf(held) !== seconds
    if (sequence < next) {
      const stamp = sequence < next - remembered ? Number.NaN : stamps[sequence % remembered]!
      if (!Number.isNaN(stamp)) return stamp !== seconds
      return sequence < next - remembered || !(seconds <= latestSeconds)
    }
    return sequence < highest && seconds > latestSeconds
  }

  function live(nowUs: number, sequence: number, batch: DecodedBatch, out: EventSourceOutput[]): void {
    if (isOfNewProcess(sequence, batch)) restart(nowUs, out)
    if (sequence < next || waiting.has(sequence)) {
      counts.duplicates++
      return
    }
    highest = Math.max(highest, sequence)
    const seconds = secondsOf(batch)
    if (seconds > latestSeconds) latestSeconds = seconds
    if (replay === null && (sequence === next || next === -1)) {
      apply(sequence, batch, out)
      settle(nowUs, 'undecodable', out)
      return
    }
    waiting.set(sequence, batch)
    if (replay !== null) {
      if (waiting.size > maximumBuffered) lose(nowUs, 'too-much-waiting', out)
      return
    }
    counts.gaps++
    if (canReplay) ask(nowUs, state === 'connecting' ? 'rebuild' : 'fill', out)
    else lose(nowUs, 'no-replay-endpoint', out)
  }

  function replayed(nowUs: number, sequence: number, batch: DecodedBatch, out: EventSourceOutput[]): void {
    if (replay === null) return
    deadlineUs = nowUs + replayTimeoutSeconds * 1e6
    if (replay.heard++ === 0 && replay.purpose === 'repair') {
      if (sequence > 0) {
        endReplay()
        drain(out)
        settle(nowUs, 'replay-too-short', out)
        return
      }
      forget(out)
    }
    if (sequence < next) {
      const stamp = stamps[sequence % remembered]!
      if (sequence >= next - confirmed && !Number.isNaN(stamp) && stamp !== secondsOf(batch))
        restart(nowUs, out)
    } else apply(sequence, batch, out)
  }

  function replayEnded(nowUs: number, out: EventSourceOutput[]): void {
    if (replay === null) return
    const { purpose, heard } = replay
    endReplay()
    // It does not know numbers that we have heard: it counts from 0 again, or keeps nothing.
    if (purpose === 'fill' && heard === 0 && next > 0) {
      restart(nowUs, out)
      return
    }
    drain(out)
    if (waiting.size === 0) {
      failures = 0
      settle(nowUs, 'replay-too-short', out)
    } else if (++failures < maximumAttempts) ask(nowUs, 'fill', out)
    else lose(nowUs, 'replay-too-short', out)
  }

  function replayFailed(nowUs: number, out: EventSourceOutput[]): void {
    if (replay === null) return
    const { purpose } = replay
    endReplay()
    counts.failedReplays++
    if (purpose === 'repair') {
      drain(out)
      if (waiting.size > 0) lose(nowUs, 'replay-failed', out)
      else settle(nowUs, 'replay-failed', out)
    } else if (++failures < maximumAttempts) ask(nowUs, purpose, out)
    else lose(nowUs, 'replay-failed', out)
  }

  function connected(nowUs: number, out: EventSourceOutput[]): void {
    if (canReplay) {
      if (replay === null) ask(nowUs, state === 'connecting' ? 'rebuild' : 'fill', out)
    } else if (state !== 'connecting') lose(nowUs, 'no-replay-endpoint', out)
  }

  function parentUnknown(nowUs: number, out: EventSourceOutput[]): void {
    if (state !== 'live' || replay !== null || nowUs < nextOrphanRepairUs) return
    nextOrphanRepairUs = nowUs + orphanCooldowns * cooldownSeconds * 1e6
    orphanCooldowns = Math.min(mostCooldowns, 2 * orphanCooldowns)
    isIncomplete = true
    enter('degraded', 'parent-unknown', out)
    if (canReplay) ask(nowUs, 'repair', out)
  }

  return {
    accept(nowUs, input, out) {
      switch (input.kind) {
        case 'connected':
          return connected(nowUs, out)
        case 'live':
          return live(nowUs, input.sequence, input.batch, out)
        case 'parent-unknown':
          return parentUnknown(nowUs, out)
        case 'replayed':
          if (input.attempt === attempt) replayed(nowUs, input.sequence, input.batch, out)
          return
        case 'replay-ended':
          if (input.attempt === attempt) replayEnded(nowUs, out)
          return
        case 'replay-failed':
          if (input.attempt === attempt) replayFailed(nowUs, out)
      }
    },
    nextUs: () => Math.min(deadlineUs, repairUs),
    wake(nowUs, out) {
      if (nowUs >= deadlineUs) replayFailed(nowUs, out)
      else if (nowUs >= repairUs) ask(nowUs, 'repair', out)
    },
    get state() {
      return state
    },
    counts,
  }
}
