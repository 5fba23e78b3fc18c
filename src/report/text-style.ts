/** How a terminal emphasises text. Reports take it as an argument; only the command line knows the terminal. */
export interface TextStyle {
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly warn: (text: string) => string
}

const same = (text: string) => text

/** For files, pipes, NO_COLOR and tests. */
export const plainStyle: TextStyle = { strong: same, faint: same, good: same, warn: same }
