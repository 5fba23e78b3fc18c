/** How late tokens left the emulator: when they were handed to the socket − when the engine had them, on the wall's clock. */

/** Wall-clock milliseconds over all streamed chunks of requests without an injected fault. */
export interface LatenessReport {
  readonly chunks: number
  readonly tokens: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maximumMs: number
}

export interface LatenessMeter {
  add(lateMs: number, tokens: number): void
  report(): LatenessReport
}

/** Bins of 10 µs up to 100 ms; what is later falls into the last bin and is told by the maximum. */
const binMs = 0.01
const binCount = 10_000

export function createLatenessMeter(): LatenessMeter {
  const bins = new Uint32Array(binCount + 1)
  let chunks = 0
  let tokens = 0
  let sumMs = 0
  let maximumMs = 0

  /** Upper edge of the bin in which the quantile lies, or the maximum for the last bin. */
  function quantileMs(share: number): number {
    let below = 0
    const wanted = Math.ceil(share * chunks)
    for (let bin = 0; bin <= binCount; bin++) {
      below += bins[bin]!
      if (below >= wanted) return bin === binCount ? maximumMs : Math.min((bin + 1) * binMs, maximumMs)
    }
    return maximumMs
  }

  return {
    add(lateMs, chunkTokens) {
      const late = Math.max(0, lateMs)
      bins[Math.min(binCount, Math.floor(late / binMs))]!++
      chunks++
      tokens += chunkTokens
      sumMs += late
      if (late > maximumMs) maximumMs = late
    },
    report: () => ({
      chunks,
      tokens,
      meanMs: chunks === 0 ? 0 : sumMs / chunks,
      p50Ms: chunks === 0 ? 0 : quantileMs(0.5),
      p99Ms: chunks === 0 ? 0 : quantileMs(0.99),
      maximumMs,
    }),
  }
}
