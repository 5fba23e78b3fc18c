/**
 * A user's facts laid over the shipped ones: entries with a known id override field by field, the rest is added.
 * Everything is checked after the merge; all faults are reported with their path. Loads zod: import it lazily.
 */

import type { z } from 'zod'
import { nearestNames } from '../core/nearest-name.ts'
import { type ConvertedEntry, convertUnits, isFields, unitKeys } from './facts-file-units.ts'
import { findNamed } from './lookup.ts'
import { normaliseName } from './normalise-name.ts'
import {
  acceleratorSchema,
  electricitySchema,
  priceComponents,
  priceSchema,
  pueSchema,
  schemaIssues,
} from './schema.ts'
import type { Catalog } from './types.ts'

export interface FactIssue {
  /** From the root of the file: ['prices', 0, 'usdPerDeviceHour']. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

export interface MergeResult<T> {
  readonly catalog: T
  readonly issues: readonly FactIssue[]
}

type Kind = 'accelerators' | 'prices' | 'electricity' | 'pue'
type Fields = Record<string, unknown>

const schemas: Readonly<Record<Kind, z.ZodType>> = {
  accelerators: acceleratorSchema,
  prices: priceSchema,
  electricity: electricitySchema,
  pue: pueSchema,
}
/** Accelerators before prices: a price may name an accelerator of the same file. */
const kinds: readonly Kind[] = ['accelerators', 'prices', 'electricity', 'pue']
const fileKeys = ['source', 'asOf', 'confidence', 'notes', ...kinds]
const provenanceKeys = ['source', 'asOf', 'confidence', 'notes'] as const

/** What a new entry need not say. */
const defaults: Readonly<Record<Kind, Fields>> = {
  accelerators: {
    aliases: [],
    generation: 'other',
    scaleOutBytesPerSecond: null,
    allInWatts: null,
    launch: null,
    engines: ['vllm'],
  },
  prices: { region: null, commitment: null },
  electricity: { carbonGramsPerKilowattHour: null },
  pue: {},
}

/** `facts` is the parsed file. When there are issues the catalog is returned unchanged. */
export function mergeFacts<T extends Catalog>(catalog: T, facts: unknown): MergeResult<T> {
  const issues: FactIssue[] = []
  if (!isFields(facts)) {
    return { catalog, issues: [{ path: [], message: `must hold ${kinds.join(', ')}` }] }
  }
  for (const key of Object.keys(facts)) {
    if (!fileKeys.includes(key)) issues.push({ path: [key], message: unknownKey(key, fileKeys) })
  }
  let merged: T = catalog
  for (const kind of kinds) {
    const entries = facts[kind]
    if (entries === undefined || entries === null) continue
    if (!Array.isArray(entries)) {
      issues.push({ path: [kind], message: 'must be a list of entries, each starting with "- id:"' })
      continue
    }
    for (const [index, raw] of entries.entries()) {
      const result = mergeEntry(merged, kind, raw, facts)
      issues.push(...result.issues.map(issue => ({ ...issue, path: [kind, index, ...issue.path] })))
      if (result.entry) merged = withEntry(merged, kind, result.entry)
    }
  }
  return issues.length > 0 ? { catalog, issues } : { catalog: merged, issues }
}

function mergeEntry(
  catalog: Catalog,
  kind: Kind,
  raw: unknown,
  file: Fields,
): { entry: Fields | null; issues: FactIssue[] } {
  if (!isFields(raw) || typeof raw.id !== 'string') {
    return {
      entry: null,
      issues: [{ path: isFields(raw) ? ['id'] : [], message: 'every entry needs an id' }],
    }
  }
  const converted = convertUnits(kind, raw)
  const issues: FactIssue[] = converted.issues.map(({ key, message }) => ({ path: key.split('.'), message }))
  const fields = converted.fields
  const id = raw.id
  const known = findKnown(catalog, kind, id)
  const { provenance, ...own } = splitProvenance(fields, known, file)
  if (kind === 'prices') resolvePrice(catalog, own, issues)
  const merged = merge({ ...defaults[kind], ...known }, own)
  const entry: Fields = {
    ...merged,
    id: known?.id ?? id,
    provenance,
    ...(kind === 'prices' || kind === 'electricity' ? { userSupplied: true } : {}),
  }
  const given = new Set(issues.map(issue => issue.path.join('.')))
  for (const issue of schemaIssues(schemas[kind], entry)) {
    for (const translated of translate(issue, converted, kind, known !== undefined)) {
      if (!given.has(translated.path.join('.'))) issues.push(translated)
    }
  }
  if (kind === 'accelerators' || kind === 'pue') issues.push(...aliasClashes(catalog, kind, entry))
  return { entry: issues.length > 0 ? null : entry, issues }
}

/** Accelerators and PUE are found by alias as well, so that `id: h200` overrides h200-sxm; the id stays. */
function findKnown(catalog: Catalog, kind: Kind, id: string): Fields | undefined {
  const entries: readonly { readonly id: string; readonly aliases?: readonly string[] }[] = catalog[kind]
  const found =
    kind === 'accelerators' ? findNamed(entries, id, normaliseName) : entries.find(entry => entry.id === id)
  return found && { ...found }
}

/** source, asOf, confidence, notes: from the entry, else from the head of the file. Unstated confidence is "unverified". */
function splitProvenance(fields: Fields, known: Fields | undefined, file: Fields): Fields {
  const provenance: Fields = {}
  const own: Fields = { ...fields }
  for (const key of provenanceKeys) {
    const value = own[key] ?? (key === 'notes' ? undefined : file[key])
    delete own[key]
    if (value !== undefined) provenance[key] = typeof value === 'number' ? String(value) : value
  }
  provenance.confidence ??= 'unverified'
  if (known && provenance.notes === undefined) {
    const replaced = Object.keys(own).filter(key => key !== 'id')
    provenance.notes = `overrides ${replaced.join(', ') || 'nothing'} of the shipped entry`
  }
  return { ...own, provenance }
}

/** `accelerator:` is a name or alias; `includes: everything` is the whole list. */
function resolvePrice(catalog: Catalog, fields: Fields, issues: FactIssue[]): void {
  const key = 'accelerator' in fields ? 'accelerator' : 'acceleratorId'
  const name = fields[key]
  delete fields.accelerator
  if (typeof name === 'string') {
    const found = findNamed(catalog.accelerators, name, normaliseName)
    if (found) fields.acceleratorId = found.id
    else {
      const near = nearestNames(
        name,
        catalog.accelerators.flatMap(entry => [entry.id, ...entry.aliases]),
      )
      issues.push({
        path: [key],
        message: `unknown accelerator "${name}"${near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''}`,
      })
      fields.acceleratorId = 'unknown'
    }
  } else if (name !== undefined) fields.acceleratorId = name
  if (fields.includes === 'everything') fields.includes = [...priceComponents]
}

/** Nested objects (peakFlopsPerSecond, scaleUp) are merged one level deep. */
function merge(base: Fields, over: Fields): Fields {
  const result: Fields = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = result[key]
    result[key] = isFields(below) && isFields(value) ? { ...below, ...value } : value
  }
  return result
}

/** Schema paths in the words the user wrote: unit keys, flat provenance, near names for unknown keys. */
function translate(
  issue: { path: readonly (string | number)[]; message: string; unknownKeys?: readonly string[] },
  converted: ConvertedEntry,
  kind: Kind,
  isKnown: boolean,
): FactIssue[] {
  if (issue.unknownKeys) {
    const allowed = [
      ...Object.keys(unitKeys[kind] ?? {}).map(key => key.split('.')[0] ?? key),
      ...Object.keys(defaults[kind]),
      ...requiredKeys[kind],
      ...provenanceKeys,
    ]
    return issue.unknownKeys.map(key => ({ path: [...issue.path, key], message: unknownKey(key, allowed) }))
  }
  const path = issue.path[0] === 'provenance' ? issue.path.slice(1) : issue.path
  const written = converted.writtenAs.get(path.join('.'))
  return [
    { path: written ? written.split('.') : path, message: missingMessage(issue.message, path, isKnown) },
  ]
}

function missingMessage(message: string, path: readonly (string | number)[], isKnown: boolean): string {
  if (!/(received undefined|got nothing)$/.test(message)) return message
  if (path[0] === 'source' || path[0] === 'asOf') {
    return 'is missing: say it in the entry or once at the top of the file'
  }
  return isKnown ? 'is missing' : 'is missing: a new entry must have it'
}

const requiredKeys: Readonly<Record<Kind, readonly string[]>> = {
  accelerators: [
    'id',
    'name',
    'vendor',
    'memoryBytes',
    'memoryBandwidthBytesPerSecond',
    'peakFlopsPerSecond',
    'scaleUp',
    'tdpWatts',
    'devicesPerNode',
  ],
  prices: [
    'id',
    'accelerator',
    'provider',
    'tier',
    'usdPerDeviceHour',
    'usdPerNodeHour',
    'devices',
    'includes',
  ],
  electricity: ['id', 'region', 'aliases', 'kind', 'usdPerKilowattHour'],
  pue: ['id', 'scope', 'aliases', 'pue'],
}

function unknownKey(key: string, allowed: readonly string[]): string {
  const near = nearestNames(key, new Set(allowed))
  return `unknown key "${key}"${near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''}`
}

/** A name may mean one accelerator only. */
function aliasClashes(catalog: Catalog, kind: 'accelerators' | 'pue', entry: Fields): FactIssue[] {
  const names = Array.isArray(entry.aliases) ? entry.aliases : []
  return names.flatMap((alias, index) => {
    const entries: readonly { readonly id: string; readonly aliases?: readonly string[] }[] = catalog[kind]
    const other = typeof alias === 'string' ? findNamed(entries, alias, normaliseName) : undefined
    if (!other || other.id === entry.id) return []
    return [{ path: ['aliases', index], message: `"${alias}" already means ${other.id}` }]
  })
}

function withEntry<T extends Catalog>(catalog: T, kind: Kind, entry: Fields): T {
  const entries: readonly { readonly id: string }[] = catalog[kind]
  const rest = entries.filter(other => other.id !== entry.id)
  return { ...catalog, [kind]: [...rest, entry] }
}
