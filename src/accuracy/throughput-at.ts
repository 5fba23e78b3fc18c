/** A configuration's throughput at a TPOT limit, between its measured loads. */
import type { OptionPerformance } from './regret.ts'

/**
 * Throughput of one configuration when loaded until its TPOT is the limit: ln-ln interpolation between its two loads
 * around the limit, its best load when all meet it (no extrapolation), null when none does.
 */
export function throughputAt(loads: readonly OptionPerformance[], limitMs: number): number | null {
  const within = loads.filter(load => load.tpotMs <= limitMs)
  if (within.length === 0) return null
  const last = within.reduce((a, b) => (b.tokensPerSecondPerDevice > a.tokensPerSecondPerDevice ? b : a))
  const beyond = loads.filter(
    load => load.tpotMs > limitMs && load.tokensPerSecondPerDevice > last.tokensPerSecondPerDevice,
  )
  if (beyond.length === 0) return last.tokensPerSecondPerDevice
  const next = beyond.reduce((a, b) => (b.tpotMs < a.tpotMs ? b : a))
  const share = Math.log(limitMs / last.tpotMs) / Math.log(next.tpotMs / last.tpotMs)
  return (
    last.tokensPerSecondPerDevice * (next.tokensPerSecondPerDevice / last.tokensPerSecondPerDevice) ** share
  )
}
