import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { isLowConfidence } from '../core/provenance.ts'
import { loadCatalog } from './load-catalog-file.ts'
import { findAccelerator } from './lookup.ts'
import { normaliseName, normaliseRegion } from './normalise-name.ts'
import { acceleratorsWithoutPrice, pricesOf } from './price-choice.ts'
import {
  acceleratorSchema,
  costParameterSchema,
  electricitySchema,
  gapSchema,
  modelSchema,
  priceSchema,
  pueSchema,
  schemaIssues,
  shapeSchema,
  systemSchema,
} from './schema.ts'

const catalog = loadCatalog()

const parts: readonly [string, z.ZodType, readonly { readonly id: string }[]][] = [
  ['accelerators', acceleratorSchema, catalog.accelerators],
  ['prices', priceSchema, catalog.prices],
  ['electricity', electricitySchema, catalog.electricity],
  ['pue', pueSchema, catalog.pue],
  ['models', modelSchema, catalog.models],
  ['systems', systemSchema, catalog.systems],
  ['shapes', shapeSchema, catalog.shapes],
  ['cost parameters', costParameterSchema, catalog.costParameters],
  ['gaps', gapSchema, catalog.gaps],
]

describe('shipped facts', () => {
  it.each(parts)('%s are well-formed and their ids unique', (_name, schema, entries) => {
    const faults = entries.flatMap(entry =>
      schemaIssues(schema, entry).map(issue => `${entry.id} ${issue.path.join('.')}: ${issue.message}`),
    )
    expect(faults).toEqual([])
    expect(new Set(entries.map(entry => entry.id)).size).toBe(entries.length)
  })

  it('load in a few milliseconds, without a schema library', () => {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now()
      loadCatalog()
      return performance.now() - start
    })
    expect(Math.min(...times)).toBeLessThan(30)
  })

  it.each([
    'a100',
    'h100',
    'h200',
    'h20',
    'h800',
    'gh200',
    'b200',
    'b300',
    'gb200',
    'gb300',
    'vera-rubin',
    'l4',
    'l40s',
    'rtx-pro-6000',
    'mi300x',
    'mi325x',
    'mi355x',
    'mi455x',
    'tpu-v5e',
    'tpu-v5p',
    'tpu-v6e',
    'tpu-v7',
    'trainium2',
    'trainium3',
    'inferentia2',
    'groq',
    'lpx',
    'cerebras',
    'gaudi3',
    'ascend-910b',
    'cloudmatrix384',
  ])('%s is there, with memory, bandwidth and power', name => {
    const accelerator = findAccelerator(catalog, name)
    expect(accelerator.memoryBytes).toBeGreaterThan(0)
    expect(accelerator.memoryBandwidthBytesPerSecond).toBeGreaterThan(0)
    expect(accelerator.tdpWatts).toBeGreaterThan(0)
  })

  it.each([
    ['h100_sxm', 'h100-sxm'],
    ['NVIDIA H100 80GB HBM3', 'h100-sxm'],
    ['b200_sxm', 'b200-sxm'],
    ['H200', 'h200-sxm'],
    ['GB200 NVL72', 'gb200-nvl72'],
    ['b300_sxm', 'b300-sxm'],
    ['rtx6000pro', 'rtx-pro-6000'],
    ['NVIDIA H200-SXM-141GB', 'h200-sxm'],
    ['AMD Instinct MI355X 288GB HBM3e', 'mi355x'],
    ['NVIDIA A100-SXM4-80GB', 'a100-80-sxm'],
  ])('%s means %s', (name, id) => {
    expect(findAccelerator(catalog, name).id).toBe(id)
  })

  it('has no name that means two accelerators or two regions', () => {
    const names = catalog.accelerators.flatMap(entry => [
      ...new Set([entry.id, ...entry.aliases].map(normaliseName)),
    ])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    const regions = catalog.electricity.flatMap(entry => [
      ...new Set([entry.id, ...(entry.aliases ?? [])].map(normaliseRegion)),
    ])
    expect(regions.filter((name, index) => regions.indexOf(name) !== index)).toEqual([])
  })

  it('counts peaks without sparsity: each halving of the format gives at most 3.1 times the rate', () => {
    for (const { id, peakFlopsPerSecond: peak } of catalog.accelerators) {
      if (peak.bf16 && peak.fp8 && id !== 'vr-nvl72' && id !== 'trainium3') {
        expect(peak.fp8 / peak.bf16, id).toBeLessThanOrEqual(2.1)
      }
      if (peak.fp8 && peak.fp4) expect(peak.fp4 / peak.fp8, id).toBeLessThanOrEqual(3.1)
    }
    expect(findAccelerator(catalog, 'l40s').peakFlopsPerSecond.bf16).toBe(362e12)
  })

  it('has racks of 72 devices in one scale-up domain, four to a host', () => {
    for (const name of ['gb200', 'gb300', 'vr-nvl72']) {
      const accelerator = findAccelerator(catalog, name)
      expect([accelerator.scaleUp.domainDevices, accelerator.devicesPerNode]).toEqual([72, 4])
    }
  })

  it('has prices only of accelerators it has, and systems too', () => {
    const ids = new Set(catalog.accelerators.map(entry => entry.id))
    expect(catalog.prices.filter(price => !ids.has(price.acceleratorId))).toEqual([])
    expect(catalog.systems.filter(system => !ids.has(system.acceleratorId))).toEqual([])
  })

  it('says which accelerators no source prices', () => {
    expect(
      acceleratorsWithoutPrice(catalog)
        .map(entry => entry.id)
        .sort(),
    ).toEqual([
      'a30',
      'arc-pro-b60',
      'ascend-910b',
      'ascend-910c',
      'gh200',
      'h20-sxm',
      'h800-sxm',
      'mi350x',
      'mi455x-helios',
      'rtx-4090',
      'trainium3',
    ])
  })

  it('has rentals that include everything and ownership without margin', () => {
    for (const price of catalog.prices) {
      expect(price.includes.includes('margin'), price.id).toBe(price.tier !== 'owned')
      expect(price.includes, price.id).toContain('energy')
    }
  })

  it('has the clouds of the comparison', () => {
    const providers = new Set(catalog.prices.map(price => price.provider))
    for (const provider of [
      'AWS',
      'GCP',
      'Azure',
      'OCI',
      'CoreWeave',
      'Nebius',
      'Lambda',
      'Together AI',
      'Crusoe',
    ]) {
      expect(providers).toContain(provider)
    }
    expect(catalog.gaps.some(gap => gap.name.startsWith('Nscale'))).toBe(true)
  })

  it('takes a device all-in to more than its own limit', () => {
    for (const entry of catalog.accelerators) {
      if (entry.allInWatts !== null) expect(entry.allInWatts, entry.id).toBeGreaterThanOrEqual(entry.tdpWatts)
    }
  })

  it('marks guesses as guesses', () => {
    expect(isLowConfidence(findAccelerator(catalog, 'mi455x').provenance)).toBe(true)
    for (const entry of [...catalog.prices, ...catalog.electricity, ...catalog.pue]) {
      if (/^from memory/.test(entry.provenance.source)) {
        expect(isLowConfidence(entry.provenance), entry.id).toBe(true)
      }
    }
  })

  it('has a price of every tier for the main accelerators', () => {
    for (const name of ['h100', 'h200', 'b200', 'b300', 'mi300x']) {
      const tiers = new Set(pricesOf(catalog, findAccelerator(catalog, name).id).map(price => price.tier))
      expect([...tiers].sort(), name).toEqual(['on-demand', 'owned', 'reserved', 'spot'])
    }
  })
})
