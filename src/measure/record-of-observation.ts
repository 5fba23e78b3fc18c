/** A client's observation as the record that twin, emulator and gateway use too: the same metrics then apply. */
import type { RequestRecord } from '../metrics/record.ts'
import { firstTokenUs, inputTokensOf, outputTokensOf, type RequestObservation } from './observation.ts'

/** What a client cannot see stays unknown: when the server started it (NaN), where (−1), how often it was preempted (0). */
export function recordOfObservation(observation: RequestObservation): RequestRecord {
  const { times } = observation
  const inputTokens = inputTokensOf(observation)
  return {
    id: observation.id,
    tenant: observation.tenant,
    model: observation.model,
    session: observation.session,
    turn: observation.turn,
    inputTokens,
    cachedTokens: Math.min(inputTokens, observation.reported?.cachedTokens ?? 0),
    requestedOutputTokens: observation.requestedOutputTokens,
    outputTokens: outputTokensOf(observation),
    scheduledUs: times.scheduledUs,
    sentUs: times.sentUs,
    startedUs: Number.NaN,
    firstTokenUs: firstTokenUs(times),
    lastTokenUs: times.lastContentUs,
    endedUs: times.endedUs,
    outcome: observation.outcome,
    reason: observation.failure?.kind ?? '',
    replica: -1,
    preemptions: 0,
  }
}
