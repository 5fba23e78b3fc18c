/** How the command line says that something is wrong: one clear error, never a stack trace for the user's own faults. */
import { CommanderError } from 'commander'
import { type ErrorCode, TokenwrightError } from '../core/errors.ts'
import { readable } from '../report/format-number.ts'

/** 0 done · 1 the input is at fault · 2 the command line is · 3 no feasible configuration, objective missed (--check) · 70 a fault of the program. */
export const exitCodes = { done: 0, input: 1, usage: 2, infeasible: 3, internal: 70 } as const

/** A result that is no error of anyone: printed in full, but scripts must notice it. */
export class NoFeasibleConfiguration extends Error {
  readonly relaxation: string | null

  constructor(message: string, relaxation: string | null) {
    super(message)
    this.relaxation = relaxation
  }
}

/** Prints the fault on stderr and returns the exit code. */
export function reportFault(fault: unknown, options: { readonly json: boolean }): number {
  if (fault instanceof NoFeasibleConfiguration) {
    const details = { fix: readableOrNull(fault.relaxation) ?? 'relax what binds, as said above' }
    print(new TokenwrightError('objective', fault.message, details), options)
    return exitCodes.infeasible
  }
  if (fault instanceof CommanderError) {
    if (fault.exitCode === 0) return exitCodes.done
    print(usageError(fault), options)
    return exitCodes.usage
  }
  if (fault instanceof TokenwrightError) {
    print(fault, options)
    return fault.code === 'usage' ? exitCodes.usage : exitCodes.input
  }
  print(internalError(fault), options)
  if (process.env.TOKENWRIGHT_DEBUG === '1' && fault instanceof Error)
    process.stderr.write(`${fault.stack}\n`)
  return exitCodes.internal
}

function readableOrNull(sentence: string | null): string | null {
  return sentence === null ? null : readable(sentence)
}

/** Said where the fault itself brings no advice. */
const usualFix: Partial<Record<ErrorCode, string>> = {
  file: 'check the path, and that the file may be read or written',
  facts: 'see docs/guides/facts.md for the form',
}

/** Longest text of a fault: a binary file given by mistake has cells of any length. */
const longestText = 1500

/** Text that came from the user's file must not steer the terminal: control characters become visible, length is cut. */
export function printable(text: string): string {
  const visible = text.replace(/\p{Cc}/gu, character => (character === '\n' ? character : '\uFFFD'))
  return visible.length <= longestText ? visible : `${visible.slice(0, longestText)}…`
}

function print(error: TokenwrightError, { json }: { readonly json: boolean }): void {
  const { code } = error
  const message = printable(error.message)
  const where = error.where === undefined ? undefined : printable(error.where)
  const advice = error.fix ?? usualFix[code]
  const fix = advice === undefined ? undefined : printable(advice)
  if (json) {
    process.stderr.write(
      `${JSON.stringify({ error: { code, message, where: where ?? null, fix: fix ?? null } })}\n`,
    )
    return
  }
  const lines = [`error [${code}]: ${indented(message)}`]
  if (where !== undefined) lines.push(`  where: ${indented(where)}`)
  if (fix !== undefined) lines.push(`  fix: ${indented(fix)}`)
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** Further lines of a message stand under its first. */
function indented(text: string): string {
  return text.replaceAll('\n', '\n    ')
}

/** `error: unknown option '--islx'\n(Did you mean --isl?)` in our form. */
function usageError(fault: CommanderError): TokenwrightError {
  const [first = '', ...rest] = fault.message.split('\n')
  const suggestion = rest.join(' ').replace(/^\(|\)$/g, '')
  const help = 'see tokenwright --help, or --help after the command'
  return new TokenwrightError('usage', first.replace(/^error: /, ''), {
    fix: suggestion === '' ? help : `${suggestion[0]!.toLowerCase()}${suggestion.slice(1)} ${help}`,
  })
}

function internalError(fault: unknown): TokenwrightError {
  const message = fault instanceof Error ? fault.message : String(fault)
  return new TokenwrightError('internal', message, {
    fix: 'this is a fault of tokenwright: please report it with the command you ran and the output of TOKENWRIGHT_DEBUG=1',
  })
}
