/** `tokenwright advise`: what would have been cheaper, from the gateway's own ledger. */
import { Command } from 'commander'
import type { AdviseFlags } from '../advise-run.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

const examples = `
Says what the window cost and where, then what would have been cheaper, dearest first: each with dollars a month (95 % by how the days
differ), what it does to latency, what it assumes and how many requests it rests on. Then the regret of today's routing, and, where the
configuration names the hardware (cost: accelerator or price), its busiest hour in the twin behind other policies and on other fleets.
Says nothing on less than 200 requests and an hour; on replicas nothing on less than 24 hours.

Examples:
  $ tokenwright advise --since 7d --config gateway.yaml
  $ tokenwright advise --ledger ledger.sqlite --since 2026-11-01 --until 2026-11-08
  $ tokenwright advise --config gateway.yaml --json
`

/** Tests give their own `write`. */
export function adviseCommand(write: (text: string) => void = text => process.stdout.write(text)): Command {
  return new Command('advise')
    .description(
      'what would have been cheaper: replays the ledger’s own traffic at other prices, sizes and policies',
    )
    .option('--since <moment>', 'from then on', '7d')
    .option('--until <moment>', 'to before then (default: now)')
    .option('--ledger <place>', 'a SQLite file or postgres://… (default: ./tokenwright-ledger.sqlite)')
    .option('--config <file>', 'gateway.yaml: its ledger, objectives, models and hardware')
    .option('--json', 'everything, as JSON')
    .addHelpText('after', examples)
    .action(async (flags: AdviseFlags) => {
      const { adviceText } = await import('../advise-run.ts')
      write(await adviceText(flags, Date.now(), terminalWidth(), terminalStyle()))
    })
}
