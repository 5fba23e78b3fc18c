/** How many edits turn one sequence of words or characters into another: the counts behind word and character error rates. */
import { assert } from '../core/assert.ts'

/** Errors of a hypothesis against its reference; several add up field by field. */
export interface ErrorCounts {
  /** In the reference: what the rate is a share of. */
  readonly referenceUnits: number
  readonly substitutions: number
  /** In the reference, not in the hypothesis. */
  readonly deletions: number
  /** In the hypothesis, not in the reference. */
  readonly insertions: number
}

export const noErrors: ErrorCounts = { referenceUnits: 0, substitutions: 0, deletions: 0, insertions: 0 }

export function addErrors(one: ErrorCounts, other: ErrorCounts): ErrorCounts {
  return {
    referenceUnits: one.referenceUnits + other.referenceUnits,
    substitutions: one.substitutions + other.substitutions,
    deletions: one.deletions + other.deletions,
    insertions: one.insertions + other.insertions,
  }
}

/**
 * (substitutions + deletions + insertions) ÷ units of the reference: above 1 when much was invented, null when the
 * reference has no units. Definition: NIST sclite, and Morris, Maier and Green, "From WER and RIL to MER and WIL", 2004.
 */
export function errorRate({
  referenceUnits,
  substitutions,
  deletions,
  insertions,
}: ErrorCounts): number | null {
  return referenceUnits === 0 ? null : (substitutions + deletions + insertions) / referenceUnits
}

/**
 * Edits of the shortest alignment (Levenshtein 1966, each edit counts 1). Where several are as short, the one with most
 * substitutions, that is with fewest deletions and insertions: their total is unique, their kinds are not.
 * Time O(length × edits): a band around the diagonal that is doubled until it holds the answer (Ukkonen 1985).
 * Memory O(length of the shorter one).
 */
export function countErrors(reference: readonly string[], hypothesis: readonly string[]): ErrorCounts {
  // Numbers compare faster than texts.
  const numbers = new Map<string, number>()
  const numbered = (units: readonly string[]) =>
    Int32Array.from(units, unit => {
      const known = numbers.get(unit)
      if (known !== undefined) return known
      numbers.set(unit, numbers.size)
      return numbers.size - 1
    })
  let long = numbered(reference)
  let short = numbered(hypothesis)
  const swapped = long.length < short.length
  if (swapped) [long, short] = [short, long]
  // What both begin and end with takes part in no edit: some shortest alignment pairs it.
  let head = 0
  while (head < short.length && long[head] === short[head]) head++
  let tail = 0
  while (tail < short.length - head && long[long.length - 1 - tail] === short[short.length - 1 - tail]) tail++
  const { edits, substitutions } = align(
    long.subarray(head, long.length - tail),
    short.subarray(head, short.length - tail),
  )
  const surplus = long.length - short.length
  // edits = substitutions + dropped + added, surplus = dropped − added, seen from the long one.
  const added = (edits - substitutions - surplus) / 2
  const dropped = added + surplus
  assert(Number.isInteger(added) && added >= 0, 'edits fit the lengths')
  return {
    referenceUnits: reference.length,
    substitutions,
    deletions: swapped ? added : dropped,
    insertions: swapped ? dropped : added,
  }
}

/** First width of the band: a guess, it only saves a few doublings. */
const firstBand = 16

function align(long: Int32Array, short: Int32Array): { edits: number; substitutions: number } {
  if (short.length === 0) return { edits: long.length, substitutions: 0 }
  // A cost of `scale` for a deletion or insertion and scale − 1 for a substitution: the least sum has the fewest edits, and
  // among those the most substitutions. No alignment has as many substitutions as `scale`, so both can be read back.
  const scale = short.length + 1
  for (let band = Math.max(firstBand, long.length - short.length); ; band *= 2) {
    const cost = bandedCost(long, short, band, scale)
    const edits = Math.ceil(cost / scale)
    // A path with no more edits than the band is wide never leaves it.
    if (edits <= band || band >= long.length) return { edits, substitutions: edits * scale - cost }
  }
}

/** Least cost of the paths that stay within `band` of the diagonal. */
function bandedCost(long: Int32Array, short: Int32Array, band: number, scale: number): number {
  const width = short.length
  const row = new Float64Array(width + 1).fill(Infinity)
  for (let column = 0; column <= Math.min(width, band); column++) row[column] = column * scale
  for (let line = 1; line <= long.length; line++) {
    const unit = long[line - 1]
    const first = Math.max(1, line - band)
    const last = Math.min(width, line + band)
    // The cell up and left of the first one; column 0 is the whole of the long one dropped so far.
    let diagonal = row[first - 1]!
    row[first - 1] = first === 1 && line <= band ? line * scale : Infinity
    let left = row[first - 1]!
    for (let column = first; column <= last; column++) {
      // Cells that have just come into the band still hold Infinity.
      const above = row[column]!
      const paired = diagonal + (unit === short[column - 1] ? 0 : scale - 1)
      const single = (above < left ? above : left) + scale
      left = paired < single ? paired : single
      row[column] = left
      diagonal = above
    }
  }
  return row[width]!
}
