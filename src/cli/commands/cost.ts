/** `tokenwright cost`: what a million tokens cost, from a price, a throughput and what is known about power and use. */
import { Command } from 'commander'
import { collected } from '../shared-flags.ts'
import type { CostOptions } from './cost-options.ts'

const examples = `
--tokens-per-second counts OUTPUT tokens of all devices together; --usd-per-hour is per device.
Units may be written: 9kW, 80%, 2M/min, $2500/month. The equation: docs/models/cost.md.

Examples:
  $ tokenwright cost --usd-per-hour 2.5 --devices 8 --tokens-per-second 12000
  $ tokenwright cost --hardware h200 --tier reserved --devices 8 --tokens-per-second 12000 --isl 4k --osl 1k --cached 50%
  $ tokenwright cost --usd-per-hour 1.3 --devices 8 --tokens-per-second 12000 --watts 9kW --pue 1.25 --electricity 0.06 --energy-included no
  $ tokenwright cost --hardware b200 --tier owned --devices 64 --tokens-per-second 400k --demand-shape office-generic --extra "staff=3.5/h" --json
`

export function costCommand(): Command {
  return new Command('cost')
    .description(
      'what a million tokens cost: the bill line by line, by token class, per megawatt, and what is not counted',
    )
    .optionsGroup('Price:')
    .option('--usd-per-hour <usd>', 'your price per device and hour')
    .option('--devices <count>', 'devices of the whole deployment (default: 1)')
    .option('--hardware <name>', 'accelerator of the catalog: takes its price and power')
    .option('--tier <tier>', 'owned, reserved, on-demand or spot (default: reserved)')
    .option('--provider <name>', 'only prices of this provider')
    .option('--region <name>', 'only prices of this region, e.g. us or us-east-1')
    .option('--facts <file>', 'YAML file with your own prices and facts')
    .option(
      '--energy-included <yes|no>',
      'whether your price includes energy (default: yes, no with --electricity)',
    )
    .option('--extra <name=amount>', 'what the price leaves out, e.g. "staff=3.5/h"; repeatable', collected)
    .optionsGroup('Traffic:')
    .option('--tokens-per-second <rate>', 'output tokens per second of all devices together')
    .option('--input-tokens-per-second <rate>', 'input tokens per second, cached ones included')
    .option('--isl <tokens>', 'prompt length, instead of the input rate')
    .option('--osl <tokens>', 'output length, together with --isl')
    .option('--cached <share>', 'share of the input found in a prefix cache; or tokens of --isl')
    .optionsGroup('Power:')
    .option('--watts <power>', 'power of the whole deployment, averaged over time')
    .option('--watts-per-device <power>', 'the same per device')
    .option('--power-basis <basis>', 'board, it-all-in or utility (default: it-all-in)')
    .option('--pue <ratio>', 'utility power ÷ IT power')
    .option('--electricity <price|region>', 'dollars per kWh, or a region of the catalog')
    .option('--carbon <g/kWh>', 'carbon intensity of the grid')
    .optionsGroup('Utilisation (three factors, multiplied):')
    .option('--availability <share>', 'share of time the deployment is up (default: 100%)')
    .option('--load-factor <share>', 'mean demand ÷ capacity (default: 100%)')
    .option('--demand-shape <id|csv>', 'a day of demand instead: id, 24 numbers, or a .csv file')
    .option('--autoscale-floor <share>', 'capacity follows --demand-shape down to this share of the peak')
    .option(
      '--operating-point <share>',
      'throughput within the objectives ÷ --tokens-per-second (default: 100%)',
    )
    .optionsGroup('Allocation to token classes (one of three):')
    .option(
      '--output-price-ratio <ratio>',
      'fixed ratio: an output token costs so many input tokens (default: 4)',
    )
    .option(
      '--cached-price-ratio <ratio>',
      'fixed ratio: a cached input token costs so much of one (default: 0.1)',
    )
    .option('--prefill-share <share>', 'engine time: share of busy time spent on prefill')
    .option('--prefill-devices <count>', 'pools: devices that only prefill')
    .option(
      '--cached-time-share <share>',
      'share of busy (or prefill pool) time that cached input pays (default: 0)',
    )
    .optionsGroup('Output:')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (options: CostOptions) => {
      const [{ readQuestion }, { answerCost, costJson }] = await Promise.all([
        import('./cost-question.ts'),
        import('./cost-answer.ts'),
      ])
      const answer = answerCost(await readQuestion(options))
      const text =
        options.json === true ? costJson(answer) : (await import('./cost-text.ts')).costText(answer)
      process.stdout.write(`${text}\n`)
    })
}
