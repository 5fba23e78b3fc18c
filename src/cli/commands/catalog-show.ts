/** `catalog show NAME`: one entry with its source, or what a model's config.json says about its size and cache. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dataFolder } from '../../catalog/load-catalog-file.ts'
import { findNamed } from '../../catalog/lookup.ts'
import { normaliseName, normaliseRegion } from '../../catalog/normalise-name.ts'
import { pricesOf } from '../../catalog/price-choice.ts'
import type { FactsCatalog } from '../../catalog/system-types.ts'
import type { CatalogModel } from '../../catalog/types.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import { nearestNames } from '../../core/nearest-name.ts'
import { isLowConfidence, type Provenance } from '../../core/provenance.ts'

export type Shown =
  | { readonly kind: 'model'; readonly entry: object }
  | {
      readonly kind:
        | 'accelerator'
        | 'system'
        | 'price'
        | 'electricity'
        | 'pue'
        | 'hourly shape'
        | 'cost parameter'
      readonly entry: object
    }

/** What a name means: a path that ends in .json or exists, else a name of the catalog. */
export async function showByName(catalog: FactsCatalog, name: string): Promise<Shown> {
  if (name.endsWith('.json') || existsSync(name)) return { kind: 'model', entry: await modelAtPath(name) }
  const model = findNamed(catalog.models, name, normaliseName) ?? modelByShortName(catalog, name)
  if (model) return { kind: 'model', entry: await catalogModel(model) }
  const accelerator = findNamed(catalog.accelerators, name, normaliseName)
  if (accelerator) {
    return {
      kind: 'accelerator',
      entry: { ...accelerator, prices: pricesOf(catalog, accelerator.id).map(shortPrice) },
    }
  }
  for (const [kind, entries, normalise] of [
    ['system', catalog.systems, normaliseName],
    ['price', catalog.prices, normaliseName],
    ['electricity', catalog.electricity, normaliseRegion],
    ['pue', catalog.pue, normaliseName],
    ['hourly shape', catalog.shapes, normaliseName],
    ['cost parameter', catalog.costParameters, normaliseName],
  ] as const) {
    const found = findNamed<(typeof entries)[number]>(entries, name, normalise)
    if (found) return { kind, entry: found }
  }
  const region = catalog.electricity.find(entry => normaliseRegion(entry.region) === normaliseRegion(name))
  if (region) return { kind: 'electricity', entry: region }
  throw unknownName(catalog, name)
}

function unknownName(catalog: FactsCatalog, name: string): TokenwrightError {
  const gap = catalog.gaps.find(entry => normaliseName(entry.id) === normaliseName(name))
  if (gap) {
    return new TokenwrightError(
      'unknown-entry',
      `${gap.name}: no source states its ${gap.missing.join(', ')}`,
      {
        where: gap.provenance.source,
        fix: 'give the figures in a facts file (--facts)',
      },
    )
  }
  const names = [
    ...catalog.models,
    ...catalog.accelerators,
    ...catalog.systems,
    ...catalog.electricity,
    ...catalog.pue,
    ...catalog.prices,
  ]
  const near = nearestNames(
    name,
    names.map(entry => entry.id),
  )
  return new TokenwrightError('unknown-entry', `nothing in the catalog is called "${name}"`, {
    where: name,
    fix: `${near.length > 0 ? `did you mean ${near.join(', ')}? ` : ''}a model of your own is given as the path of its config.json`,
  })
}

function modelByShortName(catalog: FactsCatalog, name: string): CatalogModel | undefined {
  const short = catalog.models.filter(
    model => normaliseName(model.id.split('/').at(-1) ?? '') === normaliseName(name),
  )
  return short.length === 1 ? short[0] : undefined
}

function shortPrice(price: {
  readonly id: string
  readonly tier: string
  readonly usdPerDeviceHour: number
  readonly provenance: Provenance
}) {
  const { id, tier, usdPerDeviceHour, provenance } = price
  return { id, tier, usdPerDeviceHour, asOf: provenance.asOf, confidence: provenance.confidence }
}

async function catalogModel(model: CatalogModel): Promise<object> {
  const path = new URL(`models/${model.configPath}`, dataFolder).pathname
  return { ...(await modelAtPath(path)), ...model }
}

/** A config.json or the folder that holds one; hf_quant_config.json beside it is read as well. */
async function modelAtPath(path: string): Promise<object> {
  const isFolder = existsSync(path) && statSync(path).isDirectory()
  const configPath = isFolder ? join(path, 'config.json') : path
  const text = readText(configPath)
  const quantPath = join(dirname(configPath), 'hf_quant_config.json')
  const { parseModelConfig } = await import('../../model/parse-model-config.ts')
  const { summariseModel } = await import('../../model/summarise.ts')
  const architecture = parseModelConfig(text, {
    where: configPath,
    ...(existsSync(quantPath) ? { quantConfigText: readText(quantPath) } : {}),
  })
  return summariseModel(architecture)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, "read the model's configuration", {
      where: path,
      fix: 'give the path of a config.json or of the folder that holds it',
    })
  }
}

/** Indented `key: value` lines; facts of low confidence are said to be so. */
export function shownText({ kind, entry }: Shown): string {
  const provenance = 'provenance' in entry ? (entry.provenance as Provenance) : null
  const mark = provenance && isLowConfidence(provenance) ? ' (low confidence: marked in every answer)' : ''
  return [`${kind}${mark}`, ...lines(entry, '  ')].join('\n')
}

function lines(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    if (inner === null || typeof inner !== 'object') return [`${indent}${key}: ${said(inner)}`]
    if (!Array.isArray(inner)) return [`${indent}${key}:`, ...lines(inner, `${indent}  `)]
    const plain = inner.every(item => item === null || typeof item !== 'object')
    if (plain) return [`${indent}${key}: ${inner.map(said).join(', ') || 'none'}`]
    return [
      `${indent}${key}:`,
      ...inner.map(
        item =>
          `${indent}  ${Object.values(item as object)
            .map(said)
            .join('  ')}`,
      ),
    ]
  })
}

function said(value: unknown): string {
  if (typeof value === 'number')
    return Math.abs(value) >= 10_000 ? value.toLocaleString('en-US') : String(value)
  if (value === null || value === undefined) return 'not stated'
  if (typeof value !== 'object') return String(value)
  if (!('source' in value && 'asOf' in value && 'confidence' in value)) return JSON.stringify(value)
  return `(${value.confidence}, ${value.asOf}: ${value.source})`
}
