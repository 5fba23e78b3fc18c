/** Runs of two variants in pairs, one after the other: their order, and what speaks against comparing them so. */
import type { ImportedRun } from './interop/imported-run.ts'
import { refuseMeasurements } from './interop/json-fields.ts'

/** As they began; where that is not known, as they stand. */
export function inOrder(runs: readonly ImportedRun[]): readonly ImportedRun[] {
  return isDated(runs) ? runs.toSorted((x, y) => (x.startedAt! < y.startedAt! ? -1 : 1)) : runs
}

/** ISO 8601 in UTC, whose order is that of its letters; a local time without a zone is no instant. */
function isDated(runs: readonly ImportedRun[]): boolean {
  return runs.every(({ startedAt }) => startedAt !== null && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(startedAt))
}

/** @throws TokenwrightError 'measurements' unless both have equally many runs, two at least */
export function refuseUnpaired(a: readonly ImportedRun[], b: readonly ImportedRun[], where: string): void {
  if (a.length === b.length && a.length > 1) return
  refuseMeasurements(
    `pairs need as many runs of b as of a, two or more: ${a[0]!.load.name} has ${a.length} and ${b.length}`,
    where,
    'measure a, b, b, a, or leave out --paired',
  )
}

/** Where one variant always went first, a drift looks like a difference. */
export function orderWarnings(a: readonly ImportedRun[], b: readonly ImportedRun[]): string[] {
  const load = a[0]!.load.name
  if (!isDated([...a, ...b]))
    return [`${load}: when runs began is not known; they are paired in the order of their files`]
  const first = a.filter(({ startedAt }, index) => startedAt! < b[index]!.startedAt!).length
  if (first > 0 && first < a.length) return []
  return [
    `${load}: ${first === 0 ? 'b' : 'a'} went first in every pair, so a drift of the machine counts as a difference; measure a, b, b, a`,
  ]
}
