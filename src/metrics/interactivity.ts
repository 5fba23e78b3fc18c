/**
 * Interactivity: 1 ÷ TPOT, the tokens per second that one user sees. Of a group of requests it is 1 ÷ the statistic of
 * TPOT, so that "p99" is the slow tail in both; a mean of rates would be drawn up by the fastest few.
 */

/** Tokens per second and user; NaN when TPOT is undefined or zero (all tokens came at once). */
export function interactivityTokensPerSecond(tpotMs: number): number {
  return tpotMs > 0 ? 1e3 / tpotMs : Number.NaN
}
