/** How a check is worded: figures as people read them, and the level that a figure reaches. */
import type { VerdictCheck, VerdictCheckName, VerdictLevel } from './verdict.ts'

export interface Levels {
  readonly suspect?: number
  readonly invalid?: number
}

/** The level of a figure that should be small; limits are still good. */
export function levelOf(value: number, { suspect, invalid }: Levels): VerdictLevel {
  if (invalid !== undefined && value > invalid) return 'invalid'
  return suspect !== undefined && value > suspect ? 'suspect' : 'valid'
}

const severity: Readonly<Record<VerdictLevel, number>> = { valid: 0, suspect: 1, invalid: 2 }

/** Worst first; equals stay in their order. */
export function worstFirst(checks: readonly VerdictCheck[]): VerdictCheck[] {
  return checks.toSorted((a, b) => severity[b.level] - severity[a.level])
}

export function worstLevel(levels: readonly VerdictLevel[]): VerdictLevel {
  return levels.reduce((worst, level) => (severity[level] > severity[worst] ? level : worst), 'valid')
}

export function isWorse(a: VerdictLevel, b: VerdictLevel): boolean {
  return severity[a] > severity[b]
}

/** A check of a figure that should be small. The limit told is the one that was broken, or else the first one. */
export function smallEnough(
  check: VerdictCheckName,
  value: number,
  levels: Levels,
  unit: string,
  words: { readonly finding: string; readonly fix: string },
): VerdictCheck {
  const level = levelOf(value, levels)
  const first = levels.suspect ?? levels.invalid ?? null
  const limit = level === 'invalid' ? (levels.invalid ?? first) : first
  return { check, level, value, limit, unit, finding: words.finding, fix: level === 'valid' ? '' : words.fix }
}

export function percent(share: number): string {
  const value = share * 100
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} %`
}

export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`
}

export function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}
