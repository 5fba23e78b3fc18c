/** One request on its way through the fleet, from submission to its record. */
import type { RequestRecord } from '../metrics/record.ts'
import type { RequestOutcome, WorkloadRequest } from '../workload/request.ts'

/**
 * Where a request is; at every moment in exactly one place.
 * front: held before the fleet. ingress: sent to a replica, still in its front end. engine: in a replica's engine.
 * handoff: prompt done, its cache is held by the prefill replica until a decode replica has room. transfer: the cache is on its way.
 */
export type Place = 'front' | 'ingress' | 'engine' | 'handoff' | 'transfer' | 'over'

export class Flight {
  readonly request: WorkloadRequest
  readonly sentUs: number
  place: Place = 'front'
  stage: 'serve' | 'prefill' | 'decode' = 'serve'
  /** Replica that holds it (for transfers: the prefill one), −1 none. */
  replica = -1
  /** Decode replica its cache goes to, −1 none. */
  destination = -1
  /** Room reserved at the destination, tokens. */
  reservedTokens = 0
  /** When it enters the engine, or its handoff time is over. */
  dueUs = Number.NaN
  /** When the router asked to be asked again. */
  retryUs = Number.NaN
  attempts = 0
  cacheTokens = 0

  startedUs = Number.NaN
  cachedTokens = 0
  preemptions = 0
  /** First token: sampled by the engine; handed over to the client. */
  sampledUs = Number.NaN
  firstTokenUs = Number.NaN
  /** Steps until it is handed over. */
  lagSteps = 0
  /** Tokens the engines emitted for it before the present stage. */
  earlierTokens = 0

  constructor(request: WorkloadRequest, sentUs: number) {
    this.request = request
    this.sentUs = sentUs
  }

  /** Before a new attempt: what the lost one did does not describe the answer. */
  forget(): void {
    this.attempts++
    this.replica = -1
    this.destination = -1
    this.stage = 'serve'
    this.startedUs = Number.NaN
    this.cachedTokens = 0
    this.sampledUs = Number.NaN
    this.earlierTokens = 0
    this.cacheTokens = 0
  }

  record(
    outcome: RequestOutcome,
    reason: string,
    endedUs: number,
    lastTokenUs: number,
    outputTokens: number,
  ): RequestRecord {
    const { request } = this
    return {
      id: request.id,
      tenant: request.tenant,
      model: request.model,
      session: request.session,
      turn: request.turn,
      inputTokens: request.inputTokens,
      cachedTokens: this.cachedTokens,
      requestedOutputTokens: request.outputTokens,
      outputTokens,
      scheduledUs: request.arrivalUs,
      sentUs: this.sentUs,
      startedUs: this.startedUs,
      firstTokenUs: this.firstTokenUs,
      lastTokenUs,
      endedUs,
      outcome,
      reason,
      replica: this.replica,
      preemptions: this.preemptions,
    }
  }
}
