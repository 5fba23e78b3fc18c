/** Did the load stand still, and was it one that independent users would bring? */
import type { VerdictCheck } from './verdict.ts'
import { milliseconds, percent, smallEnough, worstFirst } from './verdict-check.ts'
import type { VerdictEvidence } from './verdict-evidence.ts'
import * as limits from './verdict-limits.ts'

export function loadChecks(evidence: VerdictEvidence): VerdictCheck[] {
  return [coldStart(evidence), lockedWaves(evidence), drift(evidence)].filter(check => check !== null)
}

function coldStart({ firstWave, percentiles }: VerdictEvidence): VerdictCheck | null {
  if (firstWave === null || !(firstWave.laterMedianMs > 0)) return null
  const { requests, medianMs, laterRequests, laterMedianMs, laterP95Ms } = firstWave
  const ratio = medianMs / laterMedianMs
  const share = requests / (requests + laterRequests)
  const check = smallEnough('cold-start', ratio, limits.firstWaveRatio, 'times the later median', {
    finding: `The first ${requests} requests had a median TTFT of ${milliseconds(medianMs)}, all later ones ${milliseconds(laterMedianMs)}.`,
    fix: 'Send a warm-up with other prompts first, and start users one after the other.',
  })
  if (check.level === 'valid') return check
  // Slow, but no slower than later requests often are.
  if (medianMs <= laterP95Ms) return { ...check, level: 'valid', fix: '' }
  const judged = percentiles.some(({ q, objective }) => objective && share > 1 - q)
  return judged || share > limits.firstWaveShare.invalid ? { ...check, level: 'invalid' } : check
}

function lockedWaves({ waves }: VerdictEvidence): VerdictCheck | null {
  if (waves === null) return null
  return smallEnough('locked-waves', waves.clumping, limits.waveClumping, 'of 1 (all together)', {
    finding:
      waves.clumping > limits.waveClumping.suspect
        ? `The ${waves.users} users send together, in waves (clumping ${waves.clumping.toFixed(2)}): TTFT is that of prompts which come all at once.`
        : `The ${waves.users} users send independently of each other (clumping ${Math.max(0, waves.clumping).toFixed(2)}).`,
    fix: 'Vary the lengths of answers, let users start one after the other, or use an open loop.',
  })
}

/** A trend beyond chance counts by its size; told is the largest, with its sign. */
function drift({ trends }: VerdictEvidence): VerdictCheck | null {
  const checks = trends.map(({ name, change, pValue, bins }) => {
    const real = pValue < limits.driftPValue
    const direction = change < 0 ? 'fell' : 'rose'
    const check = smallEnough('drift', real ? Math.abs(change) : 0, limits.driftChange, `change of ${name}`, {
      finding: real
        ? `${name} ${direction} by ${percent(Math.abs(change))} over the run (p = ${pValue.toPrecision(1)}, ${bins} stretches).`
        : `${name} shows no trend over the run (p = ${pValue.toFixed(2)}, ${bins} stretches).`,
      fix:
        change > 0
          ? 'A queue is growing, or a cache is filling: measure longer, with a warm-up, or at a lower load.'
          : 'The server was still warming up: measure longer, or with a longer warm-up.',
    })
    return { check: { ...check, value: real ? change : 0 }, weight: real ? Math.abs(change) : 0 }
  })
  const heaviestFirst = checks.toSorted((a, b) => b.weight - a.weight).map(({ check }) => check)
  return worstFirst(heaviestFirst)[0] ?? null
}
