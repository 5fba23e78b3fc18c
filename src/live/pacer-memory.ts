/** What the pacer and its thread share. */

export interface PacerMemory {
  /** Two numbers: changes of the deadline so far, and 1 when the thread has to end. */
  readonly rounds: Int32Array<SharedArrayBuffer>
  /** One number: when to send a message, ns of process.hrtime. */
  readonly deadlines: BigInt64Array<SharedArrayBuffer>
}

export const roundSlot = 0
export const closedSlot = 1
export const deadlineSlot = 0
/** hrtime counts from the machine's start and is never 0. */
export const noDeadline = 0n

export function createPacerMemory(): PacerMemory {
  return {
    rounds: new Int32Array(new SharedArrayBuffer(8)),
    deadlines: new BigInt64Array(new SharedArrayBuffer(8)),
  }
}
