import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { type ClusteredResidual, clusterFolds, stretchedBand } from './clustered-residuals.ts'
import { bandsFor, type ErrorBands } from './error-bands.ts'

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

describe('bandsFor', () => {
  const band = { low: 0.8, high: 1.25, rows: 9 }
  const mode = { tpot: band, ttft: band, throughput: band }
  const both = { aggregated: mode, disaggregated: mode }
  const even = { load: [1, 1, 1, 1, 2], vendor: { NVIDIA: 1, AMD: 2 }, engine: {}, speculation: {} }
  const local = { widths: { tpot: even, ttft: even, throughput: even }, ...both }
  const bands: ErrorBands = {
    schema: 'error-bands/1',
    source: 'test',
    asOf: '2026-11-21',
    classes: { cell: both, accelerator: both, model: both, unseen: both },
    local: { cell: local, accelerator: local, model: local },
  }
  const situation = { vendor: 'NVIDIA', engine: 'vllm', concurrency: 8, speculation: false }

  it('widens the band by its factor in ln space, both ends', () => {
    expect(bandsFor(bands, 'cell', 'aggregated', situation).tpot).toEqual(band)
    const wide = bandsFor(bands, 'cell', 'aggregated', {
      ...situation,
      vendor: 'AMD',
      concurrency: 1000,
    }).tpot
    expect(wide.low).toBeCloseTo(0.8 ** 4, 12)
    expect(wide.high).toBeCloseTo(1.25 ** 4, 12)
  })

  it('puts model and accelerator together for what is neither', () => {
    const unseen = bandsFor(bands, 'unseen', 'aggregated', situation).tpot
    expect(Math.log(unseen.high)).toBeCloseTo(Math.SQRT2 * Math.log(1.25), 12)
  })

  it('takes the bands of the class where a file has no others', () => {
    const { local: _, ...plain } = bands
    expect(bandsFor(plain, 'model', 'disaggregated', { ...situation, vendor: 'AMD' }).tpot).toEqual(band)
  })
})
