import { describe, expect, it } from 'vitest'
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import type { MeasuredPoint } from '../../src/accuracy/measured-point.ts'
import { examplePoint } from '../../src/accuracy/rows/rows.fixture.ts'
import { loadCatalog } from '../../src/catalog/index.ts'
import { findSystem } from '../../src/catalog/lookup.ts'
import { barsOf } from './accuracy-bars.ts'
import { decompose } from './accuracy-decomposition.ts'
import { figureFile } from './accuracy-figure-frame.ts'
import { heatTable } from './accuracy-figure-heat.ts'
import { scatterPanels } from './accuracy-figure-scatter.ts'
import { noiseFloor } from './accuracy-noise.ts'
import { worstOf } from './accuracy-replays.ts'
import type { AccuracyReport } from './accuracy-report.ts'
import { byKind, sliceErrors } from './accuracy-slices.ts'
import { nodeWatts } from './accuracy-wall-power.ts'

/** A held-out prediction of an example row, off by a factor in every metric. */
function held(factor: number, more: Partial<MeasuredPoint> = {}, acceleratorId = 'h100-sxm'): HeldOutPoint {
  const point = examplePoint({ tpotMs: 10, ttftMs: 100, ...more })
  const cell = { modelId: point.modelId, modelKey: point.modelId, acceleratorId, vendor: 'NVIDIA' }
  const prediction = {
    tpotMs: 10 * factor,
    ttftMs: 100 * factor,
    totalTokensPerSecondPerDevice: (point.totalTokensPerSecondPerDevice ?? 1) * factor,
    outputTokensPerSecondPerDevice: 1,
    joulesPerOutputToken: 1,
    busy: { memory: 0, compute: 0, other: 0 },
  }
  return { prepared: { point, cell }, fold: 'x', prediction } as unknown as HeldOutPoint
}

function reportOf(points: readonly HeldOutPoint[]): AccuracyReport {
  const byKinds = byKind(() => points)
  return {
    schema: 'accuracy/1',
    asOf: '2026-11-21',
    bars: [],
    slices: sliceErrors(byKinds, byKinds),
    unfitted: [],
    percentiles: [],
    wallPower: null,
    forwardPasses: null,
    replays: [],
    ownPoints: [],
    regret: [],
    bands: {
      schema: 'error-bands/1',
      source: '',
      asOf: '',
      classes: {},
    } as unknown as AccuracyReport['bands'],
    bandCoverage: { overall: [], cells: [], slices: [] },
    noise: [],
    decompositions: [],
    cells: [],
    coverage: { files: [] },
  }
}

describe('barsOf', () => {
  it('claims nothing without data', () => {
    const bars = barsOf(reportOf([]))
    expect(bars.length).toBeGreaterThan(20)
    expect(bars.filter(bar => bar.met !== null)).toEqual([])
  })

  it('is met by small errors and missed by large ones, either way', () => {
    const tpot = (factor: number) =>
      barsOf(reportOf([held(factor)])).filter(
        bar => bar.what.startsWith('TPOT, aggregated') && bar.met !== null,
      )
    expect(tpot(1.05).map(bar => bar.met)).toEqual([true, true, true])
    expect(tpot(0.85).map(bar => bar.met)).toEqual([false, false, true])
    expect(tpot(1.3).map(bar => bar.met)).toEqual([false, false, false])
  })

  it('counts coverage of bands as missed on both sides', () => {
    const met = (share: number) =>
      barsOf({
        ...reportOf([]),
        bandCoverage: { overall: [{ class: 'all', rows: 9, share }], cells: [], slices: [] },
      }).find(bar => bar.direction === 'between')!.met
    expect([0.7, 0.76, 0.84, 0.9].map(met)).toEqual([false, true, true, false])
  })
})

describe('decompose', () => {
  it('finds the factor whose constants would leave nothing', () => {
    const slow = [1, 2, 3].map(() => held(1.5))
    const fast = [1, 2, 3].map(() => held(0.8, {}, 'h200-sxm'))
    const found = decompose([...slow, ...fast], 'tpot')!
    expect(found.mean).toBeCloseTo(0.35, 12)
    const left = (name: string) => found.factors.find(factor => factor.factor === name)!.mean
    expect(left('accelerator')).toBeCloseTo(0, 12)
    expect(left('engine')).toBeGreaterThan(0.2)
    const levels = found.levels.filter(level => level.factor === 'accelerator')
    expect(levels.map(level => level.level)).toEqual(['h100-sxm', 'h200-sxm'])
    expect(levels[0]!.shareOfError).toBeCloseTo(0.5 / 0.7, 12)
  })

  it('says nothing of a slice without rows', () => {
    expect(decompose([], 'tpot')).toBeNull()
  })
})

describe('noiseFloor', () => {
  const run = (tpotMs: number, engineVersion: string, date: string) =>
    examplePoint({ tpotMs, engineVersion, date, load: { kind: 'closed', concurrency: 8, requests: 80 } })

  it('compares neighbouring runs of the same question, by version', () => {
    const points = Array.from({ length: 12 }, (_, index) => run(index % 2 === 0 ? 10 : 11, '1', '2026-01-01'))
    const lines = noiseFloor([...points, run(30, '2', '2026-02-01')])
    const [line] = lines.filter(one => one.metric === 'TPOT')
    expect(line).toMatchObject({ what: 'same engine version, within three days', pairs: 11 })
    expect(line!.median).toBeCloseTo(0.1, 12)
    // One pair of versions is too few to say anything.
    expect(lines.some(one => one.what === 'another engine version')).toBe(false)
  })

  it('leaves mistrusted rows out', () => {
    const odd = Array.from({ length: 12 }, () => ({ ...run(10, '1', '2026-01-01'), suspect: 'odd' }))
    expect(noiseFloor(odd)).toEqual([])
  })
})

describe('nodeWatts', () => {
  const system = findSystem(loadCatalog(), 'dgx-h100')

  it('adds fixed parts, losses and fans to the boards', () => {
    const idle = nodeWatts(system, 700, 8 * 70)
    const full = nodeWatts(system, 700, 8 * 700)
    // (5600 + 1271.6) / 0.96 + 835 × 0.8³
    expect(full).toBeGreaterThan(7_400)
    expect(full).toBeLessThan(7_700)
    expect(idle).toBeGreaterThan(1_271.6 + 560)
    expect(full - idle).toBeGreaterThan(8 * 630)
  })
})

describe('worstOf', () => {
  it('takes the largest error of any run, whatever its sign', () => {
    const replay = (tpot: number) => ({
      run: '',
      model: '',
      accelerator: '',
      requests: 1,
      mean: { tpot, ttft: 0, e2e: 0 },
    })
    expect(worstOf([replay(0.05), replay(-0.2)], 'tpot')).toBe(0.2)
  })
})

describe('figures', () => {
  const points = [held(1.1), held(0.9, { tpotMs: 20 }, 'mi355x'), held(3, { tpotMs: 5 }, 'h200-sxm')]

  it('are files with a size, a title and no external parts', () => {
    for (const figure of [heatTable(points)]) {
      const svg = figureFile(figure)
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+"/)
      expect(svg).toContain('<title>')
      expect(svg).not.toMatch(/NaN|undefined|href|url\(/)
    }
  })

  it('draw dots once where they lie on each other', () => {
    const row = { totalTokensPerSecondPerDevice: 100 }
    const many = Array.from({ length: 50 }, () => held(1.1, row))
    const dots = (svg: string) => (svg.match(/h0/g) ?? []).length
    const spread = [held(1.1, row), held(4, { ...row, tpotMs: 50, ttftMs: 900 })]
    expect(dots(scatterPanels([...many, ...spread]).html)).toBeLessThanOrEqual(6)
    expect(scatterPanels([...many, ...spread]).html).not.toMatch(/NaN|undefined/)
  })
})
