/** From savings in a window to a band of dollars a month. */
import { type NanoUsd, usdFromNano } from '../../core/money.ts'
import { hoursPerMonth, type UsdBand } from './types.ts'

export interface DatedSaving {
  readonly atMs: number
  readonly nanoUsd: NanoUsd
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Two-sided 95 % of Student's t by degrees of freedom, 1 to 10; beyond it the normal's (tables, e.g. NIST/SEMATECH 1.3.6.7.2). */
const studentT = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]

/**
 * Days are blocks where there are three at least, else hours: what is alike within a block (a client's batch, an evening) counts once.
 * The band is the mean of the blocks ± t · their spread ÷ √n, times the blocks of a month. It knows nothing of what next month asks.
 */
export function savingBand(
  savings: readonly DatedSaving[],
  window: { readonly fromMs: number; readonly toMs: number },
): UsdBand {
  const spanMs = window.toMs - window.fromMs
  const total = usdFromNano(savings.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n))
  const expected = total * ((hoursPerMonth * hourMs) / spanMs)
  const blockMs = spanMs >= 3 * dayMs ? dayMs : hourMs
  const count = Math.floor(spanMs / blockMs)
  if (count < 2) return { low: expected, expected, high: expected }
  const blocks = new Float64Array(count)
  for (const { atMs, nanoUsd } of savings) {
    const block = Math.min(count - 1, Math.max(0, Math.floor((atMs - window.fromMs) / blockMs)))
    blocks[block]! += usdFromNano(nanoUsd)
  }
  const mean = blocks.reduce((sum, usd) => sum + usd, 0) / count
  const variance = blocks.reduce((sum, usd) => sum + (usd - mean) ** 2, 0) / (count - 1)
  const half = (studentT[count - 2] ?? 1.96) * Math.sqrt(variance / count)
  const perMonth = (hoursPerMonth * hourMs) / blockMs
  return { low: expected - half * perMonth, expected, high: expected + half * perMonth }
}
