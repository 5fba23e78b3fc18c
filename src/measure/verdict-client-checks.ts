/** Did the load generator itself do what it was asked to, and did it see what happened when it happened? */
import { normalQuantile } from '../core/special-functions.ts'
import type { VerdictCheck } from './verdict.ts'
import { milliseconds, percent, smallEnough } from './verdict-check.ts'
import type { VerdictEvidence } from './verdict-evidence.ts'
import * as limits from './verdict-limits.ts'

export function clientChecks(evidence: VerdictEvidence): VerdictCheck[] {
  return [
    achievedRate(evidence),
    scheduleLateness(evidence),
    eventLoopDelay(evidence),
    clientCpu(evidence),
    coalescing(evidence),
    clockStep(evidence),
  ].filter(check => check !== null)
}

/**
 * n arrivals whose gaps have this coefficient of variation reach their mean rate but for cv ÷ √n (renewal theory); so much
 * times the normal quantile is chance.
 */
function achievedRate({ client, arrivalCv, requests }: VerdictEvidence): VerdictCheck | null {
  const { askedRequestsPerSecond: asked, achievedRequestsPerSecond: achieved } = client
  if (asked === null || achieved === null || !(asked > 0) || requests.measured === 0) return null
  const chance =
    (normalQuantile((1 + limits.rateConfidence) / 2) * (arrivalCv ?? 0)) / Math.sqrt(requests.measured)
  const deviation = Math.abs(achieved / asked - 1)
  const { suspect, invalid } = limits.rateShortfall
  return smallEnough(
    'achieved-rate',
    deviation,
    { suspect: suspect + chance, invalid: invalid + chance },
    'share of the asked rate',
    {
      finding: `${achieved.toFixed(2)} of ${asked.toFixed(2)} requests/s asked for were sent${chance > 0 ? `; chance alone explains ${percent(chance)}` : ''}.`,
      fix:
        achieved < asked
          ? 'Raise or remove the cap on concurrency, use more workers, or ask for a lower rate.'
          : 'Requests were caught up in a burst: use more workers, or a longer run.',
    },
  )
}

function scheduleLateness({ client, ttftMedianMs }: VerdictEvidence): VerdictCheck | null {
  const { count, p99Ms } = client.scheduleLateness
  if (count === 0 || p99Ms === null) return null
  const ttft = ttftMedianMs ?? 0
  const { latenessMs, latenessShareOfTtft: share } = limits
  return smallEnough(
    'schedule-lateness',
    p99Ms,
    {
      suspect: Math.max(latenessMs.suspect, share.suspect * ttft),
      invalid: Math.max(latenessMs.invalid, share.invalid * ttft),
    },
    'ms',
    {
      finding: `Requests left up to ${milliseconds(p99Ms)} after they were due (p99).`,
      fix: 'Free the CPU of other work, use more workers, or send at a lower rate.',
    },
  )
}

function eventLoopDelay({ client: { eventLoopDelay } }: VerdictEvidence): VerdictCheck | null {
  const { p99Ms } = eventLoopDelay
  if (!Number.isFinite(p99Ms)) return null
  return smallEnough('event-loop-delay', p99Ms, limits.eventLoopDelayMs, 'ms', {
    finding: `The client looked at its sockets up to ${milliseconds(p99Ms)} late (p99), and stamps are late by as much.`,
    fix: 'Use more workers, free the CPU of other work, or turn local tokenizing off.',
  })
}

function clientCpu({ client: { cpuShare } }: VerdictEvidence): VerdictCheck | null {
  if (!Number.isFinite(cpuShare)) return null
  return smallEnough('client-cpu', cpuShare, limits.cpuShare, 'share of a CPU', {
    finding: `The busiest client thread used ${percent(cpuShare)} of a CPU.`,
    fix: 'Use more workers, or a machine of its own for the load generator.',
  })
}

function coalescing({ client: { chunks, coalescedShare } }: VerdictEvidence): VerdictCheck | null {
  if (chunks === 0 || coalescedShare === null) return null
  return smallEnough('coalescing', coalescedShare, limits.coalescedShare, 'share of chunks', {
    finding: `${percent(coalescedShare)} of chunks came in one read with their predecessor, so their times are not their own.`,
    fix: 'Distrust percentiles of inter-token latency (TTFT and TPOT still hold); use more workers, or look for a proxy that buffers.',
  })
}

function clockStep({ wallClockStepMs, client: { wallSeconds } }: VerdictEvidence): VerdictCheck | null {
  if (wallClockStepMs === null) return null
  const suspect = limits.clockStepMs.suspect + limits.clockSlewShare * wallSeconds * 1000
  const direction = wallClockStepMs < 0 ? 'back' : 'forward'
  return smallEnough('clock-step', Math.abs(wallClockStepMs), { suspect }, 'ms', {
    finding: `The wall clock moved ${milliseconds(Math.abs(wallClockStepMs))} ${direction} against the monotonic clock.`,
    fix: 'Latencies are not affected; check readings of meters and counters that are matched by wall clock, or measure again.',
  })
}
