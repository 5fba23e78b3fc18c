/**
 * Many appends, one commit: calls are collected for a few milliseconds or until there are enough, written together, and each
 * is answered when its commit is done. Only one commit runs at a time; what comes meanwhile goes with the next.
 */
import { TokenwrightError } from '../../../core/errors.ts'
import { checkEvent } from '../check-event.ts'
import type { LedgerEvent } from '../events.ts'
import type { AppendOutcome } from '../store.ts'
import { closedStore, storeFault } from './ledger-faults.ts'

export interface GroupCommitSettings {
  /** Longest wait of an append for others to join it, ms. */
  readonly delayMs: number
  /** So many events are written at once, without further waiting. */
  readonly events: number
  /** More than so many events waiting: refuse, because memory is not a ledger. */
  readonly mostWaiting: number
}

/**
 * 5 ms: below the time in which a first token comes. 512 events: a commit that holds nobody up for long. 100,000 waiting: some
 * 100 MB, ten seconds of 10,000 events/s. All three chosen, not measured as best.
 */
export const defaultGroupCommit: GroupCommitSettings = { delayMs: 5, events: 512, mostWaiting: 100_000 }

export type WriteOutcome = AppendOutcome | TokenwrightError

export interface GroupCommit {
  append(events: readonly LedgerEvent[]): Promise<AppendOutcome>
  /** Writes what waits, then refuses. */
  close(): Promise<void>
}

interface Call {
  readonly events: readonly LedgerEvent[]
  readonly resolve: (outcome: AppendOutcome) => void
  readonly reject: (error: TokenwrightError) => void
}

/**
 * Groups calls of append into calls of write, which answers for each of them, or fails for all. Events are checked before they
 * join others, so that one that cannot be true fails alone.
 */
export function createGroupCommit(
  settings: GroupCommitSettings,
  store: string,
  write: (
    calls: readonly (readonly LedgerEvent[])[],
  ) => readonly WriteOutcome[] | Promise<readonly WriteOutcome[]>,
): GroupCommit {
  let waiting: Call[] = []
  let events = 0
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> | null = null
  let closed = false

  const commit = async (): Promise<void> => {
    const calls = waiting
    waiting = []
    events = 0
    try {
      const outcomes = await write(calls.map(call => call.events))
      calls.forEach((call, index) => {
        const outcome = outcomes[index]!
        if (outcome instanceof TokenwrightError) call.reject(outcome)
        else call.resolve(outcome)
      })
    } catch (error) {
      for (const call of calls) call.reject(storeFault(error, 'write to the ledger', store))
    }
  }
  const start = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (running !== null || waiting.length === 0) return
    running = commit().then(() => {
      running = null
      if (events >= settings.events || (closed && waiting.length > 0)) start()
      else if (waiting.length > 0) wait()
    })
  }
  const wait = (): void => {
    if (timer === null && running === null) timer = setTimeout(start, settings.delayMs)
  }

  return {
    append(added) {
      if (closed) return Promise.reject(closedStore(store))
      if (events + added.length > settings.mostWaiting) {
        return Promise.reject(
          new TokenwrightError('ledger', `the ledger cannot keep up: ${events} events wait to be written`, {
            where: store,
            fix: 'let in fewer requests, or give the ledger a faster disk or database',
          }),
        )
      }
      try {
        added.forEach(checkEvent)
      } catch (error) {
        return Promise.reject(error)
      }
      const { promise, resolve, reject } = Promise.withResolvers<AppendOutcome>()
      waiting.push({ events: added, resolve, reject })
      events += added.length
      if (events >= settings.events) start()
      else wait()
      return promise
    },
    async close() {
      closed = true
      while (running !== null || waiting.length > 0) {
        start()
        await running
      }
    },
  }
}
