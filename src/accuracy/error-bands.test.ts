import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { judgeRows } from './band-coverage.ts'
import { type ClusteredResidual, clusterFolds, stretchedBand } from './error-bands.ts'

/** Rows whose residual is their cluster's own shift plus a little noise of each row, both normal. */
function clustered(
  clusters: number,
  rows: number,
  shift: number,
  noise: number,
  seed = 1,
): ClusteredResidual[] {
  const random = new RandomSource(seed).stream('residuals')
  const normal = () => random.normal()
  return Array.from({ length: clusters }, (_, cluster) => {
    const own = shift * normal()
    return Array.from({ length: rows }, () => ({ cluster: `c${cluster}`, value: own + noise * normal() }))
  }).flat()
}

const shareOf = (residuals: readonly ClusteredResidual[]) => {
  const judged = judgeRows(residuals)
  return judged.filter(row => row.inside).length / judged.length
}

describe('stretchedBand', () => {
  it('is the 10th to 90th percentile where rows are independent', () => {
    const { low, high } = stretchedBand(clustered(2000, 1, 0.1, 0))
    expect(low / 0.1).toBeCloseTo(-1.28, 0)
    expect(high / 0.1).toBeCloseTo(1.28, 0)
  })

  it('is wider than the percentiles where few clusters err as one', () => {
    const few = clustered(6, 200, 0.2, 0.01)
    const values = few.map(one => one.value).toSorted((a, b) => a - b)
    const { low, high } = stretchedBand(few)
    expect(high - low).toBeGreaterThan(
      1.1 * (values[Math.floor(0.9 * values.length)]! - values[Math.floor(0.1 * values.length)]!),
    )
  })

  it('holds four fifths of clusters that it never saw', () => {
    for (const [clusters, rows] of [
      [400, 10],
      [60, 40],
    ] as const) {
      const made = stretchedBand(clustered(clusters, rows, 0.2, 0.1))
      const fresh = clustered(400, 10, 0.2, 0.1, 2)
      const inside = fresh.filter(one => one.value >= made.low && one.value <= made.high).length
      expect(inside / fresh.length).toBeGreaterThan(0.75)
      expect(inside / fresh.length).toBeLessThan(0.88)
    }
  })

  it('says nothing without residuals, and takes one cluster as it is', () => {
    expect(stretchedBand([]).low).toBeNaN()
    expect(stretchedBand([{ cluster: 'a', value: 1 }])).toEqual({ low: 1, high: 1 })
  })
})

describe('clusterFolds', () => {
  it('never splits a cluster', () => {
    const folds = clusterFolds(clustered(100, 5, 1, 1))
    expect(folds).toHaveLength(5)
    const names = folds.map(fold => new Set(fold.map(one => one.cluster)))
    expect(names.reduce((sum, set) => sum + set.size, 0)).toBe(100)
  })

  it('lets few clusters leave one by one', () => {
    expect(clusterFolds(clustered(7, 3, 1, 1))).toHaveLength(7)
  })
})

describe('judgeRows', () => {
  it('judges no row by a band that its cluster made', () => {
    // One cluster far off: it can only be inside a band that it widened itself.
    const rows = [
      ...clustered(30, 20, 0.1, 0.05),
      ...clustered(1, 20, 0, 0.01).map(one => ({ cluster: 'far', value: one.value + 9 })),
    ]
    expect(judgeRows(rows).filter(row => row.residual.cluster === 'far' && row.inside)).toHaveLength(0)
  })

  it('comes out near the share asked for on exchangeable clusters', () => {
    expect(shareOf(clustered(200, 10, 0.2, 0.1))).toBeGreaterThan(0.75)
    expect(shareOf(clustered(200, 10, 0.2, 0.1))).toBeLessThan(0.85)
  })

  it('judges nothing with a single cluster', () => {
    expect(judgeRows(clustered(1, 50, 1, 1))).toEqual([])
  })
})
