/**
 * Wakes at a moment of the monotonic clock, some µs late, without burning a core: a thread sleeps in Atomics.wait until shortly
 * before, and the event loop turns idly for the rest. Timers of the event loop come up to a millisecond early or late,
 * which at 500 requests/s is half the gap between two. Measured by benchmarks/client-cost.ts.
 */
import { Worker } from 'node:worker_threads'
import { closedSlot, createPacerMemory, deadlineSlot, noDeadline, roundSlot } from './pacer-memory.ts'

export interface Pacer {
  /**
   * Asks to be woken at `us` of the clock; of several the earliest counts, and one in the past wakes in the next turn of the
   * loop. Infinity takes back what was asked. A wake-up uses it up: ask again for the next.
   */
  wakeAt(us: number): void
  /** Sets who is woken, never before the moment asked for and never from within wakeAt. */
  onWake(callback: () => void): void
  /** Ends the thread; nobody is woken any more. Until then the process stays alive. */
  close(): void
}

/**
 * The thread's message takes 0.1 ms to arrive (median 96–127 µs, measured at 500 deadlines/s on two cores shared with others;
 * Atomics.waitAsync in place of a message took as long: 114 µs). The thread wakes by so much too early, and the event loop turns
 * until it is time: 25 µs late in the median, for one hundredth of a core at 500/s. Half as much again would be 3 µs late, for three.
 */
const leadUs = 100

/** Until the thread runs (some 50 ms), timers have to do; they may come a millisecond late, so they are set early. */
const timerMarginUs = 1500

export function createPacer(nowUs: () => number): Pacer {
  const memory = createPacerMemory()
  let callback: () => void = () => {}
  let dueUs = Number.POSITIVE_INFINITY
  let immediate: NodeJS.Immediate | null = null
  let timer: NodeJS.Timeout | null = null
  let threadRuns = false
  let closed = false

  // As it lies in src (.ts) or in dist (.js).
  const file = import.meta.url.endsWith('.ts') ? './pacer-worker.ts' : './pacer-worker.js'
  const thread = new Worker(new URL(file, import.meta.url), { workerData: memory, execArgv: [] })
  thread.on('online', () => {
    threadRuns = true
  })
  thread.on('message', arm)
  // Without a thread, timers go on doing.
  thread.on('error', () => {
    threadRuns = false
    arm()
  })

  /** Sees to it that something happens at the deadline: the loop's next turn, the thread's message, or a timer. */
  function arm(): void {
    if (closed || dueUs === Number.POSITIVE_INFINITY) return
    const leftUs = dueUs - nowUs()
    if (leftUs <= leadUs) {
      immediate ??= setImmediate(turn)
    } else if (threadRuns) {
      setDeadline(process.hrtime.bigint() + BigInt(Math.round((leftUs - leadUs) * 1000)))
    } else if (leftUs <= timerMarginUs) {
      immediate ??= setImmediate(turn)
    } else {
      clearTimeout(timer ?? undefined)
      timer = setTimeout(arm, Math.min(1000, (leftUs - timerMarginUs) / 1000))
    }
  }

  function turn(): void {
    immediate = null
    if (closed) return
    if (nowUs() < dueUs) {
      arm()
      return
    }
    dueUs = Number.POSITIVE_INFINITY
    callback()
  }

  function setDeadline(hrtimeNs: bigint): void {
    Atomics.store(memory.deadlines, deadlineSlot, hrtimeNs)
    Atomics.add(memory.rounds, roundSlot, 1)
    Atomics.notify(memory.rounds, roundSlot)
  }

  return {
    wakeAt(us) {
      if (us === Number.POSITIVE_INFINITY) {
        dueUs = us
        if (threadRuns) setDeadline(noDeadline)
      } else if (us < dueUs) {
        dueUs = us
        arm()
      }
    },
    onWake(next) {
      callback = next
    },
    close() {
      if (closed) return
      closed = true
      clearImmediate(immediate ?? undefined)
      clearTimeout(timer ?? undefined)
      thread.unref()
      Atomics.store(memory.rounds, closedSlot, 1)
      setDeadline(noDeadline)
    },
  }
}
