/** Which points to measure first, as docs/guides/calibrate.md advises, and the same choice made out of rows that exist. */

import type { PreparedPoint } from './evaluate-point.ts'
import { hash } from './folds.ts'

/**
 * Four points out of a group's rows: lowest and highest load at the shortest and at the longest prompts. Where only one pair
 * of lengths has several loads: four loads of all rows at equal distances. Rows must be closed loops.
 */
export function adviceChoice(rows: readonly PreparedPoint[]): PreparedPoint[] {
  const byLengths = [...Map.groupBy(rows, lengthsOf).values()]
    .map(byLoad)
    .filter(members => concurrencyOf(members[0]!) < concurrencyOf(members.at(-1)!))
    .sort((a, b) => inputTokens(a) - inputTokens(b) || outputTokens(a) - outputTokens(b))
  const [shortest, longest] = [byLengths[0], byLengths.at(-1)]
  if (shortest !== undefined && longest !== undefined && shortest !== longest)
    return [shortest[0]!, shortest.at(-1)!, longest[0]!, longest.at(-1)!]
  const all = byLoad(rows)
  return [0, 1, 2, 3].map(i => all[Math.round((i * (all.length - 1)) / 3)]!)
}

/** `count` rows by chance; the same seed chooses the same rows in whatever order they come. */
export function randomChoice(rows: readonly PreparedPoint[], count: number, seed: string): PreparedPoint[] {
  const ranked = rows.map(row => ({ row, rank: hash(`${hash(`${row.point.id} ${seed}`)} ${seed}`) }))
  return ranked
    .sort((a, b) => a.rank - b.rank || (a.row.point.id < b.row.point.id ? -1 : 1))
    .slice(0, count)
    .map(({ row }) => row)
}

function byLoad(rows: readonly PreparedPoint[]): PreparedPoint[] {
  return [...rows].sort((a, b) => concurrencyOf(a) - concurrencyOf(b) || (a.point.id < b.point.id ? -1 : 1))
}

function lengthsOf({ point }: PreparedPoint): string {
  return `${point.nominalInputTokens}/${point.nominalOutputTokens}`
}

export function concurrencyOf({ point }: PreparedPoint): number {
  return point.load.kind === 'closed' ? point.load.concurrency : Number.NaN
}

function inputTokens(rows: readonly PreparedPoint[]): number {
  return rows[0]!.point.nominalInputTokens
}

function outputTokens(rows: readonly PreparedPoint[]): number {
  return rows[0]!.point.nominalOutputTokens
}
