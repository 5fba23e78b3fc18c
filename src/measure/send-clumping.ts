/**
 * Do the users of a closed loop send together? With equal answers they start together, end together and go on so: the server
 * sees waves of prompts that no independent users would send (modelscope/evalscope, pull request 1641).
 */
import type { WaveEvidence } from './verdict-evidence.ts'

/** Part of a cycle within which sends count as together. Assumed: prompts a twentieth apart still wait for each other. */
const together = 1 / 20
/** Fewer users than these share a bin by chance too often. Assumed. */
const fewestUsers = 8
/** Cycles that must lie in the time looked at: the first ones are together whenever all users start at once. */
const fewestCycles = 4

/**
 * Clumping of send times: counts in bins of a twentieth of a cycle (users ÷ sends per µs) have a variance of about their mean
 * when users are independent, and of mean · users · (1 − 1/20) when all send in one bin. `clumping` is where their ratio
 * lies between the two. Users whose phases differ by a standard deviation of s cycles: about (1/20) ÷ (2√π s) for small s, so
 * 0.24 at 6 %. Null for too few users or cycles. Send times in any order, µs.
 */
export function sendClumping(sentUs: ArrayLike<number>, users: number): WaveEvidence | null {
  const count = sentUs.length
  if (users < fewestUsers || count < fewestCycles * users) return null
  const times = Float64Array.from(sentUs).sort()
  const first = times[0]!
  const spanUs = times[count - 1]! - first
  const cycles = count / users
  const bins = Math.round(cycles / together)
  if (!(spanUs > 0)) return null
  const counts = new Float64Array(bins)
  for (const time of times) counts[Math.min(bins - 1, Math.floor(((time - first) / spanUs) * bins))]! += 1
  const mean = count / bins
  const variance = counts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (bins - 1)
  const ofWaves = users * (1 - together)
  return { users, cycles, clumping: (variance / mean - 1) / (ofWaves - 1) }
}
