import { describe, expect, test } from 'vitest'
import { loadCatalog, type Price } from '../../catalog/index.ts'
import { type Cell, resolveCoefficients } from '../../perf/coefficients.ts'
import { loadCoefficients } from '../../perf/load-coefficients-file.ts'
import { boardWatts } from '../../perf/power.ts'
import { faultOf, local, readDeploymentWith, readWith } from './config.fixture.ts'
import { catalogWatts } from './deployment-cost.ts'
import { shippedFacts } from './load-gateway-config-file.ts'

describe('cost of a deployment', () => {
  test('is the price that plan takes, times devices', () => {
    const { cost } = readDeploymentWith({ cost: { accelerator: 'H200', devices: 2, tier: 'reserved' } })
    expect(cost).toMatchObject({
      usdPerReplicaHour: 5.8,
      devicesPerReplica: 2,
      priceRuleId: 'market-survey-h200-sxm-reserved-3y',
      energyUsdPerKilowattHour: null,
    })
    expect(cost.watts!.idle).toBeGreaterThan(0)
    expect(cost.watts!.decode).toBeGreaterThan(cost.watts!.idle)
  })

  test('may name a price by its id', () => {
    const { cost } = readDeploymentWith({ cost: { price: 'coreweave-hgx-h200-on-demand', devices: 8 } })
    const price = loadCatalog().prices.find(({ id }) => id === 'coreweave-hgx-h200-on-demand')!
    expect(cost.priceRuleId).toBe(price.id)
    expect(cost.usdPerReplicaHour).toBeCloseTo(8 * price.usdPerDeviceHour, 9)
  })

  test('adds energy where the price leaves it out: tariff × PUE of the region', () => {
    const shipped = loadCatalog()
    const bare: Price = {
      ...shipped.prices.find(({ acceleratorId }) => acceleratorId === 'h200-sxm')!,
      id: 'bare',
      region: null,
      includes: ['capital'],
    }
    const catalog = { ...shipped, prices: [bare] }
    const facts = { ...shippedFacts, catalog: () => catalog }
    const cost = (fields: object) =>
      readWith({ deployments: { local: { ...local, cost: { price: 'bare', ...fields } } } }, { facts })
        .deployments[0]!.cost.energyUsdPerKilowattHour
    const tariff = shipped.electricity.find(({ id }) => id === 'us-dc-range')!.usdPerKilowattHour
    const pue = shipped.pue.find(({ id }) => id === 'infx-air')!.pue
    expect(cost({})).toBeCloseTo(tariff * pue, 9)
    expect(cost({ region: 'atlantis' })).toBeCloseTo(tariff * pue, 9)
    expect(cost({ energyUsdPerKilowattHour: 0.3 })).toBe(0.3)
    expect(cost({ energyUsdPerKilowattHour: null })).toBeNull()
  })

  test.each([
    [{}, 'says no price'],
    [{ usdPerReplicaHour: 1, accelerator: 'h200-sxm' }, 'has two prices'],
    [{ accelerator: 'h201-sxm' }, 'unknown accelerator'],
    [{ accelerator: 'h200-sxm', tier: 'owned', provider: 'nobody' }, 'no owned price'],
    [{ price: 'nothing' }, 'unknown price'],
    [{ usdPerReplicaHour: 1, tier: 'owned' }, 'chooses a price of the catalog'],
    [{ usdPerReplicaHour: -1 }, 'expected at least 0'],
    [{ usdPerReplicaHour: '2.5' }, 'expected a number, not a text'],
    [{ usdPerReplicaHour: Number.NaN }, 'expected a number'],
    [{ accelerator: 'h200-sxm', devices: 1.5 }, 'expected a whole number'],
    [{ accelerator: 'h200-sxm', tier: 'on_demand' }, 'did you mean on-demand?'],
    [{ usdPerReplicaHour: 1, watts: { idle: 1, decode: 2 } }, 'cost.watts.prefill | is missing'],
  ])('%j is refused', (cost, message) => {
    const fault = faultOf(() => readDeploymentWith({ cost }))
    expect(fault).toContain('deployments.local.cost')
    expect(fault).toContain(message)
  })
})

describe('watts of a replica', () => {
  const set = loadCoefficients()
  const { accelerators } = loadCatalog()

  test.each(['h200-sxm', 'mi355x', 'l40s'])(
    '%s: as the performance model has it for an engine without effects',
    id => {
      const accelerator = accelerators.find(each => each.id === id)!
      // The power coefficients look at hardware and engine only.
      const cell = {
        vendor: accelerator.vendor,
        generation: accelerator.generation,
        acceleratorId: accelerator.id,
        kernelGeneration: accelerator.generation,
        engine: 'nobody',
        denseFormat: 'bf16',
        expertFormat: 'bf16',
        cacheFormat: 'bf16',
        attentionKind: 'gqa',
        feedForwardKind: 'dense',
      } as unknown as Cell
      const coefficients = resolveCoefficients(set, cell)
      const hostWatts =
        accelerator.allInWatts === null ? 0 : Math.max(0, accelerator.allInWatts - accelerator.tdpWatts)
      const expected = (memory: number, compute: number) =>
        8 * (boardWatts(accelerator.tdpWatts, coefficients, { memory, compute, other: 0 }) + hostWatts)
      const { idle, decode, prefill } = catalogWatts(accelerator, 8, set)
      expect(idle).toBeCloseTo(expected(0, 0), -1)
      expect(decode).toBeCloseTo(expected(1, 0), -1)
      expect(prefill).toBeCloseTo(expected(0, 1), -1)
    },
  )

  test('every device of the catalog rests below what it works at, and works within its limit', () => {
    for (const accelerator of accelerators) {
      const { idle, decode, prefill } = catalogWatts(accelerator, 1, set)
      const most = Math.max(accelerator.tdpWatts, accelerator.allInWatts ?? 0) + 1
      for (const watts of [decode, prefill]) {
        expect(watts, accelerator.id).toBeGreaterThan(idle)
        expect(watts, accelerator.id).toBeLessThanOrEqual(most)
      }
    }
  })
})
