/** `tokenwright bench self-test`: the error bars of this load generator on this machine. */
import { runSelfTest } from '../bench/self-test.ts'
import {
  formatCount,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  plural,
} from '../report/format-number.ts'
import { renderPairs } from '../report/text-layout.ts'
import type { BenchFlags } from './bench-flags.ts'
import { NoFeasibleConfiguration } from './report-fault.ts'
import { terminalWidth } from './terminal.ts'

/** Beyond these the load generator is no instrument on this machine: TTFT and TPOT, ms (docs/guides/bench.md). */
const limits = { p50Ms: 1, p99Ms: 5 }

export async function printSelfTest(flags: BenchFlags): Promise<void> {
  process.stderr.write('measuring an endpoint of known timings on this machine: 12 s\n')
  const report = await runSelfTest({})
  const { ttft, tpot, client } = report
  const good = [ttft, tpot].every(({ p50Ms, p99Ms }) => p50Ms <= limits.p50Ms && p99Ms <= limits.p99Ms)
  if (flags.json) {
    const { ttftErrorsMs: _, tpotErrorsMs: __, ...rest } = report
    process.stdout.write(`${JSON.stringify({ ...rest, limits, good }, null, 2)}\n`)
  } else {
    const errors = ({ p50Ms, p99Ms }: typeof ttft) =>
      `off by ${formatMilliseconds(p50Ms)} in the median, ${formatMilliseconds(p99Ms)} at the 99th percentile`
    process.stdout.write(
      `${renderPairs(
        [
          [
            'load',
            `${formatCount(report.chunksPerSecond)} tokens/s in ${report.streams} streams, ${plural(report.requests, 'request')}`,
          ],
          ['TTFT', errors(ttft)],
          ['TPOT', errors(tpot)],
          [
            'tokens',
            report.tokensReconcile
              ? 'agree with the endpoint, every request'
              : 'do not agree with the endpoint',
          ],
          [
            'processors',
            report.apart
              ? 'one for each of the two'
              : 'shared by the two: figures may be those of the scheduler (taskset would keep them apart)',
          ],
          [
            'CPU',
            `${formatPercent(client.cpuShare)} of a core, ${formatSignificant(client.cpuMicrosecondsPerChunk ?? 0)} µs per token; ` +
              `event loop late by ${formatMilliseconds(client.eventLoopDelay.p99Ms)} (p99)`,
          ],
          [
            'verdict',
            good ? 'good enough to measure with' : 'not good enough: other work on this machine disturbs it',
          ],
        ],
        terminalWidth(),
      )}\n`,
    )
  }
  if (!good || !report.tokensReconcile)
    throw new NoFeasibleConfiguration(
      'this machine disturbs the load generator',
      'stop other work, or measure from another machine',
    )
}
