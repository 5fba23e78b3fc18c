import { describe, expect, it } from 'vitest'
import { answersOf, answersText, type GateAnswer } from './gate/answers.ts'
import { compareAnswers, driftSummaries } from './gate/compare.ts'
import { keptAnswers, presentAnswers } from './gate/gate-file.ts'

const key = (model: string, accelerator = 'h200') => `${model} ${accelerator} vllm fp8 t1p1d1e1 1024/1024 c8`
const of = (entries: Record<string, GateAnswer>) => new Map(Object.entries(entries))

describe('compareAnswers', () => {
  it('calls broken what worked and fails, and what is not asked any more', () => {
    const before = of({ [key('a')]: [1, 2, 3, 4], [key('b')]: [1, 2, 3, 4], [key('c')]: 'overload' })
    const after = of({ [key('a')]: 'overload', [key('c')]: 'overload' })
    expect(compareAnswers(before, after).broken).toEqual([
      { key: key('a'), reason: 'overload' },
      { key: key('b'), reason: 'not asked any more' },
    ])
  })

  it('does not mourn what never worked', () => {
    const before = of({ [key('a')]: 'weights-exceed-memory', [key('b')]: 'weights-exceed-memory' })
    const { broken, repaired, added } = compareAnswers(
      before,
      of({ [key('b')]: [1, 2, 3, 4], [key('d')]: [1, 2, 3, 4] }),
    )
    expect(broken).toEqual([])
    expect(repaired).toEqual([key('b')])
    expect(added).toEqual([key('d')])
  })

  it('orders drift by its size, both ways alike, and ignores rounding', () => {
    const before = of({ [key('a')]: [10, 100, 1000, 1] })
    const { drifts } = compareAnswers(before, of({ [key('a')]: [12, 50, 1000.5, 1] }))
    expect(drifts.map(drift => drift.name)).toEqual(['ttftMs', 'tpotMs'])
  })
})

describe('driftSummaries', () => {
  it('keeps the sign of the median, class by class', () => {
    const before = of({ [key('a')]: [10, 1, 1, 1], [key('b', 'mi355x')]: [10, 1, 1, 1] })
    const { drifts } = compareAnswers(
      before,
      of({ [key('a')]: [11, 1, 1, 1], [key('b', 'mi355x')]: [8, 1, 1, 1] }),
    )
    const by = driftSummaries(drifts, 'accelerator')
    expect(by.map(({ class: level, median }) => [level, Number(median.toFixed(3))])).toEqual([
      ['h200', 0.1],
      ['mi355x', -0.2],
    ])
    expect(driftSummaries(drifts, null)).toHaveLength(1)
  })
})

describe('answers on file', () => {
  it('survive writing and reading', () => {
    const answers = of({ [key('a')]: [1.5, 2, 3, 4], [key('b')]: 'overload' })
    expect(answersOf(answersText(answers))).toEqual(answers)
  })

  it('cover the grid: nothing that worked fails now', () => {
    const { broken, compared } = compareAnswers(keptAnswers(), presentAnswers())
    expect(broken).toEqual([])
    expect(compared).toBeGreaterThan(300)
  })
})
