/** Terminal columns a text takes: colour codes take none, East Asian wide characters and emoji take two. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence starts with the control character ESC
const colourCode = /\u001b\[[0-9;]*m/g
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u

/** Ranges of characters that take two columns (Unicode East Asian Width W and F, and emoji). */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
]

/** The text without colour codes. */
export function withoutColour(text: string): string {
  return text.replace(colourCode, '')
}

export function displayWidth(text: string): number {
  let width = 0
  for (const character of withoutColour(text)) width += characterWidth(character)
  return width
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0)!
  if (code >= 0x20 && code < 0x7f) return 1
  if (zeroWidth.test(character)) return 0
  return wideRanges.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** The text cut to so many columns, with `…` where something is missing. Colour codes are dropped when it is cut. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  if (columns <= 1) return columns === 1 ? '…' : ''
  let kept = ''
  let width = 0
  for (const character of withoutColour(text)) {
    width += characterWidth(character)
    if (width > columns - 1) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** Padded with spaces to so many columns. */
export function padToWidth(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const padding = ' '.repeat(Math.max(0, columns - displayWidth(text)))
  return align === 'left' ? text + padding : padding + text
}

/** Between a number and its unit, and around `<`, no line is broken: `53 %`, `mean < 30 ms`. */
const breakable = /(?<!<)(?:(?<!\d)\s+|\s+(?!(?:%|[kMG]?W|[kMGT]B|ms|µs|s|min)(?![\w/-])))(?!<)/

/** Lines of at most so many columns, broken at spaces; a longer word stays whole. */
export function wrapText(text: string, columns: number, hangingIndent = ''): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.trim().replace(/\s+/g, ' ').split(breakable).filter(Boolean)) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > columns) {
      lines.push(line)
      line = hangingIndent + word
    } else {
      line = line === '' ? (lines.length > 0 ? hangingIndent : '') + word : `${line} ${word}`
    }
  }
  if (line !== '') lines.push(line)
  return lines
}
