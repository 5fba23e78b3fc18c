import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { unitKeys } from './facts-file-units.ts'
import { loadCatalog } from './load-catalog-file.ts'
import { applyFactsText } from './load-facts-file.ts'
import { findAccelerator, findElectricity } from './lookup.ts'
import { findPrice } from './price-choice.ts'
import { priceComponents } from './schema.ts'

const guide = readFileSync(new URL('../../docs/guides/facts.md', import.meta.url), 'utf8')

it('the example of docs/guides/facts.md is a valid facts file', async () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
  const catalog = await applyFactsText(loadCatalog(), example, 'facts.md')
  const price = findPrice(catalog, 'h200-sxm', 'reserved')
  expect(price.usdPerDeviceHour).toBeCloseTo(2.2)
  expect(price.includes).toEqual(priceComponents.filter(component => component !== 'energy'))
  expect(findElectricity(catalog, 'our-site').usdPerKilowattHour).toBeCloseTo(0.061)
  expect(findAccelerator(catalog, 'b200')).toMatchObject({
    tdpWatts: 900,
    provenance: { source: 'power cap of our nodes' },
  })
  expect(findAccelerator(catalog, 'oc1').memoryBandwidthBytesPerSecond).toBe(4.9e12)
})

it('docs/guides/facts.md names every unit key', () => {
  for (const key of Object.values(unitKeys).flatMap(Object.keys)) {
    expect(guide, key).toContain(key.split('.').at(-1))
  }
})
