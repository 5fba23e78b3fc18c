/** Shell scripts from arguments: quoted so that any model name is one word (POSIX.1-2024 §2.2.2). */

/** One argument; `raw` is written as it is, for variables that the script itself sets. */
export type Argument = string | number | { readonly raw: string }

export function shellQuote(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function word(argument: Argument): string {
  return typeof argument === 'object' ? argument.raw : shellQuote(String(argument))
}

/** One command over several lines, an option with its values a line. */
export function shellCommand(words: readonly Argument[], options: readonly (readonly Argument[])[]): string {
  const lines = [words.map(word).join(' '), ...options.map(option => `  ${option.map(word).join(' ')}`)]
  return lines.join(' \\\n')
}

/** Comment lines; a line break in the text cannot end the comment. */
export function shellComment(lines: readonly string[]): string {
  return lines
    .flatMap(line => line.split(/[\r\n]+/))
    .map(line => `# ${line}`.trimEnd())
    .join('\n')
}

export function shellScript(comments: readonly string[], body: readonly string[]): string {
  return `#!/usr/bin/env bash\n${shellComment(comments)}\nset -euo pipefail\n\n${body.join('\n\n')}\n`
}
