import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { convertUnits } from './facts-file-units.ts'
import { loadCatalog } from './load-catalog-file.ts'
import { applyFactsText, loadCatalogWithFacts } from './load-facts-file.ts'
import { findAccelerator, findElectricity } from './lookup.ts'
import { mergeFacts } from './merge-facts.ts'
import { findPrice } from './price-choice.ts'

const catalog = loadCatalog()
const head = 'source: a test\nasOf: 2026-11\n'
const apply = (text: string) => applyFactsText(catalog, head + text, 'facts.yaml')

async function failure(text: string): Promise<TokenwrightError> {
  try {
    await applyFactsText(catalog, text, 'facts.yaml')
  } catch (error) {
    if (error instanceof TokenwrightError) return error
    throw error
  }
  throw new Error('expected a TokenwrightError')
}

const price = (line: string) =>
  `${head}prices:\n  - id: p\n    accelerator: h200\n    tier: spot\n    provider: us\n    includes: everything\n    ${line}\n`

describe('facts file', () => {
  it('adds a price that the answer then takes', async () => {
    const merged = await apply(
      'prices:\n  - {id: ours, accelerator: H200, tier: reserved, provider: Us, usdPerNodeHour: 16, devices: 8, includes: [capital, host]}\n',
    )
    const taken = findPrice(merged, 'h200-sxm', 'reserved')
    expect(taken).toMatchObject({ id: 'ours', usdPerDeviceHour: 2, acceleratorId: 'h200-sxm', region: null })
    expect(taken.provenance).toEqual({ source: 'a test', asOf: '2026-11', confidence: 'unverified' })
    expect(catalog.prices.some(entry => entry.id === 'ours')).toBe(false)
  })

  it('overrides single fields by id or alias and says so', async () => {
    const merged = await apply(
      'accelerators:\n  - id: h200\n    peakTflops: {fp8: 1500}\n    tdpWatts: 600\n',
    )
    const before = findAccelerator(catalog, 'h200')
    const after = findAccelerator(merged, 'h200')
    expect(after.id).toBe('h200-sxm')
    expect(after.tdpWatts).toBe(600)
    expect(after.peakFlopsPerSecond).toEqual({ ...before.peakFlopsPerSecond, fp8: 1.5e15 })
    expect(after.memoryBytes).toBe(before.memoryBytes)
    expect(after.provenance.notes).toContain('overrides')
    expect(merged.accelerators.length).toBe(catalog.accelerators.length)
  })

  it('overrides electricity and PUE, and prices of accelerators added in the same file', async () => {
    const merged = await apply(`electricity:
  - {id: de, centsPerKilowattHour: 11}
pue:
  - {id: google-fleet, pue: 1.2}
accelerators:
  - {id: chip, name: Chip, vendor: Us, memoryGB: 64, memoryBandwidthGBs: 2000, peakTflops: {bf16: 400, fp8: null, fp4: null}, scaleUp: {domainDevices: 1, bandwidthGBs: 0, technology: none}, tdpWatts: 300, devicesPerNode: 4}
prices:
  - {id: chip-hour, accelerator: chip, tier: on-demand, provider: Us, usdPerDeviceMonth: 730, includes: everything}
`)
    expect(findElectricity(merged, 'germany').usdPerKilowattHour).toBeCloseTo(0.11)
    expect(merged.pue.find(entry => entry.id === 'google-fleet')?.pue).toBe(1.2)
    expect(findPrice(merged, 'chip', 'on-demand').usdPerDeviceHour).toBeCloseTo(1)
  })

  it.each([
    ['usdPerDeviceHour: -2', 'prices[0].usdPerDeviceHour: must not be negative, got -2 USD per device hour'],
    [
      'usdPerDeviceHour: .nan',
      'prices[0].usdPerDeviceHour: must be a number in USD per device hour, got NaN',
    ],
    [
      'usdPerDeviceHour: .inf',
      'prices[0].usdPerDeviceHour: must be a number in USD per device hour, got Infinity',
    ],
    [
      'usdPerDeviceHour: two',
      'prices[0].usdPerDeviceHour: must be a number in USD per device hour, got string "two"',
    ],
    ['usdPerDeviceHour: 2400', 'implausibly large; is it per node or per month?'],
    ['usdPerDeviceHour: 0', 'implausibly small'],
    ['usdPerNodeHour: 16', 'prices[0].devices: must be the number of devices'],
    ['usdPerHour: 2', 'prices[0].usdPerHour: unknown key "usdPerHour"; did you mean usdPerNodeHour'],
    ['commitment: 3 years', 'prices[0].usdPerDeviceHour: is missing: a new entry must have it'],
  ])('refuses a price with %s', async (line, message) => {
    const error = await failure(price(line))
    expect(error.code).toBe('facts')
    expect(error.message).toContain(message)
    expect(error.where).toMatch(/^facts\.yaml:\d+$/)
  })

  it.each([
    ['memoryBytes: 80', 'use memoryGB'],
    ['memoryGB: 80000000000', 'implausibly large'],
    ['memoryGB: [80]', 'accelerators[0].memoryGB: must be a number, got [80]'],
    ['memoryBandwidthBytesPerSecond: 3350', 'use memoryBandwidthGBs'],
    ['peakFlopsPerSecond: {bf16: 989}', 'use peakTflops'],
    ['scaleUp: {bandwidthBytesPerSecond: 450}', 'use bandwidthGBs'],
    ['scaleOutBytesPerSecond: 400', 'use scaleOutGbps'],
    ['tdpWatts: 0.7', 'is it in kW?'],
    ['memoryGB: 80\n    memoryGiB: 80', 'give one of them'],
    ['aliases: [b200]', '"b200" already means b200-sxm'],
    ['engines: [llama.cpp]', 'engines'],
    ['asOf: soon', 'accelerators[0].asOf: must be a date'],
    ['confidence: sure', 'accelerators[0].confidence'],
  ])('refuses an accelerator with %s', async (line, message) => {
    const error = await failure(`${head}accelerators:\n  - id: h200\n    ${line}\n`)
    expect(error.message).toContain(message)
  })

  it('points to the line', async () => {
    const error = await failure(
      `${head}electricity:\n  - id: a\n    region: here\n    usdPerKilowattHour: 7.5\npue:\n  - {id: hall, scope: hall, pue: 0.9}\n`,
    )
    expect(error.where).toBe('facts.yaml:6')
    expect(error.message.split('\n')).toEqual([
      'line 6: electricity[0].usdPerKilowattHour: 7.5 USD per kWh is implausibly large; is it in cents? use centsPerKilowattHour',
      'line 8: pue[0].pue: 0.9 (PUE) is implausibly small; a PUE is at least 1',
    ])
  })

  it.each([
    ['prices:\n  - {id: x, tier: [', 'not valid YAML'],
    ['prices: 3', 'must be a list'],
    ['- a\n- b', 'must hold accelerators'],
    ['', 'must hold accelerators'],
    ['prises: []', 'unknown key "prises"; did you mean prices'],
    ['prices:\n  - h200', 'every entry needs an id'],
    ['a: 1\na: 2', 'not valid YAML'],
    [
      'prices:\n  - {id: p, accelerator: h2000, tier: spot, provider: u, includes: everything, usdPerDeviceHour: 1, source: s, asOf: 2026}',
      'did you mean h200',
    ],
    ['pue:\n  - {id: hall, scope: hall, pue: 1.1}', 'say it in the entry or once at the top'],
  ])('refuses %j', async (text, message) => {
    expect((await failure(text)).message).toContain(message)
  })

  it('reads a file, and says when there is none', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'facts-')), 'facts.yaml')
    writeFileSync(path, `${head}pue: [{id: hall, scope: hall, pue: 1.2}]\n`)
    expect((await loadCatalogWithFacts(path)).pue.length).toBe(catalog.pue.length + 1)
    expect((await loadCatalogWithFacts(undefined, catalog)) === catalog).toBe(true)
    await expect(loadCatalogWithFacts(`${path}.none`)).rejects.toMatchObject({
      code: 'file',
      message: 'cannot read the facts file: no such file',
      where: `${path}.none`,
    })
    await expect(loadCatalogWithFacts(dirname(path))).rejects.toMatchObject({
      message: 'cannot read the facts file: it is a folder, not a file',
    })
  })

  it('never throws anything but issues on arbitrary input, and never takes it silently', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const { catalog: merged, issues } = mergeFacts(catalog, {
          prices: [value],
          accelerators: [{ id: 'h200', tdpWatts: value }],
        })
        expect(issues.length > 0).toBe(true)
        expect(merged).toBe(catalog)
      }),
    )
  })

  it('converts units without loss', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), gigabytes => {
        expect(convertUnits('accelerators', { memoryGB: gigabytes }).fields).toEqual({
          memoryBytes: gigabytes * 1e9,
        })
        expect(convertUnits('accelerators', { peakTflops: { bf16: gigabytes } }).fields).toEqual({
          peakFlopsPerSecond: { bf16: gigabytes * 1e12 },
        })
      }),
    )
  })
})
