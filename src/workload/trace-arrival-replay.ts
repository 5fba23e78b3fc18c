/** Open loop: every request of a trace at its recorded time, whatever became of those before it. */
import type { RequestEnd, Workload, WorkloadRequest } from './request.ts'
import type { TraceRequests } from './trace-request.ts'
import type { Schedule } from './trace-schedule.ts'

export interface ArrivalReplaySettings {
  readonly schedule: Schedule
  readonly speedup: number
  /** Time of a pass at speed 1. */
  readonly passSeconds: number
  readonly repeat: number
  readonly maximumRequests: number
}

export class ArrivalReplay implements Workload {
  readonly totalRequests: number | null
  readonly #requests: TraceRequests
  readonly #settings: ArrivalReplaySettings
  readonly #total: number
  #pass = 0
  #index = 0
  #id = 0

  constructor(requests: TraceRequests, settings: ArrivalReplaySettings) {
    const { schedule, repeat, maximumRequests } = settings
    this.#requests = requests
    this.#settings = settings
    const count = schedule.items.length
    this.#total = count === 0 ? 0 : Math.min(count * repeat, maximumRequests)
    this.totalRequests = Number.isFinite(this.#total) ? this.#total : null
  }

  accept(_nowUs: number, _end: RequestEnd, _out: WorkloadRequest[]): void {
    // An open loop does not listen.
  }

  nextUs(): number {
    if (this.#id >= this.#total) return Number.POSITIVE_INFINITY
    const { schedule, speedup, passSeconds } = this.#settings
    const { startSeconds } = schedule
    const seconds = startSeconds[this.#index]! - startSeconds[0]! + this.#pass * passSeconds
    return Math.round((seconds * 1e6) / speedup)
  }

  wake(nowUs: number, out: WorkloadRequest[]): void {
    const { items } = this.#settings.schedule
    for (let dueUs = this.nextUs(); dueUs <= nowUs; dueUs = this.nextUs()) {
      out.push(this.#requests.make(items[this.#index]!, this.#id++, dueUs, this.#pass, -1))
      this.#index++
      if (this.#index < items.length) continue
      this.#index = 0
      this.#pass++
    }
  }
}
