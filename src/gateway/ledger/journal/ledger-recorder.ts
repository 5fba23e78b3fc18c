/**
 * Takes events at once and brings them to the ledger afterwards: in batches, in their order, again and again while it is away. What was
 * taken survives the end of the process (pending-files.ts); the ledger's keys make it safe to bring it twice.
 */
import { TokenwrightError } from '../../../core/errors.ts'
import type { LedgerEvent } from '../events.ts'
import type { LedgerStore } from '../store.ts'
import { isContradiction } from '../stores/ledger-faults.ts'
import { leftBehind, openPendingFiles, type PendingFiles } from './pending-files.ts'

export interface LedgerRecorderSettings {
  readonly ledger: Pick<LedgerStore, 'append'>
  /** Where events wait; null: in memory only. */
  readonly folder: string | null
  /** ms since 1970. */
  readonly nowMs: () => number
  /** The first failure of an outage; null when it is over. */
  readonly onAway: (error: Error | null) => void
  /** An event that contradicts the ledger or cannot be true: it is not kept, and a person must hear of it. */
  readonly onRefused: (event: LedgerEvent, error: Error) => void
}

export interface JournaledRecorder {
  /** Never throws: where even the disk fails, the event waits in memory, and `accepts` is false. */
  record(event: LedgerEvent): void
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
/** Of one append. Chosen: commits of some milliseconds then carry 100,000 events a second. */
const batchEvents = 1000
const firstRetryMs = 250
const longestRetryMs = 10_000

interface Waiting {
  readonly event: LedgerEvent
  /** 0: in memory only. */
  readonly file: number
}

/** What earlier processes left is in the ledger when it resolves. @throws TokenwrightError when the ledger or the folder fails. */
export async function openLedgerRecorder(settings: LedgerRecorderSettings): Promise<JournaledRecorder> {
  const { ledger, folder, nowMs, onAway, onRefused } = settings
  const recovered = { events: 0, damagedLines: 0 }
  for (const left of folder === null ? [] : leftBehind(folder)) {
    for (let from = 0; from < left.events.length; from += batchEvents)
      await bring(left.events.slice(from, from + batchEvents))
    recovered.events += left.events.length
    recovered.damagedLines += left.damagedLines
    // A file that cannot be read in full stays, for a person to look at.
    if (left.damagedLines === 0) left.remove()
  }
  const files: PendingFiles | null = folder === null ? null : openPendingFiles(folder, nowMs())
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null
  let retry: NodeJS.Timeout | null = null
  let failures = 0
  let isDiskFailing = false
  let isFlushDue = false
  let isClosed = false

  /** All together; one by one when one of them is refused, so that it does not hold the others up. */
  async function bring(events: readonly LedgerEvent[]): Promise<void> {
    try {
      await ledger.append(events)
    } catch (error) {
      if (!isForGood(error)) throw error
      if (events.length === 1) onRefused(events[0]!, error)
      else for (const event of events) await bring([event])
    }
  }

  async function pump(): Promise<void> {
    while (waiting.length > 0) {
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
    }
  }

  function flushFiles(): void {
    isFlushDue = false
    try {
      files?.flush()
      isDiskFailing = false
    } catch (error) {
      if (!isDiskFailing) onAway(error as Error)
      isDiskFailing = true
    }
  }

  function start(): void {
    if (running !== null || retry !== null) return
    // With the next turn of the loop: what is recorded in this one goes along.
    running = new Promise<void>(resolve => setImmediate(resolve)).then(pump).finally(() => {
      running = null
      if (waiting.length > 0 && failures === 0) start()
    })
  }

  return {
    record(event) {
      const file = files?.add(event) ?? 0
      // That a request began is of use only if it does not end: it may wait for the end of this turn of the loop.
      if (event.kind !== 'requestOpened') flushFiles()
      else if (!isFlushDue) {
        isFlushDue = true
        setImmediate(flushFiles)
      }
      waiting.push({ event, file })
      start()
    },
    get accepts() {
      return !isDiskFailing && waiting.length < mostWaiting
    },
    get waiting() {
      return waiting.length
    },
    recovered,
    async close(timeoutMs) {
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
      files?.close()
      return waiting.length === 0
    },
  }
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
