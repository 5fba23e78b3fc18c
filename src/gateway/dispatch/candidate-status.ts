/** How a candidate stands, for people and metrics. */
import type { CandidateEntry } from './candidate-entry.ts'
import type { CandidateStatus } from './types.ts'

export function statusOf(entry: CandidateEntry, nowUs: number, nowMs: number): CandidateStatus {
  const { candidate, load, breaker, speed, tokens, aliases, alarms, isTold } = entry
  load.refresh(nowUs)
  const { ready, waiting, running, cacheUse } = load.state
  const coolingUntilUs = breaker.coolingUntilUs(nowUs)
  return {
    name: candidate.name,
    target: candidate.target,
    aliases: [...aliases],
    ready,
    coolingUntilMs: coolingUntilUs === null ? null : Math.ceil(nowMs + (coolingUntilUs - nowUs) / 1000),
    inFlight: load.inFlight,
    waiting,
    running,
    cacheUse: load.polled === null ? null : cacheUse,
    ttftMs: speed.recentTtftMs.value(),
    tpotMs: speed.recentTpotMs.value(),
    cacheKnownBy: isTold ? 'events' : 'estimate',
    expectedHitShare: tokens.expectedHitShare,
    realisedHitShare: tokens.realisedHitShare,
    alarms: [...alarms].map(([name, detail]) => `${name}: ${detail}`),
  }
}
