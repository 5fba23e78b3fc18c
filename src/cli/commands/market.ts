/** `tokenwright market`: API prices over time, what a job costs at each offer, what price lists get wrong. */
import { Command } from 'commander'
import type { FilterFlags } from '../market-filter.ts'
import type { JobFlags } from '../market-job.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

type Write = (text: string) => void

interface CommonFlags extends FilterFlags {
  readonly json?: boolean
}

const examples = `
Examples:
  $ tokenwright market list
  $ tokenwright market list --provider deepseek --at 2026-11-02T03:00Z
  $ tokenwright market price gpt-oss-120b --input 1M --cached 500k --output 200k
  $ tokenwright market check --provider openai
`

/** The command with its subcommands. Tests give their own `write`. */
export function marketCommand(write: Write = text => process.stdout.write(text)): Command {
  return new Command('market')
    .description(
      'API prices over time: what is in force, what a job costs at each offer, what lists get wrong',
    )
    .addHelpText('after', examples)
    .addCommand(listCommand(write))
    .addCommand(priceCommand(write))
    .addCommand(checkCommand(write))
}

const atFlag = [
  '--at <moment>',
  'prices in force then: 2026-11-01T03:00Z or 2026-11-01; now when not given',
] as const
const tierFlag = ['--tier <tier>', 'standard, batch, flex, priority or all'] as const

function listCommand(write: Write): Command {
  return new Command('list')
    .description('offers in force; without --model and --provider, what the book holds')
    .option('--model <name>', 'any name of a model')
    .option('--provider <name>', 'id or name of a provider')
    .option(...tierFlag, 'all')
    .option(...atFlag)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ tokenwright market list --model deepseek-v4-flash --at 2026-11-02T03:00Z\n',
    )
    .action(async (flags: CommonFlags & { readonly model?: string }) => {
      const { marketList } = await import('../market-list.ts')
      write(marketList(flags, Date.now(), terminalWidth(), terminalStyle()))
    })
}

const priceExamples = `
--input is the whole input; --cached, --cache-write, --cache-write-1h and --input-audio are parts of it. Prices that depend on the
length of the prompt need --prompt-tokens, or --requests among which the input is divided; without them prompts are taken to be short.

Examples:
  $ tokenwright market price gpt-oss-120b --input 1M --cached 500k --output 200k
  $ tokenwright market price gpt-5.4 --input 30M --output 1M --requests 100 --tier all
  $ tokenwright market price whisper-1 --audio-duration 90min
`

function priceCommand(write: Write): Command {
  return new Command('price')
    .description('what a job costs at each offer, cheapest first, with the rule that was applied')
    .argument('<model>', 'any name of a model')
    .option('--input <tokens>', 'all input tokens: 1M')
    .option('--cached <tokens>', 'of them read from the provider’s cache')
    .option('--cache-write <tokens>', 'of them written to the cache, kept five minutes')
    .option('--cache-write-1h <tokens>', 'of them written to the cache, kept an hour')
    .option('--input-audio <tokens>', 'of them audio')
    .option('--output <tokens>', 'all output tokens, reasoning included')
    .option('--output-audio <tokens>', 'of them audio')
    .option('--audio-duration <duration>', 'length of audio to be transcribed: 90min')
    .option('--requests <count>', 'requests, for fees per request and the length of prompts')
    .option('--prompt-tokens <tokens>', 'length of each prompt, for prices that depend on it')
    .option('--provider <name>', 'only this provider')
    .option('--retired', 'also models that were to be retired by then')
    .option(...tierFlag, 'standard')
    .option(...atFlag)
    .option('--json', 'print JSON')
    .addHelpText('after', priceExamples)
    .action(async (model: string, flags: CommonFlags & JobFlags) => {
      const { marketPrice } = await import('../market-price.ts')
      write(marketPrice(model, flags, Date.now(), terminalWidth(), terminalStyle()))
    })
}

function checkCommand(write: Write): Command {
  return new Command('check')
    .description('listed prices that were refused, by named rules, and what lists dispute')
    .option('--model <name>', 'only models whose name contains this')
    .option('--provider <name>', 'only this provider')
    .option('--all', 'each finding instead of counts')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ tokenwright market check --provider anthropic\n')
    .action(async (flags: CommonFlags & { readonly model?: string; readonly all?: boolean }) => {
      const { marketCheck } = await import('../market-check.ts')
      write(marketCheck(flags, terminalWidth(), terminalStyle()))
    })
}
