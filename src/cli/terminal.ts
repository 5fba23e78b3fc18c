/** What is known of the terminal: width and colours. Pipes and files get plain text of 120 columns. */
import { styleText } from 'node:util'
import { plainStyle, type TextStyle } from '../report/text-style.ts'

const defaultWidth = 120
const narrowest = 72

/** COLUMNS wins, then the terminal's own width, never more than 120. */
export function terminalWidth(): number {
  const asked = Number(process.env.COLUMNS)
  const columns = Number.isInteger(asked) && asked > 0 ? asked : (process.stdout.columns ?? defaultWidth)
  return Math.max(narrowest, Math.min(defaultWidth, columns))
}

/** Colours on a terminal, unless NO_COLOR is set. */
export function terminalStyle(): TextStyle {
  if (!process.stdout.isTTY || process.env.NO_COLOR) return plainStyle
  const styled = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    styleText(format, text, { stream: process.stdout })
  return { strong: styled('bold'), faint: styled('dim'), good: styled('green'), warn: styled('yellow') }
}
