/** One decision on the workbench: what filters, rankings and pickers read and write. Reused, so that a decision allocates next to nothing. */
import { plainRequest, type WorkloadRequest } from '../workload/request.ts'
import type { CandidateColumns } from './candidate-columns.ts'
import type { InFlight } from './in-flight.ts'
import type { CandidateState, RejectReason } from './types.ts'

/** Gives every kept candidate its score, higher is better, never NaN; or says why none will do. */
export interface Ranking {
  /** Names of what it writes into view.parts, for explanations. */
  readonly partNames: readonly string[]
  /** It reads view.evictionAgeUs. */
  readonly looksAtEviction?: boolean
  rank(view: DecisionView): RejectReason | null
}

/** Chooses among kept candidates by their scores; returns a position. */
export type Picker = (view: DecisionView) => number

const nobody: WorkloadRequest = { ...plainRequest, id: -1, arrivalUs: 0, inputTokens: 1, outputTokens: 1 }

/** Arrays are by position in `candidates`, as long as needed or longer. */
export class DecisionView {
  nowUs = 0
  request = nobody
  candidates: readonly CandidateState[] = []
  count = 0
  ids = new Float64Array(0)
  columns = new Int32Array(0)

  /** Positions of candidates that passed the filters: kept[0 … keptCount). */
  kept = new Int32Array(0)
  keptCount = 0
  /** 0: passed; otherwise 1 + number of the filter that took it out. */
  excluded = new Uint8Array(0)

  /** Requests waiting there, those sent since its counts were read included; waiting and running ones. */
  waiting = new Float64Array(0)
  requests = new Float64Array(0)
  /** Prompt tokens to compute before this request's. */
  pendingTokens = new Float64Array(0)
  /** Prompt tokens of all requests the router has under way there. */
  promptTokens = new Float64Array(0)

  /** Prompt tokens of this request believed cached there; and weighted by how much they save. 0 without an index. */
  cachedTokens = new Float64Array(0)
  creditTokens = new Float64Array(0)
  /** How long what its cache would drop for this prompt has been idle, µs; Infinity: nothing, or nobody knows. */
  evictionAgeUs = new Float64Array(0)

  score = new Float64Array(0)
  /** What scores are made of: parts[number of its name][position]. */
  readonly parts: Float64Array[]

  constructor(partCount: number) {
    this.parts = Array.from({ length: partCount }, () => new Float64Array(0))
  }

  /** Begins a decision: who there is, and what is under way there. */
  begin(
    nowUs: number,
    request: WorkloadRequest,
    candidates: readonly CandidateState[],
    columns: CandidateColumns,
    inFlight: InFlight,
  ): void {
    const count = candidates.length
    this.nowUs = nowUs
    this.request = request
    this.candidates = candidates
    this.count = count
    this.keptCount = 0
    if (count > this.ids.length) this.#grow(count * 2)
    for (let position = 0; position < count; position++) {
      const { id } = candidates[position]!
      this.ids[position] = id
      this.columns[position] = columns.take(id)
    }
    inFlight.ensure(columns.end)
    for (let position = 0; position < count; position++) {
      const { waiting, running, pendingPromptTokens } = candidates[position]!
      const column = this.columns[position]!
      const reported = waiting + running
      const sent = inFlight.requests[column]!
      const pending = inFlight.pendingTokens[column]!
      this.waiting[position] = sent > reported ? waiting + sent - reported : waiting
      this.requests[position] = sent > reported ? sent : reported
      this.pendingTokens[position] = pending > pendingPromptTokens ? pending : pendingPromptTokens
      this.promptTokens[position] = inFlight.promptTokens[column]!
      this.cachedTokens[position] = 0
      this.creditTokens[position] = 0
      this.evictionAgeUs[position] = Number.POSITIVE_INFINITY
    }
  }

  /** Where a candidate stands in this decision, or -1. */
  positionOf(candidateId: number): number {
    for (let position = 0; position < this.count; position++) {
      if (this.ids[position] === candidateId) return position
    }
    return -1
  }

  #grow(capacity: number): void {
    this.ids = new Float64Array(capacity)
    this.columns = new Int32Array(capacity)
    this.kept = new Int32Array(capacity)
    this.excluded = new Uint8Array(capacity)
    this.waiting = new Float64Array(capacity)
    this.requests = new Float64Array(capacity)
    this.pendingTokens = new Float64Array(capacity)
    this.promptTokens = new Float64Array(capacity)
    this.cachedTokens = new Float64Array(capacity)
    this.creditTokens = new Float64Array(capacity)
    this.evictionAgeUs = new Float64Array(capacity)
    this.score = new Float64Array(capacity)
    for (let part = 0; part < this.parts.length; part++) this.parts[part] = new Float64Array(capacity)
  }
}
