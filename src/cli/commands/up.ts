/** `tokenwright up`: the dashboard on this machine, with everything embedded. */
import { Command } from 'commander'

export interface UpFlags {
  readonly port: string
  readonly runs: string
  readonly open: boolean
}

const examples = `
Examples:
  $ tokenwright up
  $ tokenwright up --port 0 --no-open
  $ tokenwright up --runs measurements/     # the Bench page lists what bench --out wrote below it

The page runs the planner itself: no server, no GPU, no account, and no request to anywhere else. Ctrl-C stops it.
`

export function upCommand(): Command {
  return new Command('up')
    .description(
      'The dashboard: plan, compare and look facts up in a page of this machine, which computes by itself.',
    )
    .option('--port <port>', 'where it listens, on loopback only; 0 = any that is free', '4010')
    .option(
      '--runs <folder>',
      'where the Bench page looks for past runs of bench --out, three folders deep',
      '.',
    )
    .option('--no-open', 'do not open a browser')
    .addHelpText('after', examples)
    .action(async (flags: UpFlags) => {
      const { up } = await import('../up-run.ts')
      await up(flags)
    })
}
