/**
 * The thread that sleeps until a deadline: Atomics.wait has the resolution of the system's timers (tens of µs), where timers of
 * an event loop have milliseconds. Started by pacer.ts. hrtime is one clock in all threads; performance.now() begins anew in each.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { closedSlot, deadlineSlot, noDeadline, type PacerMemory, roundSlot } from './pacer-memory.ts'

const { rounds, deadlines } = workerData as PacerMemory

/** Rounds count changes of the deadline: a wait for an old one returns at once. */
for (;;) {
  const round = Atomics.load(rounds, roundSlot)
  if (Atomics.load(rounds, closedSlot) === 1) break
  const deadline = Atomics.load(deadlines, deadlineSlot)
  if (deadline === noDeadline) {
    Atomics.wait(rounds, roundSlot, round)
    continue
  }
  const leftNs = Number(deadline - process.hrtime.bigint())
  if (leftNs > 0) {
    Atomics.wait(rounds, roundSlot, round, leftNs / 1e6)
  } else if (Atomics.compareExchange(deadlines, deadlineSlot, deadline, noDeadline) === deadline) {
    parentPort!.postMessage(null)
  }
}
