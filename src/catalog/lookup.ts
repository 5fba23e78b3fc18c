/** Look-ups in the catalog by id or alias. A miss is a TokenwrightError with the nearest names. */
import { type ErrorCode, TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { isLowConfidence } from '../core/provenance.ts'
import { compareDates } from './fact-date.ts'
import { normaliseName, normaliseRegion } from './normalise-name.ts'
import type { FactGap, SystemFacts } from './system-types.ts'
import type {
  Accelerator,
  Catalog,
  CatalogModel,
  ElectricityPrice,
  PowerUsageEffectiveness,
} from './types.ts'

/** What an answer takes when nobody names a region: delivered to data centres in the United States. */
export const defaultElectricityId = 'us-dc-range'

interface Named {
  readonly id: string
  readonly aliases?: readonly string[]
}

/** Catalogs may also hold gaps: a name found there gets a better answer than "unknown". */
type CatalogWithGaps = Catalog & { readonly gaps?: readonly FactGap[] }

export function findAccelerator(catalog: CatalogWithGaps, name: string): Accelerator {
  const found = findNamed(catalog.accelerators, name, normaliseName)
  if (found) return found
  const gap = catalog.gaps?.find(
    entry => entry.kind === 'accelerator' && normaliseName(entry.id) === normaliseName(name),
  )
  if (gap) {
    throw new TokenwrightError(
      'unknown-accelerator',
      `${gap.name} cannot be used: no source states its ${gap.missing.join(' and ')}`,
      {
        where: name,
        fix: 'give the figures in a facts file (--facts)',
      },
    )
  }
  throw unknown(
    'unknown-accelerator',
    'accelerator',
    name,
    catalog.accelerators,
    'tokenwright catalog accelerators',
  )
}

/** Ids are `organisation/name`; the part after the slash does as well when it is the only one. */
export function findModel(catalog: Catalog, name: string): CatalogModel {
  const found = findNamed(catalog.models, name, normaliseName)
  if (found) return found
  const short = catalog.models.filter(
    model => normaliseName(model.id.split('/').at(-1) ?? '') === normaliseName(name),
  )
  if (short.length === 1 && short[0]) return short[0]
  throw unknown('unknown-model', 'model', name, catalog.models, 'tokenwright catalog models', {
    alternative: 'or give the path of its config.json',
  })
}

export function findSystem(catalog: { readonly systems: readonly SystemFacts[] }, name: string): SystemFacts {
  const found = findNamed(catalog.systems, name, normaliseName)
  if (found) return found
  throw unknown('unknown-entry', 'system', name, catalog.systems, 'tokenwright catalog systems')
}

/**
 * The electricity price of a region: by id, then alias (states, countries, cloud regions), then the region's own name.
 * Several entries of one region name: the user's first, then those of higher confidence, then the newest, then by id.
 * Without a region: the price delivered to data centres in the United States.
 */
export function findElectricity(catalog: Catalog, region: string | null = null): ElectricityPrice {
  const name = region ?? defaultElectricityId
  const found =
    findNamed(catalog.electricity, name, normaliseRegion) ??
    catalog.electricity
      .filter(entry => normaliseRegion(entry.region) === normaliseRegion(name))
      .sort(byTrust)[0]
  if (found) return found
  throw unknown(
    'unknown-entry',
    'region with an electricity price',
    name,
    catalog.electricity,
    'tokenwright catalog electricity',
    {
      more: catalog.electricity.map(entry => entry.region),
      alternative: 'or add it in a facts file (--facts)',
    },
  )
}

/** A PUE by id, alias (air, liquid, google …) or scope. */
export function findPue(catalog: Catalog, name: string): PowerUsageEffectiveness {
  const found =
    findNamed(catalog.pue, name, normaliseName) ??
    catalog.pue.find(entry => normaliseName(entry.scope) === normaliseName(name))
  if (found) return found
  throw unknown('unknown-entry', 'PUE', name, catalog.pue, 'tokenwright catalog pue')
}

/**
 * The PUE assumed when nobody states one: liquid cooling for rack-scale systems (64 devices or more in a scale-up
 * domain) and for devices above 1,300 W, air cooling for the rest.
 */
export function defaultPue(catalog: Catalog, accelerator: Accelerator): PowerUsageEffectiveness {
  const liquid = accelerator.scaleUp.domainDevices >= 64 || accelerator.tdpWatts > 1300
  return findPue(catalog, liquid ? 'infx-dlc' : 'infx-air')
}

/** Exact id first, then alias; names are compared in normal form. */
export function findNamed<T extends Named>(
  entries: readonly T[],
  name: string,
  normalise: (name: string) => string,
): T | undefined {
  const wanted = normalise(name)
  if (wanted === '') return undefined
  return (
    entries.find(entry => normalise(entry.id) === wanted) ??
    entries.find(entry => entry.aliases?.some(alias => normalise(alias) === wanted))
  )
}

function byTrust(a: ElectricityPrice, b: ElectricityPrice): number {
  return (
    Number(b.userSupplied ?? false) - Number(a.userSupplied ?? false) ||
    Number(isLowConfidence(a.provenance)) - Number(isLowConfidence(b.provenance)) ||
    compareDates(b.provenance.asOf, a.provenance.asOf) ||
    (a.id < b.id ? -1 : 1)
  )
}

function unknown(
  code: ErrorCode,
  what: string,
  name: string,
  entries: readonly Named[],
  list: string,
  { more = [], alternative }: { more?: readonly string[]; alternative?: string } = {},
): TokenwrightError {
  const near = nearestIds(name, entries, more)
  const suggestion = near.length > 0 ? `did you mean ${near.join(', ')}? ` : ''
  return new TokenwrightError(code, `unknown ${what} "${name}"`, {
    where: name,
    fix: `${suggestion}${list} lists them all${alternative ? `, ${alternative}` : ''}`,
  })
}

/** Near names among ids and aliases, said as ids where the entry is known by its id. */
export function nearestIds(name: string, entries: readonly Named[], more: readonly string[] = []): string[] {
  const idOf = new Map<string, string>()
  for (const text of more) idOf.set(text, text)
  for (const entry of entries) {
    for (const alias of entry.aliases ?? []) idOf.set(alias, entry.id)
    const short = entry.id.split('/').at(-1)
    if (short !== undefined) idOf.set(short, entry.id)
    idOf.set(entry.id, entry.id)
  }
  const near = nearestNames(name, idOf.keys(), 6).map(text => idOf.get(text) ?? text)
  return [...new Set(near)].slice(0, 3)
}
