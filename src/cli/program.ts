/** Finds the command, loads it, runs it, and turns faults into messages and exit codes. */
import { Command } from 'commander'
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { type CommandEntry, commandList } from './command-list.ts'
import { exitCodes, reportFault } from './report-fault.ts'
import { packageVersion } from './version-file.ts'

const examples = `
Examples:
  $ tokenwright plan --example
  $ tokenwright plan meta-llama/Llama-3.1-70B --isl 4000 --osl 500 --slo "ttft p90 < 1s, tpot mean < 30ms"
  $ tokenwright plan ./config.json --trace requests.csv --rate 40/s --hardware h200,b200 --tier reserved --json
  $ tokenwright catalog accelerators
  $ tokenwright plan --help

Exit codes: 0 done, 1 input at fault, 2 command line at fault, 3 no feasible configuration, an objective
missed (simulate --check, bench --require) or a difference beyond its limit (compare --fail-on), 70 fault of the program.
`

/** Runs a command line and returns its exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  leaveQuietlyWhenPipeCloses()
  try {
    const program = await programFor(argv)
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync([...argv], { from: 'user' })
    return exitCodes.done
  } catch (fault) {
    return reportFault(fault, { json: argv.includes('--json') })
  }
}

/** Only the chosen command is loaded; the others stand in the help with their one line. */
async function programFor(argv: readonly string[]): Promise<Command> {
  const program = new Command('tokenwright')
    .description('What does a million tokens cost here, and what would make it cheaper?')
    .version(packageVersion(), '-V, --version')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  const chosen = chosenName(argv)
  for (const entry of commandList) {
    const command = entry.name === chosen ? await entry.load() : placeholder(entry)
    if (entry.name === chosen) refuseUnknownSubcommand(command, argv)
    inheritSettings(command.summary(entry.summary), program)
    program.addCommand(command)
  }
  return program
}

/** The first word that is no flag, or the one after `help`. */
function chosenName(argv: readonly string[]): string | undefined {
  const words = argv[0] === 'help' ? argv.slice(1) : argv
  const [first] = words
  if (first === undefined || first.startsWith('-')) return undefined
  if (commandList.some(entry => entry.name === first)) return first
  const names = commandList.map(entry => entry.name)
  const near = nearestNames(first, names)
  throw new TokenwrightError('usage', `unknown command "${first}"`, {
    where: `tokenwright ${argv.join(' ')}`,
    fix: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `commands are ${names.join(', ')}`,
  })
}

/** Commander would only count the words; whoever mistypes a subcommand wants its name. */
function refuseUnknownSubcommand(command: Command, argv: readonly string[]): void {
  const word = argv[argv.indexOf(command.name()) + 1]
  const names = command.commands.map(child => child.name())
  if (names.length === 0 || command.registeredArguments.length > 0) return
  if (word === undefined || word.startsWith('-') || ['help', ...names].includes(word)) return
  const near = nearestNames(word, names)
  throw new TokenwrightError('usage', `${command.name()} has no subcommand "${word}"`, {
    where: `tokenwright ${argv.join(' ')}`,
    fix: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `subcommands are ${names.join(', ')}`,
  })
}

function placeholder({ name, summary }: CommandEntry): Command {
  return new Command(name).description(summary)
}

/** Commander hands settings down only to commands it creates itself. */
function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inheritSettings(child, command)
}

/** A reader that has seen enough (`| head`) closes the pipe: that is no fault. */
function leaveQuietlyWhenPipeCloses(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.done)
      throw error
    })
  }
}
