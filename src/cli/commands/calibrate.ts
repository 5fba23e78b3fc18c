/** `tokenwright calibrate`: a few measured points of one's own → multipliers that every prediction of that cell then uses. */
import { Command } from 'commander'

export interface CalibrateFlags {
  readonly output: string
  readonly force?: boolean
  readonly first?: string
  readonly facts?: string
  readonly json?: boolean
}

export const defaultOverlayPath = 'tokenwright-coefficients.json'

const examples = `
A point is one run of one deployment at one load. The plain form has a header line with these columns:
  model, hardware, isl, osl        always; hardware as in simulate: h200 or 8xh200
  concurrency or rate_per_s        requests always in flight, or arriving per second
  ttft_ms, tpot_ms, tokens_per_s   at least one; means of the run; tokens in and out of the whole deployment
  engine, precision, tp, pp, dp, ep, replicas, cached_tokens, isl_cv, osl_cv, requests, statistic (mean, median),
  board_watts (of all devices), id, date, engine_version, note                                    optional
Tables that validate reads, and folders of measured runs, are taken as well.

Each cell (model × accelerator × engine × format) gets multipliers of its own: memory, compute, host, front end, first-token
lag. Four points settle most of it: lowest and highest load at your shortest and longest prompts.

Examples:
  $ tokenwright calibrate points.csv
  $ tokenwright calibrate points.csv --output ours.json --force --json
  $ tokenwright calibrate runs/RTX4090__Llama-3.1-8B --first 100
  $ tokenwright plan openai/gpt-oss-120b --isl 1k --osl 1k --coefficients tokenwright-coefficients.json
`

export function calibrateCommand(): Command {
  return new Command('calibrate')
    .description(
      'fit a handful of multipliers to your own measurements; plan, simulate and emulate take the result',
    )
    .argument('<paths...>', 'CSV files of measured points, or folders of measured runs')
    .option('--output <file>', 'where the calibration goes', defaultOverlayPath)
    .option('--force', 'replace that file')
    .option(
      '--first <requests>',
      'of a run: calibrate on so many requests (default: half of them, 100 at most)',
    )
    .option('--facts <file>', 'facts of your own, laid over the shipped ones')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (paths: string[], flags: CalibrateFlags) => {
      const { runCalibrate } = await import('../calibrate-command.ts')
      process.stdout.write(await runCalibrate(paths, flags, new Date().toISOString().slice(0, 10)))
    })
}
