/** The live view: one line on a terminal that says how a load is going, and a line for each load that is done. */
import type { LoadProgress } from '../bench/run-load.ts'
import type { BenchPoint } from '../measure/bench-result.ts'
import { formatCount, formatMilliseconds, formatSignificant } from '../report/format-number.ts'
import { seconds } from '../report/simulation-units.ts'

export interface BenchProgress {
  begin(name: string, index: number, of: number | null): void
  update(progress: LoadProgress): void
  done(point: BenchPoint): void
  finish(): void
}

/** On anything but a terminal only finished loads are told, so that a log of CI stays short. */
export function startBenchProgress(stream: NodeJS.WriteStream = process.stderr): BenchProgress {
  let title = ''
  let shown = false
  const wipe = () => {
    if (shown) stream.write('\r\u001b[K')
    shown = false
  }
  return {
    begin(name, index, of) {
      title = `${of === null ? `${index + 1}` : `${index + 1}/${of}`} ${name}`
    },
    update(progress) {
      if (!stream.isTTY) return
      const text = `${title}: ${progressWords(progress)}`
      stream.write(`\r\u001b[K${text.slice(0, Math.max(20, (stream.columns ?? 120) - 1))}`)
      shown = true
    },
    done(point) {
      wipe()
      const { summary } = point
      const rates = summary.steady ?? summary.fullRun
      stream.write(
        `${title}: ${formatCount(summary.requests.served)} requests in ${seconds(summary.durationSeconds)}, ` +
          `TTFT p50 ${formatMilliseconds(summary.latency.ttftService.p50Ms)}, ` +
          `TPOT p50 ${formatMilliseconds(summary.latency.tpot.p50Ms)}, ` +
          `${formatSignificant(rates.outputTokensPerSecond ?? 0)} output tokens/s, ${point.verdict.level}\n`,
      )
    },
    finish: wipe,
  }
}

function progressWords({ phase, seconds: elapsed, recorder, inFlight, waiting }: LoadProgress): string {
  const { measured } = recorder.metrics
  if (phase === 'warm-up') return `warming up, ${formatCount(inFlight)} in flight`
  const failed = measured.failed + measured.rejected
  const ttft = measured.latencies.ttftServiceMs
  const tpot = measured.latencies.tpotMs
  return [
    `${seconds(elapsed)}, ${formatCount(measured.served)} served`,
    `${formatCount(inFlight)} in flight`,
    ...(waiting > 0 ? [`${formatCount(waiting)} held back`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(ttft.count > 0 ? [`TTFT ${formatMilliseconds(ttft.quantile(0.5))}`] : []),
    ...(tpot.count > 0 ? [`TPOT ${formatMilliseconds(tpot.quantile(0.5))}`] : []),
    ...(elapsed > 0 ? [`${formatSignificant(measured.outputTokens / elapsed)} tokens/s`] : []),
  ].join(', ')
}
