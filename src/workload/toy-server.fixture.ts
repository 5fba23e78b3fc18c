/** Servers simple enough to know what a workload must do with them, and the loop that drives a workload against them. */
import type { RequestOutcome, Workload, WorkloadRequest } from './request.ts'

export interface Served {
  readonly request: WorkloadRequest
  readonly firstTokenUs: number
  readonly endUs: number
}

/** Serves any number of requests at once, each for a time of its own; outcomes may be chosen. */
export function serveAlone(
  workload: Workload,
  serviceUs: (request: WorkloadRequest) => number,
  outcomeOf: (request: WorkloadRequest) => RequestOutcome = () => 'served',
  stopAfter = 100_000,
): Served[] {
  const served: Served[] = []
  const running: Served[] = []
  const out: WorkloadRequest[] = []
  let lastUs = 0
  while (served.length < stopAfter) {
    let next = 0
    for (let i = 1; i < running.length; i++) if (running[i]!.endUs < running[next]!.endUs) next = i
    const endUs = running[next]?.endUs ?? Number.POSITIVE_INFINITY
    const nowUs = Math.min(endUs, workload.nextUs())
    if (nowUs === Number.POSITIVE_INFINITY) break
    if (nowUs < lastUs) throw new Error(`time ran back from ${lastUs} to ${nowUs}`)
    lastUs = nowUs
    if (endUs <= workload.nextUs()) {
      const [done] = running.splice(next, 1)
      served.push(done!)
      workload.accept(nowUs, { request: done!.request, outcome: outcomeOf(done!.request) }, out)
    } else workload.wake(nowUs, out)
    for (const request of out) {
      if (request.arrivalUs > nowUs) throw new Error(`request ${request.id} is not due yet`)
      const firstTokenUs = nowUs + serviceUs(request) / 10
      running.push({ request, firstTokenUs, endUs: nowUs + serviceUs(request) })
    }
    out.length = 0
  }
  return served
}

interface Sequence {
  readonly request: WorkloadRequest
  promptLeft: number
  emitted: number
  firstTokenUs: number
}

/** What the continuously batching server saw. */
export interface StepLog {
  readonly served: Served[]
  /** Prompts that were completed in each step. */
  readonly promptsPerStep: number[]
}

/**
 * Continuous batching in small: a step takes 15 ms, 50 µs per decoding sequence and 5 µs per prompt token, of which at most
 * 8,192 fit. Numbers of the order of an 8B model on one GPU; only their order matters.
 */
export function serveInSteps(workload: Workload): StepLog {
  const log: StepLog = { served: [], promptsPerStep: [] }
  let waiting: Sequence[] = []
  let running: Sequence[] = []
  const out: WorkloadRequest[] = []
  let nowUs = 0
  for (;;) {
    if (workload.nextUs() <= nowUs) workload.wake(nowUs, out)
    for (const request of out)
      waiting.push({ request, promptLeft: request.inputTokens, emitted: 0, firstTokenUs: 0 })
    out.length = 0
    if (waiting.length + running.length === 0) {
      nowUs = workload.nextUs()
      if (nowUs === Number.POSITIVE_INFINITY) return log
      continue
    }
    let budget = 8192 - running.length
    let prompts = 0
    for (const sequence of waiting) {
      const chunk = Math.min(budget, sequence.promptLeft)
      sequence.promptLeft -= chunk
      budget -= chunk
      prompts += chunk
    }
    nowUs += 15_000 + 50 * running.length + 5 * prompts
    const ready = waiting.filter(sequence => sequence.promptLeft === 0)
    waiting = waiting.filter(sequence => sequence.promptLeft > 0)
    for (const sequence of ready) sequence.firstTokenUs = nowUs
    log.promptsPerStep.push(ready.length)
    running.push(...ready)
    for (const sequence of running) sequence.emitted++
    const done = running.filter(sequence => sequence.emitted === sequence.request.outputTokens)
    running = running.filter(sequence => sequence.emitted < sequence.request.outputTokens)
    for (const { request, firstTokenUs } of done) {
      log.served.push({ request, firstTokenUs, endUs: nowUs })
      workload.accept(nowUs, { request, outcome: 'served' }, out)
    }
  }
}

/** Variance ÷ mean of the sums over windows: 1 for arrivals that do not know of each other, far above for waves. */
export function dispersion(counts: readonly number[], window: number): number {
  const sums: number[] = []
  for (let at = 0; at + window <= counts.length; at += window) {
    let sum = 0
    for (let i = at; i < at + window; i++) sum += counts[i]!
    sums.push(sum)
  }
  const mean = sums.reduce((total, sum) => total + sum, 0) / sums.length
  return sums.reduce((total, sum) => total + (sum - mean) ** 2, 0) / sums.length / mean
}
