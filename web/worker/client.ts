/** The page's side of its workers. A lane is one worker with one stream of questions; lanes start when first used. */
import type { Answers, Fault, FromWorker, ToWorker, WorkerRequest } from './protocol.ts'

/** A question that was called off. Nobody needs to be told. */
export const calledOff = Symbol('called off')

/** What a failed question rejects with. */
export class FaultError extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.message)
    this.name = 'FaultError'
    this.fault = fault
  }
}

export interface Lane {
  /** Rejects with a FaultError, or with `calledOff`. */
  readonly ask: <Kind extends keyof Answers>(
    request: Extract<WorkerRequest, { kind: Kind }>,
    onProgress?: (text: string) => void,
  ) => Promise<Answers[Kind]>
  /** Calls off everything asked so far. */
  readonly stop: () => void
}

interface Waiting {
  readonly resolve: (answer: Answers[keyof Answers]) => void
  readonly reject: (reason: unknown) => void
  readonly onProgress: (text: string) => void
}

export function createLane(): Lane {
  const waiting = new Map<number, Waiting>()
  const shared = crossOriginIsolated ? new Int32Array(new SharedArrayBuffer(4)) : null
  let worker: Worker | undefined
  let nextTicket = 1

  const post = (message: ToWorker) => {
    if (worker === undefined) {
      worker = startWorker(waiting)
      worker.postMessage({ kind: 'start', stop: shared } satisfies ToWorker)
    }
    worker.postMessage(message)
  }
  return {
    ask: (request, onProgress = () => {}) =>
      new Promise((resolve, reject) => {
        const ticket = nextTicket++
        waiting.set(ticket, { resolve: resolve as Waiting['resolve'], reject, onProgress })
        post({ kind: 'ask', ticket, request })
      }),
    stop: () => {
      if (waiting.size === 0) return
      if (shared !== null) Atomics.store(shared, 0, nextTicket)
      else post({ kind: 'stop', before: nextTicket })
      const dropped = [...waiting.values()]
      waiting.clear()
      for (const { reject } of dropped) reject(calledOff)
    },
  }
}

function startWorker(waiting: Map<number, Waiting>): Worker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    const asked = waiting.get(data.ticket)
    if (asked === undefined) return
    if (data.kind === 'progress') {
      asked.onProgress(data.text)
      return
    }
    waiting.delete(data.ticket)
    if (data.kind === 'answer') asked.resolve(data.answer)
    else asked.reject(new FaultError(data.fault))
  }
  worker.onerror = event => {
    const fault = { code: 'internal', message: event.message || 'the worker did not start' }
    for (const { reject } of waiting.values()) reject(new FaultError(fault))
    waiting.clear()
  }
  return worker
}

/** Fault of anything thrown; null when it was only called off. */
export function faultOf(reason: unknown): Fault | null {
  if (reason === calledOff) return null
  if (reason instanceof FaultError) return reason.fault
  return { code: 'internal', message: reason instanceof Error ? reason.message : String(reason) }
}

/** Quick answers, launch files and half of the curves; whole searches and the other half; runs of the twin. */
export const lanes = { quick: createLane(), whole: createLane(), twin: createLane() }
