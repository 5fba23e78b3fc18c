/** The worker's loop: one question at a time; those no longer wanted are skipped, or left in the middle where memory is shared. */
import { TokenwrightError } from '../../src/core/errors.ts'
import { contributionsAnswer, curveAnswer, launchAnswer, planAnswer } from './plan-job.ts'
import type { Answers, Fault, FromWorker, ToWorker, WorkerRequest } from './protocol.ts'

/** Thrown out of the planner through its progress call. */
const stale = Symbol('stale')

let shared: Int32Array | null = null
let stopBefore = 0
let queue: Promise<void> = Promise.resolve()

/** Progress is told at most so often. */
const progressMilliseconds = 100

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'start':
      shared = data.stop
      return
    case 'stop':
      stopBefore = Math.max(stopBefore, data.before)
      return
    case 'ask':
      queue = queue.then(() => serve(data.ticket, data.request))
  }
})

function isStale(ticket: number): boolean {
  return ticket < stopBefore || (shared !== null && ticket < Atomics.load(shared, 0))
}

async function serve(ticket: number, request: WorkerRequest): Promise<void> {
  // Lets messages that arrived meanwhile be heard first.
  await new Promise(resolve => setTimeout(resolve, 0))
  if (isStale(ticket)) return
  try {
    const answer = await answerOf(request, progressOf(ticket))
    if (!isStale(ticket)) send({ kind: 'answer', ticket, answer })
  } catch (error) {
    if (error !== stale) send({ kind: 'fault', ticket, fault: faultOf(error) })
  }
}

function progressOf(ticket: number): (text: string) => void {
  let told = performance.now()
  return text => {
    if (isStale(ticket)) throw stale
    const now = performance.now()
    if (now - told < progressMilliseconds) return
    told = now
    send({ kind: 'progress', ticket, text })
  }
}

function answerOf(request: WorkerRequest, tell: (text: string) => void): Promise<Answers[keyof Answers]> {
  switch (request.kind) {
    case 'plan':
      return planAnswer(request.question, request.focus, tell)
    case 'curve':
      return curveAnswer(
        request.question,
        request.acceleratorId,
        request.among ?? [request.acceleratorId],
        tell,
      )
    case 'contributions':
      return contributionsAnswer(request.question, tell)
    case 'launch':
      return launchAnswer(request.question, request.candidate)
    case 'simulate':
      // The twin is loaded when it is first asked for.
      return import('./simulate-job.ts').then(job => job.simulateAnswer(request.question, tell))
    case 'bench-compare':
      return import('./bench-job.ts').then(job => job.comparisonAnswer(request.a, request.b))
    case 'bench-import':
      return import('./bench-job.ts').then(job => job.importAnswer(request.side))
    case 'bench-predict':
      return import('./bench-predict-job.ts').then(job => job.predictionAnswer(request.question))
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof TokenwrightError) {
    const { code, message, where, fix } = error
    return { code, message, ...(where ? { where } : {}), ...(fix ? { fix } : {}) }
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}

function send(message: FromWorker): void {
  postMessage(message)
}
