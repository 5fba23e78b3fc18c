/** Faults of a schema in words: what stands there, what is expected, which field was probably meant. Values are never repeated. */
import type { z } from 'zod'
import { nearestNames } from '../../core/nearest-name.ts'
import { type FaultList, type FaultPath, reference } from './config-faults.ts'

export function addSchemaFaults(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  value: unknown,
  list: FaultList,
): void {
  for (const issue of issues) {
    const path = issue.path.map(part => (typeof part === 'number' ? part : String(part)))
    if (issue.code === 'unrecognized_keys') {
      const known = fieldNames(schema, path)
      for (const key of issue.keys) list.add([...path, key], 'there is no such field', unknownFix(key, known))
    } else list.add(path, messageOf(issue, valueAt(value, path)), fixOf(issue, valueAt(value, path)))
  }
}

export function unknownFix(key: string, known: readonly string[]): string {
  const [near] = nearestNames(key, known, 1)
  return near === undefined ? `fields here: ${known.join(', ')}` : `did you mean ${near}?`
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return 'is missing'
      return issue.expected === 'int'
        ? 'expected a whole number'
        : `${expectedText(issue.message, issue.expected)}, not ${kindOf(value)}`
    case 'too_small':
      return sizeText(issue.origin, 'at least', issue.minimum, issue.inclusive === false ? 'more than' : null)
    case 'too_big':
      return sizeText(issue.origin, 'at most', issue.maximum, issue.inclusive === false ? 'less than' : null)
    case 'invalid_value':
      return value === undefined ? 'is missing' : `expected ${issue.values.map(String).join(', ')}`
    case 'invalid_union':
      // In a short form the value does not stand where the issue says.
      return issue.discriminator === undefined ? issue.message : `expected ${optionsOf(issue).join(', ')}`
    case 'invalid_format':
      return issue.message
    case 'invalid_key':
      return `is not a name: ${issue.issues[0]?.message ?? issue.message}`
    default:
      return issue.message
  }
}

function optionsOf(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
}

function fixOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    return `${reference}: the name alone, or an object with a ${issue.discriminator} and further fields`
  }
  if (value === null) return 'leave the field out, or give it a value'
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const [near] = nearestNames(value, issue.values.map(String), 1)
    if (near !== undefined) return `did you mean ${near}?`
  }
  return reference
}

const kindWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  bigint: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'fields with values',
  record: 'names with values',
}

function expectedText(message: string, expected: string): string {
  return message.startsWith('expected') ? message : `expected ${kindWords[expected] ?? expected}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value === 'boolean') return String(value)
  return kindWords[typeof value] ?? typeof value
}

function sizeText(origin: string, bound: string, limit: number | bigint, exclusive: string | null): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : ''
  return `expected ${exclusive ?? bound} ${limit}${unit}`
}

function valueAt(value: unknown, path: FaultPath): unknown {
  let current = value
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined
    current = (current as Record<string | number, unknown>)[part]
  }
  return current
}

/** Names of fields that the schema has at a path: for suggestions, and for the test of the reference page. */
export function fieldNames(schema: unknown, path: FaultPath): string[] {
  const names = new Set<string>()
  for (const shape of shapesAt(schema as SchemaLike, path))
    for (const name of Object.keys(shape)) names.add(name)
  return [...names]
}

/** What is looked at of a schema of zod. */
interface SchemaLike {
  readonly def: {
    readonly type: string
    readonly innerType?: SchemaLike
    readonly out?: SchemaLike
    readonly valueType?: SchemaLike
    readonly element?: SchemaLike
    readonly options?: readonly SchemaLike[]
    readonly shape?: Readonly<Record<string, SchemaLike>>
  }
}

function shapesAt(schema: SchemaLike, path: FaultPath): Readonly<Record<string, SchemaLike>>[] {
  const { def } = schema
  const inner = def.innerType ?? (def.type === 'pipe' ? def.out : undefined)
  if (inner !== undefined) return shapesAt(inner, path)
  if (def.options !== undefined) return def.options.flatMap(option => shapesAt(option, path))
  const [part, ...rest] = path
  if (part === undefined) return def.shape === undefined ? [] : [def.shape]
  const next = def.valueType ?? def.element ?? def.shape?.[part]
  return next === undefined ? [] : shapesAt(next, rest)
}

/** Every path of fields in a schema, names and places of lists left out: `models.attempts.maximum`. */
export function allFieldPaths(schema: unknown): string[] {
  const found = new Set<string>()
  const walk = (current: SchemaLike, path: string): void => {
    const { def } = current
    const inner = def.innerType ?? (def.type === 'pipe' ? def.out : undefined) ?? def.valueType ?? def.element
    if (inner !== undefined) walk(inner, path)
    for (const option of def.options ?? []) walk(option, path)
    for (const [name, field] of Object.entries(def.shape ?? {})) {
      const full = path === '' ? name : `${path}.${name}`
      found.add(full)
      walk(field, full)
    }
  }
  walk(schema as SchemaLike, '')
  return [...found]
}
