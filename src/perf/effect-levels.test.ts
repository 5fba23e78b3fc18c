import { describe, expect, it } from 'vitest'
import { cellOf } from './cell.ts'
import { coefficientNames, resolveCoefficients } from './coefficients.ts'
import { effectLevels } from './effect-levels.ts'
import { aggregated, denseModel, device, latentMoeModel, priorsOnly } from './perf.fixture.ts'

const deployment = aggregated({ tensor: 2 })
const overPcie = {
  ...device,
  id: 'card',
  scaleUp: { domainDevices: 8, bandwidthBytesPerSecond: 64e9, technology: 'PCIe 5.0 x16' },
}
const onFabric = cellOf('dense', denseModel, device, deployment)
const onCards = cellOf('dense', denseModel, overPcie, deployment)

describe('effectLevels', () => {
  it('keeps what exchanges over fabrics taught away from cards on PCIe', () => {
    for (const name of ['collectiveMicroseconds', 'busEfficiency'] as const) {
      const taught = effectLevels(name, onFabric)
      expect(taught.length).toBeGreaterThan(1)
      expect(effectLevels(name, onCards).filter(level => taught.includes(level))).toEqual([])
      const effects = { [`${name}|vendor:NVIDIA`]: { shift: 1, sigma: 0.1, rows: 9 } }
      const set = { ...priorsOnly, effects }
      expect(resolveCoefficients(set, onCards)[name]).toBe(resolveCoefficients(priorsOnly, onCards)[name])
      expect(resolveCoefficients(set, onFabric)[name]).toBeGreaterThan(
        resolveCoefficients(priorsOnly, onFabric)[name],
      )
    }
  })

  it('lets an engine differ by the kind of layer, whatever the model', () => {
    const moe = cellOf('moe', latentMoeModel, device, deployment)
    expect(effectLevels('feedForwardLayerMicroseconds', onFabric)).toContain('engine-layer:vllm/dense')
    expect(effectLevels('feedForwardLayerMicroseconds', moe)).toContain('engine-layer:vllm/moe-shared')
    expect(effectLevels('attentionLayerMicroseconds', moe)).toContain('engine-layer:vllm/mla')
  })

  it('never keys a coefficient by one configuration: no level knows the layout', () => {
    const other = cellOf('dense', denseModel, device, aggregated({ tensor: 8 }))
    for (const name of coefficientNames) {
      expect(effectLevels(name, other)).toEqual(effectLevels(name, onFabric))
      expect(new Set(effectLevels(name, onFabric)).size).toBe(effectLevels(name, onFabric).length)
    }
  })
})
