/** `tokenwright compare`: two measurements side by side, for people and for CI. */
import { Command } from 'commander'
import type { ComparisonReport } from '../../report/comparison-report.ts'
import type { CompareFlags } from '../compare-run.ts'
import { collected } from '../shared-flags.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'
import { packageVersion } from '../version-file.ts'

const examples = `
Examples:
  $ tokenwright compare before/ after/
  $ tokenwright compare before/ after/ --fail-on "cost +5%" --fail-on "ttft p95 +10%, errors +1pp"
  $ tokenwright compare main/result.json branch/result.json --fail-on "throughput -5%" --strict --json
  $ tokenwright compare artifacts/aiperf/ vllm-bench.json
  $ tokenwright compare old/ new/ --paired     # old/1.json new/1.json new/2.json old/2.json, measured in this order

A side is a folder or a file: what tokenwright bench --out wrote, or a result of AIPerf, GenAI-Perf, GuideLLM,
vllm bench serve --save-result, SGLang bench_serving, inference-perf, InferenceX, MLPerf LoadGen or Endpoints. The form is told
by the contents. Loads are matched by their size; two single loads are compared whatever they are.

Conditions: metric, statistic of a latency (the mean without one), how much worse b may be than a.
  metrics     cost, throughput, requests, goodput, ttft, tpot, itl, e2e, errors, joules
  statistics  mean, p50, p90, p95, p99
  margins     +5% (more is worse), -5% (less is worse: throughput, requests, goodput), +1pp (errors)
A difference within the noise of the runs does not fail, unless --strict. Where the files say nothing of noise, figures are taken
as they are. A condition on a metric that a run lacks is an error. Exit code 3 when a condition fails.
`

type Write = (text: string) => void

/** Tests give their own `write`. */
export function compareCommand(write: Write = text => process.stdout.write(text)): Command {
  return new Command('compare')
    .description(
      'two measurements side by side: which figures differ, by how much, and whether that can be chance',
    )
    .argument('<a>', 'the run to compare with: a folder or a file')
    .argument('<b>', 'the run that is compared')
    .option(
      '--fail-on <conditions>',
      'exit code 3 when b is worse by more: "cost +5%"; may be repeated',
      collected,
    )
    .option('--strict', 'conditions fail on the figures as they are, within noise or not')
    .option(
      '--paired',
      'runs of a load were taken in turns (a b b a): compare pair by pair, so that drift cancels',
    )
    .option('--json', 'all figures, warnings and conditions as JSON')
    .addHelpText('after', examples)
    .action(async (a: string, b: string, flags: CompareFlags) => {
      const { comparePaths, refuseFailedConditions } = await import('../compare-run.ts')
      const report = comparePaths(a, b, flags, packageVersion())
      write(await rendered(report, flags.json === true))
      refuseFailedConditions(report)
    })
}

async function rendered(report: ComparisonReport, json: boolean): Promise<string> {
  if (json) return (await import('../../report/comparison-json.ts')).renderComparisonJson(report)
  const { renderComparisonText } = await import('../../report/comparison-text.ts')
  return renderComparisonText(report, terminalWidth(), terminalStyle())
}
