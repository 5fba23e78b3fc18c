import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { judgeResiduals, shareInside } from './band-coverage.ts'
import { type SituatedResidual, widthFactor, widthFactors } from './band-widths.ts'

const situation = { vendor: 'NVIDIA', engine: 'vllm', concurrency: 8, speculation: false }

/** Normal residuals with a shift of each cluster; `spread` may depend on the row. */
function residuals(
  clusters: number,
  situations: readonly (typeof situation)[],
  spread: (of: typeof situation) => number,
): SituatedResidual[] {
  const random = new RandomSource(7).stream('rows')
  return Array.from({ length: clusters }, (_, cluster) => {
    const own = random.normal()
    return situations.map(of => ({
      cluster: `c${cluster}`,
      value: spread(of) * (own + random.normal()),
      situation: of,
    }))
  }).flat()
}

const loads = [4, 16, 64, 256, 1024].map(concurrency => ({ ...situation, concurrency }))
const wideAtHighLoad = residuals(200, loads, of => (of.concurrency > 512 ? 0.4 : 0.1))

describe('widthFactors', () => {
  it('finds where residuals are wider', () => {
    const factors = widthFactors(wideAtHighLoad)
    const ratio = factors.load[4]! / factors.load[0]!
    expect(ratio).toBeGreaterThan(3)
    expect(ratio).toBeLessThan(5)
    expect(factors.engine.vllm).toBeCloseTo(1, 1)
  })

  it('keeps apart what multiplies: a vendor that is only seen at high load is not blamed for the load', () => {
    const amd = (concurrency: number) => ({ ...situation, vendor: 'AMD', concurrency })
    const rows = residuals(200, [...loads, amd(4), amd(1024), amd(1024)], of =>
      of.concurrency > 512 ? 0.4 : 0.1,
    )
    const { vendor } = widthFactors(rows)
    expect(vendor.AMD! / vendor.NVIDIA!).toBeGreaterThan(0.8)
    expect(vendor.AMD! / vendor.NVIDIA!).toBeLessThan(1.25)
  })

  it('believes few clusters little', () => {
    const rare = residuals(2, [{ ...situation, engine: 'rare' }], () => 1)
    const factors = widthFactors([...residuals(200, loads, () => 0.1), ...rare])
    expect(factors.engine.rare).toBeLessThan(5)
  })

  it('takes what was never measured as the least known', () => {
    const factors = {
      load: [1, 1, 1, 1, 1],
      vendor: { NVIDIA: 0.8, AMD: 1.5 },
      engine: { vllm: 0.9 },
      speculation: {},
    }
    expect(widthFactor(factors, { ...situation, vendor: 'Google' })).toBeCloseTo(1.5 * 0.9, 12)
    expect(widthFactor(factors, { ...situation, engine: 'new' })).toBeCloseTo(0.8, 12)
  })
})

describe('judgeResiduals', () => {
  const judge = (aggregated: readonly SituatedResidual[]) => judgeResiduals({ aggregated, disaggregated: [] })

  it('holds four fifths at every load, however wide', () => {
    const judged = judge(wideAtHighLoad)
    expect(judged).toHaveLength(wideAtHighLoad.length)
    for (const { concurrency } of loads) {
      const share = shareInside(judged.filter(row => row.residual.situation.concurrency === concurrency))
      expect(share).toBeGreaterThan(0.7)
      expect(share).toBeLessThan(0.9)
    }
  })

  it('judges no row by a band that its cluster made', () => {
    // Far off: it can only be inside a band that it widened itself.
    const far = residuals(1, loads, () => 0.01).map(one => ({ ...one, cluster: 'far', value: one.value + 9 }))
    const judged = judge([...residuals(30, loads, () => 0.1), ...far])
    expect(judged.filter(row => row.residual.cluster === 'far' && row.inside)).toEqual([])
  })

  it('judges nothing with a single cluster', () => {
    expect(judge(residuals(1, loads, () => 1))).toEqual([])
  })
})
