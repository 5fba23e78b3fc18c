import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addErrors, countErrors, errorRate, noErrors } from './transcription-errors.ts'

/** The textbook's whole table: least edits, and among those most substitutions. */
function byTable(reference: readonly string[], hypothesis: readonly string[]) {
  const better = (one: readonly number[], other: readonly number[]) =>
    one[0]! < other[0]! || (one[0] === other[0] && one[1]! > other[1]!) ? one : other
  const table: (readonly number[])[][] = []
  for (let line = 0; line <= reference.length; line++) {
    table.push([])
    for (let column = 0; column <= hypothesis.length; column++) {
      const candidates: number[][] = []
      const from = (cell: readonly number[] | undefined, edits: number, substitutions: number) => {
        if (cell !== undefined) candidates.push([cell[0]! + edits, cell[1]! + substitutions])
      }
      if (line === 0 && column === 0) candidates.push([0, 0])
      const differs = reference[line - 1] === hypothesis[column - 1] ? 0 : 1
      if (column > 0) from(table[line - 1]?.[column - 1], differs, differs)
      from(table[line - 1]?.[column], 1, 0)
      if (column > 0) from(table[line]![column - 1], 1, 0)
      table[line]!.push(candidates.reduce<readonly number[]>(better, candidates[0]!))
    }
  }
  return table[reference.length]![hypothesis.length]!
}

const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 })

describe('countErrors', () => {
  test('kinds of errors', () => {
    expect(countErrors(['a', 'b', 'c'], ['a', 'x', 'c'])).toEqual({
      referenceUnits: 3,
      substitutions: 1,
      deletions: 0,
      insertions: 0,
    })
    expect(countErrors(['a', 'b', 'c'], ['a', 'c'])).toMatchObject({ deletions: 1, insertions: 0 })
    expect(countErrors(['a', 'c'], ['a', 'b', 'c'])).toMatchObject({ deletions: 0, insertions: 1 })
    // From kitten to sitting: two replaced, one added.
    expect(countErrors([...'kitten'], [...'sitting'])).toMatchObject({ substitutions: 2, insertions: 1 })
    expect(countErrors(['a', 'b'], [])).toMatchObject({ deletions: 2, substitutions: 0 })
    expect(countErrors([], ['a'])).toMatchObject({ referenceUnits: 0, insertions: 1 })
    expect(countErrors([], [])).toEqual(noErrors)
  })

  test('agrees with the whole table', () => {
    fc.assert(
      fc.property(letters, letters, (reference, hypothesis) => {
        const [edits, substitutions] = byTable(reference, hypothesis)
        const found = countErrors(reference, hypothesis)
        expect(found.substitutions + found.deletions + found.insertions).toBe(edits)
        expect(found.substitutions).toBe(substitutions)
        expect(reference.length - found.deletions).toBe(hypothesis.length - found.insertions)
      }),
      { numRuns: 300 },
    )
  })

  test('swapping the texts swaps deletions and insertions', () => {
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const there = countErrors(one, other)
        const back = countErrors(other, one)
        expect([there.substitutions, there.deletions, there.insertions]).toEqual([
          back.substitutions,
          back.insertions,
          back.deletions,
        ])
      }),
    )
  })

  test('long texts need no table', () => {
    // 30,000 units with an error in every hundredth: the whole table would have 900 million cells.
    const reference = Array.from({ length: 30_000 }, (_, index) => String(index % 997))
    const hypothesis = reference.map((unit, index) => (index % 100 === 50 ? 'x' : unit))
    expect(countErrors(reference, hypothesis)).toMatchObject({
      substitutions: 300,
      deletions: 0,
      insertions: 0,
    })
  })
})

test('rates', () => {
  expect(errorRate(countErrors(['a', 'b'], ['x', 'y', 'z']))).toBe(1.5)
  expect(errorRate(countErrors([], ['a']))).toBeNull()
  // Pooled: 1 of 2 and 0 of 8 are 1 of 10, not the mean of 0.5 and 0.
  const pooled = addErrors(countErrors(['a', 'b'], ['a', 'x']), countErrors([...'abcdefgh'], [...'abcdefgh']))
  expect(errorRate(pooled)).toBe(0.1)
})
