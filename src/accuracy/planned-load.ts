/**
 * What a plan costs when configuration and load both come from predictions: the load is set where the predicted TPOT is
 * the limit less a margin. Loads between the measured ones are interpolated, as a deployment's load is continuous.
 */
import type { Option, OptionPerformance } from './regret.ts'
import { throughputAt } from './throughput-at.ts'

export interface PlannedLoad {
  /** Throughput of the best configuration run at the limit ÷ throughput reached − 1. */
  readonly regret: number
  /** The same when the chosen configuration is then loaded up to the limit, as an operator does who sees the latency. */
  readonly loadedRegret: number
  /** Tokens per second and device: of the best configuration at the limit, and reached. */
  readonly best: number
  readonly reached: number
  /** The chosen load misses the limit as measured; what is reached is then at the limit, as an operator backs off. */
  readonly missed: boolean
  /** Measured TPOT at the chosen load ÷ limit − 1. */
  readonly overshoot: number
}

/**
 * One choice at one TPOT limit, null when no configuration meets it as measured.
 * @param margin share of the limit kept free, 0 to 1
 */
export function planLoad(options: readonly Option[], limitMs: number, margin: number): PlannedLoad | null {
  const target = limitMs * (1 - margin)
  const configurations = [...Map.groupBy(options, option => option.configuration).values()].map(loads => {
    const predicted = loads.map(option => option.predicted)
    return {
      loads,
      atLimit: throughputAt(
        loads.map(option => option.measured),
        limitMs,
      ),
      promised: throughputAt(predicted, target),
      fastestMs: Math.min(...predicted.map(one => one.tpotMs)),
    }
  })
  const best = Math.max(...configurations.map(c => c.atLimit ?? 0))
  if (best === 0) return null
  const ranking = configurations.toSorted(
    (a, b) => (b.promised ?? 0) - (a.promised ?? 0) || a.fastestMs - b.fastestMs,
  )
  // A first choice that meets the limit at no measured load is put right by the next one that does.
  const chosen = ranking.find(c => c.atLimit !== null)!
  const run = measuredAt(chosen.loads, concurrencyAt(chosen.loads, target))
  const missed = ranking[0] !== chosen || run.tpotMs > limitMs
  const reached =
    run.tpotMs > limitMs ? chosen.atLimit! : Math.min(run.tokensPerSecondPerDevice, chosen.atLimit!)
  return {
    regret: best / reached - 1,
    loadedRegret: best / chosen.atLimit! - 1,
    best,
    reached,
    missed,
    overshoot: run.tpotMs / limitMs - 1,
  }
}

const byLoad = (loads: readonly Option[]) => loads.toSorted((a, b) => a.concurrency - b.concurrency)

/** Load at which the predicted TPOT reaches the target, ln-ln between loads, never outside the measured ones. */
function concurrencyAt(loads: readonly Option[], targetMs: number): number {
  const sorted = byLoad(loads)
  const above = sorted.findIndex(option => option.predicted.tpotMs > targetMs)
  if (above === 0) return sorted[0]!.concurrency
  if (above < 0) return sorted.at(-1)!.concurrency
  const [low, high] = [sorted[above - 1]!, sorted[above]!]
  const share =
    Math.log(targetMs / low.predicted.tpotMs) / Math.log(high.predicted.tpotMs / low.predicted.tpotMs)
  return low.concurrency * (high.concurrency / low.concurrency) ** share
}

/** What was measured at a load, ln-ln between the loads around it. */
function measuredAt(loads: readonly Option[], concurrency: number): OptionPerformance {
  const sorted = byLoad(loads)
  const above = sorted.findIndex(option => option.concurrency >= concurrency)
  if (above <= 0) return sorted[above < 0 ? sorted.length - 1 : 0]!.measured
  const [low, high] = [sorted[above - 1]!, sorted[above]!]
  const share = Math.log(concurrency / low.concurrency) / Math.log(high.concurrency / low.concurrency)
  const between = (a: number, b: number) => a * (b / a) ** share
  return {
    tpotMs: between(low.measured.tpotMs, high.measured.tpotMs),
    tokensPerSecondPerDevice: between(
      low.measured.tokensPerSecondPerDevice,
      high.measured.tokensPerSecondPerDevice,
    ),
  }
}
