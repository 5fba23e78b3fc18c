/**
 * What the router itself sent and has not heard the end of. Counts read from servers are late; what was sent since is added
 * to them, so that a burst does not all go to whoever looked idle at the last reading (the scrape-lag credit of
 * llm-d-router, flowcontrol/saturationdetector/utilization/README.md).
 */
import type { WorkloadRequest } from '../workload/request.ts'
import { NumberMap } from './number-map.ts'
import { longer } from './typed-arrays.ts'
import type { CandidateInFlight } from './types.ts'

interface Flight {
  readonly request: WorkloadRequest
  /** Prompt tokens it still has to compute, 0 once it has a first token. */
  pendingTokens: number
}

export class InFlight {
  /** By column. */
  requests = new Float64Array(0)
  pendingTokens = new Float64Array(0)
  promptTokens = new Float64Array(0)
  readonly #flights: NumberMap<Flight>[] = []

  /** Makes room for columns below `columns`. */
  ensure(columns: number): void {
    if (columns <= this.requests.length) return
    const capacity = Math.max(8, columns * 2)
    this.requests = longer(this.requests, new Float64Array(capacity))
    this.pendingTokens = longer(this.pendingTokens, new Float64Array(capacity))
    this.promptTokens = longer(this.promptTokens, new Float64Array(capacity))
    while (this.#flights.length < capacity) this.#flights.push(new NumberMap())
  }

  sent(request: WorkloadRequest, column: number, cachedTokens: number): void {
    // Sent again to the same place, after a failure nobody told of: counts once.
    this.ended(request.id, column)
    const pendingTokens = request.inputTokens - cachedTokens
    this.#flights[column]!.set(request.id, { request, pendingTokens })
    this.requests[column]!++
    this.pendingTokens[column]! += pendingTokens
    this.promptTokens[column]! += request.inputTokens
  }

  firstToken(requestId: number, column: number): void {
    const flight = this.#flights[column]?.get(requestId)
    if (flight === undefined) return
    this.pendingTokens[column]! -= flight.pendingTokens
    flight.pendingTokens = 0
  }

  /** The request, or null when it was not known to be there. */
  ended(requestId: number, column: number): WorkloadRequest | null {
    const flights = this.#flights[column]
    const flight = flights?.get(requestId)
    if (flights === undefined || flight === undefined) return null
    flights.delete(requestId)
    this.requests[column]!--
    this.pendingTokens[column]! -= flight.pendingTokens
    this.promptTokens[column]! -= flight.request.inputTokens
    return flight.request
  }

  removed(column: number): void {
    if (column >= this.requests.length) return
    this.#flights[column] = new NumberMap()
    this.requests[column] = 0
    this.pendingTokens[column] = 0
    this.promptTokens[column] = 0
  }

  at(column: number): CandidateInFlight {
    const known = column >= 0 && column < this.requests.length
    return {
      requests: known ? this.requests[column]! : 0,
      pendingPromptTokens: known ? this.pendingTokens[column]! : 0,
      promptTokens: known ? this.promptTokens[column]! : 0,
    }
  }
}
