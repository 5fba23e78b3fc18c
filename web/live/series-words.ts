/** The lines of a live figure in words, for those who do not see them. */
import type { AlignedLines } from './series-points.ts'

export interface NamedLines {
  readonly names: readonly string[]
  readonly lines: AlignedLines
  readonly format: (value: number) => string
}

export function clockText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB')
}

/** Of each line: `cheap: latest $0.5, lowest $0.4 at 12:01:10, highest $0.9 at 12:03:20`. */
export function lineWords({ names, lines, format }: NamedLines): string[] {
  return names.map((name, index) => {
    const seen = points(lines, index)
    const last = seen.at(-1)
    if (last === undefined) return `${name}: nothing seen`
    const low = seen.reduce((least, point) => (point.value < least.value ? point : least))
    const high = seen.reduce((most, point) => (point.value > most.value ? point : most))
    if (low.value === high.value) return `${name}: ${format(last.value)} all the time`
    const at = (point: Point) => `${format(point.value)} at ${clockText(point.second)}`
    return `${name}: latest ${format(last.value)}, lowest ${at(low)}, highest ${at(high)}`
  })
}

/** `12:00:10 to 12:10:00`; empty before there is a point. */
export function spanWords({ seconds }: AlignedLines): string {
  const [first, last] = [seconds[0], seconds.at(-1)]
  return first === undefined || last === undefined ? '' : `${clockText(first)} to ${clockText(last)}`
}

/** One moment, all lines: what is spoken when the arrow keys come to it. */
export function momentWords({ names, lines, format }: NamedLines, row: number): string {
  const told = names.map((name, index) => `${name} ${valueText(lines.values[index]?.[row], format)}`)
  return `${clockText(lines.seconds[row]!)}: ${told.join(', ')}`
}

export function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value)
}

interface Point {
  readonly second: number
  readonly value: number
}

function points({ seconds, values }: AlignedLines, line: number): Point[] {
  return seconds.flatMap((second, row) => {
    const value = values[line]?.[row] ?? null
    return value === null ? [] : [{ second, value }]
  })
}
