/**
 * Brings events to a ledger that may be away: in their order, again and again, each call as it was, so that what was kept without
 * our hearing of it is not kept twice.
 */
import { TokenwrightError } from '../../core/errors.ts'
import { isContradiction, type LedgerEvent, type LedgerStore } from '../ledger/index.ts'
import type { SetTimer } from './timer.ts'

export interface QueuedCall {
  readonly deployment: string
  readonly events: readonly LedgerEvent[]
}

export interface LedgerQueueSettings {
  readonly ledger: Pick<LedgerStore, 'append'>
  readonly setTimer: SetTimer
  /** The first failure of an outage, with what it said; and null when the ledger is back. */
  readonly onAway: (error: Error | null) => void
  /** The ledger has something else under a key of the call, or the call cannot be true: it is taken out of the queue. */
  readonly onRefused: (call: QueuedCall, error: Error) => void
}

export interface LedgerQueue {
  push(call: QueuedCall): void
  /** Tries now what waits; resolves when it is written or the ledger is away. */
  flush(): Promise<void>
  /** Takes the waiting calls of a deployment out. The one under way stays. */
  drop(deployment: string): void
  readonly calls: number
  /** Events and charges in what waits: what its memory goes by. */
  readonly charges: number
  /** Tries for so long until nothing waits. */
  finish(timeoutMs: number): Promise<void>
  stop(): void
}

/** First wait after a failure, doubled with each further one up to the longest. Chosen: a database restarts within seconds. */
const firstRetryMs = 250
const longestRetryMs = 30_000

export function createLedgerQueue(settings: LedgerQueueSettings): LedgerQueue {
  const { ledger, setTimer, onAway, onRefused } = settings
  let waiting: QueuedCall[] = []
  let charges = 0
  let failures = 0
  let running: Promise<void> | null = null
  let cancelRetry: (() => void) | null = null
  let stopped = false

  const take = (call: QueuedCall): void => {
    const index = waiting.indexOf(call)
    if (index < 0) return
    waiting.splice(index, 1)
    charges -= chargesOf(call)
  }
  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      const call = waiting[0]!
      try {
        await ledger.append(call.events)
        take(call)
      } catch (caught) {
        const error = caught instanceof Error ? caught : new Error(String(caught))
        if (isContradiction(error) || !(error instanceof TokenwrightError)) {
          take(call)
          onRefused(call, error)
          continue
        }
        if (failures++ === 0) onAway(error)
        retryLater()
        break
      }
      if (failures > 0) onAway(null)
      failures = 0
    }
    // At once: a call that comes before this promise is heard of starts the next round.
    running = null
  }
  const retryLater = (): void => {
    if (stopped) return
    const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(16, failures - 1))
    cancelRetry = setTimer(() => {
      cancelRetry = null
      void flush()
    }, delayMs)
  }
  const flush = (): Promise<void> => {
    cancelRetry?.()
    cancelRetry = null
    if (waiting.length === 0) return running ?? Promise.resolve()
    running ??= pump()
    return running
  }

  return {
    push(call) {
      waiting.push(call)
      charges += chargesOf(call)
      // While the ledger is away its own timer tries.
      if (cancelRetry === null) void flush()
    },
    flush,
    drop(deployment) {
      const [head] = waiting
      const isUnderWay = (call: QueuedCall): boolean => running !== null && call === head
      waiting = waiting.filter(call => call.deployment !== deployment || isUnderWay(call))
      charges = waiting.reduce((sum, call) => sum + chargesOf(call), 0)
    },
    get calls() {
      return waiting.length
    },
    get charges() {
      return charges
    },
    async finish(timeoutMs) {
      let isLate = false
      const cancel = setTimer(() => {
        isLate = true
      }, timeoutMs)
      // The timers above keep no process alive; this wait must.
      const alive = setInterval(() => {}, timeoutMs)
      while (waiting.length > 0 && !isLate) {
        await flush()
        if (waiting.length > 0) await new Promise<void>(resolve => setTimer(resolve, firstRetryMs))
      }
      clearInterval(alive)
      cancel()
    },
    stop() {
      stopped = true
      cancelRetry?.()
    },
  }
}

function chargesOf({ events }: QueuedCall): number {
  let charges = events.length
  for (const event of events) {
    if (event.kind !== 'intervalClosed') continue
    charges += event.charges.length
    for (const correction of event.corrections) charges += correction.charges.length
  }
  return charges
}
