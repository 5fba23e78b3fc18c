/** The same run in a terminal. */
import { flagName } from '../../src/cli/flag-conflicts.ts'
import type { SimulateFlags } from '../../src/cli/simulate-flags.ts'

/** Arguments of `tokenwright`, unquoted. */
export function simulateArguments({ prefixCaching: _, ...flags }: SimulateFlags): string[] {
  return [
    'simulate',
    ...Object.entries(flags).flatMap(([name, value]) =>
      [value].flat().flatMap(text => [flagName(name), String(text)]),
    ),
  ]
}

export function commandText(flags: SimulateFlags): string {
  return ['npx tokenwright', ...simulateArguments(flags).map(quoted)].join(' ')
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
