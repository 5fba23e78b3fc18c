/**
 * Takes events at once and brings them to the ledger afterwards: in batches, in their order, again and again while it is away. What was
 * taken survives the end of the process (pending-files.ts); the ledger's keys make it safe to bring it twice.
 *
 * That a request began is brought only if it still runs after a while. Most have ended by then, and what they had set aside is free again:
 * an event less for each of them, and the books say the same.
 */
import { TokenwrightError } from '../../../core/errors.ts'
import type { LedgerEvent, RequestSettled } from '../events.ts'
import type { LedgerStore } from '../store.ts'
import { isContradiction } from '../stores/ledger-faults.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { lateUsage } from './late-usage.ts'
import { leftBehind, openPendingFiles, type PendingFiles } from './pending-files.ts'

export interface LedgerRecorderSettings {
  readonly ledger: Pick<LedgerStore, 'append' | 'request'>
  /** Where events wait; null: in memory only. */
  readonly folder: string | null
  /** Default: files on the disk. */
  readonly openFiles?: typeof openPendingFiles
  /** ms since 1970. */
  readonly nowMs: () => number
  /** A request that began is told of when it runs for so long, ms. */
  readonly quickRequestMs?: number
  /** The first failure of an outage; null when it is over. */
  readonly onAway: (error: Error | null) => void
  /** An event that contradicts the ledger or cannot be true: it is not kept, and a person must hear of it. */
  readonly onRefused: (event: LedgerEvent, error: Error) => void
}

export interface JournaledRecorder {
  /** Never throws: where even the disk fails, the event waits in memory, and `accepts` is false. */
  record(event: LedgerEvent): void
  /** What was recorded is in the files when it returns; otherwise it is with the end of this turn of the loop. */
  flush(): void
  /** false: no further request should be let in, for its usage could be lost. */
  readonly accepts: boolean
  readonly waiting: number
  /** Events of earlier processes that were brought to the ledger, and lines of their files that could not be read. */
  readonly recovered: { readonly events: number; readonly damagedLines: number }
  /** Waits until nothing waits, for so long. true: all is in the ledger. */
  close(timeoutMs: number): Promise<boolean>
}

/** As the ledger's own (stores/group-commit.ts): what it refuses to hold, nobody should let in. */
const mostWaiting = 50_000
/** Of one append, at most. Chosen: commits of some milliseconds then carry 100,000 events a second. */
const batchEvents = 1000
/**
 * Fewer events wait so long for others to go with them: a message to the ledger's thread and a commit cost more than an event does. Chosen:
 * at 4,000 requests a second a request takes a sixth less of the gateway's thread than without waiting, and 25 ms give most of that
 * (docs/models/gateway-speed.md); nobody who reads the ledger notices.
 */
const gatherMs = 100
/** Requests that run longer are in the ledger while they do. Chosen: most answers are over by then, and a person who looks notices nothing. */
const defaultQuickRequestMs = 2000
const firstRetryMs = 250
const longestRetryMs = 10_000

interface Waiting {
  readonly event: LedgerEvent
  /** 0: in memory only. */
  readonly file: number
}

interface Begun {
  readonly waits: Waiting
  readonly sinceMs: number
}

/** What earlier processes left is in the ledger when it resolves. @throws TokenwrightError when the ledger or the folder fails. */
export async function openLedgerRecorder(settings: LedgerRecorderSettings): Promise<JournaledRecorder> {
  const lock = settings.folder === null ? null : lockFolder(settings.folder)
  try {
    return await openInFolder(settings, lock)
  } catch (error) {
    lock?.release()
    throw error
  }
}

async function openInFolder(
  settings: LedgerRecorderSettings,
  lock: FolderLock | null,
): Promise<JournaledRecorder> {
  const { ledger, folder, nowMs, onAway, onRefused, quickRequestMs = defaultQuickRequestMs } = settings
  const recovered = { events: 0, damagedLines: 0 }
  const allLeft =
    folder === null || lock?.holder === 'theirs' ? [] : leftBehind(folder, lock?.holder === 'ours')
  const ends = endsIn(allLeft.flatMap(({ events }) => events))
  for (const left of allLeft) {
    const events = await withoutQuickOnes(left.events, ends, ledger)
    for (let from = 0; from < events.length; from += batchEvents)
      await bring(events.slice(from, from + batchEvents))
    recovered.events += left.events.length
    recovered.damagedLines += left.damagedLines
    // A file that cannot be read in full stays, for a person to look at.
    if (left.damagedLines === 0) left.remove()
  }
  const { openFiles = openPendingFiles } = settings
  const files: PendingFiles | null = folder === null ? null : openFiles(folder, nowMs())
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null
  let gathering: NodeJS.Timeout | null = null
  let retry: NodeJS.Timeout | null = null
  let failures = 0
  let isDiskFailing = false
  let isFlushDue = false
  let flushAgain: NodeJS.Timeout | null = null
  /** Requests that began lately, oldest first. */
  const begun = new Map<string, Begun>()
  let lookingAtBegun: NodeJS.Timeout | null = null
  let isClosing = false
  let isClosed = false

  /** All together; one by one when one of them is refused, so that it does not hold the others up. */
  async function bring(events: readonly LedgerEvent[]): Promise<void> {
    try {
      await ledger.append(events)
    } catch (error) {
      if (!isForGood(error)) throw error
      if (events.length === 1) {
        const late = isContradiction(error) ? await lateUsage(events[0]!, ledger) : null
        if (late === null) onRefused(events[0]!, error)
        else await bring([late])
      } else for (const event of events) await bring([event])
    }
  }

  /** What waits, but for the last few that came meanwhile. */
  async function pump(): Promise<void> {
    do {
      const batch = waiting.slice(0, batchEvents)
      try {
        await bring(batch.map(({ event }) => event))
      } catch (error) {
        if (failures++ === 0) onAway(error as Error)
        if (!isClosed) {
          const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(16, failures - 1))
          retry = setTimeout(() => {
            retry = null
            start()
          }, delayMs).unref()
        }
        return
      }
      if (failures > 0) onAway(null)
      failures = 0
      waiting = waiting.slice(batch.length)
      for (const [file, events] of countByFile(batch)) files?.acknowledged(file, events)
    } while (waiting.length >= batchEvents)
  }

  function flushFiles(): void {
    isFlushDue = false
    try {
      files?.flush()
      if (isDiskFailing) onAway(null)
      isDiskFailing = false
    } catch (error) {
      if (!isDiskFailing) onAway(error as Error)
      isDiskFailing = true
      // While it fails nobody is let in, so no further event would try again.
      if (!isClosed) flushAgain ??= setTimeout(tryAgain, firstRetryMs).unref()
    }
  }

  /** Everything of a turn in one write. */
  function flushIfDue(): void {
    if (isFlushDue) flushFiles()
  }

  function tryAgain(): void {
    flushAgain = null
    flushFiles()
  }

  function start(): void {
    if (running !== null || retry !== null || waiting.length === 0) return
    if (waiting.length >= batchEvents || isClosing) startNow()
    else gathering ??= setTimeout(startNow, gatherMs)
  }

  function startNow(): void {
    if (gathering !== null) clearTimeout(gathering)
    gathering = null
    running = pump().finally(() => {
      running = null
      if (failures === 0) start()
    })
  }

  /** Of those that run for long. */
  function bringLongOnes(): void {
    lookingAtBegun = null
    const untilMs = performance.now() - quickRequestMs
    for (const [requestId, { waits, sinceMs }] of begun) {
      if (sinceMs > untilMs) break
      begun.delete(requestId)
      waiting.push(waits)
    }
    if (waiting.length > 0) start()
    if (begun.size > 0 && !isClosed) lookAtBegunLater()
  }

  function lookAtBegunLater(): void {
    lookingAtBegun ??= setTimeout(bringLongOnes, quickRequestMs / 2).unref()
  }

  /** The end of a request whose beginning the ledger has not heard of: nothing was set aside there, so nothing is freed. */
  function ofQuickOne(event: LedgerEvent): LedgerEvent {
    if (event.kind !== 'requestSettled' || !event.final) return event
    const known = begun.get(event.requestId)
    if (known === undefined) return event
    begun.delete(event.requestId)
    if (known.waits.file > 0) files?.acknowledged(known.waits.file, 1)
    return { ...event, releasedNanoUsd: 0n }
  }

  return {
    record(told) {
      const event = ofQuickOne(told)
      const file = files?.add(event) ?? 0
      if (!isFlushDue) setImmediate(flushIfDue)
      isFlushDue = true
      if (event.kind === 'requestOpened') {
        begun.set(event.requestId, { waits: { event, file }, sinceMs: performance.now() })
        lookAtBegunLater()
        return
      }
      waiting.push({ event, file })
      start()
    },
    flush: flushIfDue,
    get accepts() {
      return !isDiskFailing && waiting.length < mostWaiting
    },
    get waiting() {
      return waiting.length
    },
    recovered,
    async close(timeoutMs) {
      isClosing = true
      if (gathering !== null) clearTimeout(gathering)
      gathering = null
      if (lookingAtBegun !== null) clearTimeout(lookingAtBegun)
      for (const { waits } of begun.values()) waiting.push(waits)
      begun.clear()
      const until = performance.now() + timeoutMs
      while (waiting.length > 0 && performance.now() < until) {
        if (retry !== null) clearTimeout(retry)
        retry = null
        start()
        await running
        if (failures > 0) await new Promise(resolve => setTimeout(resolve, firstRetryMs))
      }
      isClosed = true
      if (retry !== null) clearTimeout(retry)
      if (flushAgain !== null) clearTimeout(flushAgain)
      files?.close()
      lock?.release()
      return waiting.length === 0
    },
  }
}

/** By request. A request may begin in one file and end in the next. */
function endsIn(events: readonly LedgerEvent[]): ReadonlyMap<string, RequestSettled> {
  const ends = new Map<string, RequestSettled>()
  for (const event of events)
    if (event.kind === 'requestSettled' && event.final) ends.set(event.requestId, event)
  return ends
}

/** Beginnings of requests whose end is known, and frees nothing, were never meant for the ledger. */
async function withoutQuickOnes(
  events: readonly LedgerEvent[],
  ends: ReadonlyMap<string, RequestSettled>,
  ledger: Pick<LedgerStore, 'request'>,
): Promise<readonly LedgerEvent[]> {
  const kept: LedgerEvent[] = []
  for (const event of events) {
    if (event.kind === 'requestOpened') {
      const end = ends.get(event.requestId)
      const isQuick =
        end === undefined
          ? // Its end was acknowledged, and its file is gone.
            (await ledger.request(event.requestId))?.settled.some(({ final }) => final) === true
          : end.releasedNanoUsd === 0n
      if (isQuick) continue
    }
    kept.push(event)
  }
  return kept
}

/** It will never be taken: it contradicts what is there, or is no event at all. */
function isForGood(error: unknown): error is Error {
  return error instanceof Error && (isContradiction(error) || !(error instanceof TokenwrightError))
}

function countByFile(batch: readonly Waiting[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { file } of batch) counts.set(file, (counts.get(file) ?? 0) + 1)
  return counts
}
