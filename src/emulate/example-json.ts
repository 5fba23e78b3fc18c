/** A value that a JSON schema allows: what an emulated tool call or a structured answer says. */
import type { RandomStream } from '../core/random.ts'
import { answerWords } from './answer-words.ts'

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
export type JsonSchema = Readonly<Record<string, unknown>>

/** Deeper than this (schemas may refer to themselves) everything is null. */
const deepest = 12

/**
 * A value with every required field and no other, in the schema's order. Understood: type, enum, const, properties,
 * required, items, minItems, minimum, maximum, exclusiveMinimum, minLength, maxLength, anyOf, oneOf, allOf (first) and
 * $ref inside the document. Patterns and formats are not.
 */
export function exampleJson(schema: JsonSchema, random: RandomStream): JsonValue {
  return example(schema, schema, random, 0)
}

function example(value: unknown, root: JsonSchema, random: RandomStream, depth: number): JsonValue {
  if (!isRecord(value) || depth > deepest) return null
  const schema = resolveReference(value, root)
  if ('const' in schema) return schema.const as JsonValue
  const choices = schema.enum
  if (Array.isArray(choices) && choices.length > 0)
    return choices[random.integer(choices.length)] as JsonValue
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const variants = schema[key]
    if (Array.isArray(variants) && variants.length > 0) return example(variants[0], root, random, depth + 1)
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'string':
      return exampleString(schema, random)
    case 'integer':
    case 'number':
      return exampleNumber(schema, type, random)
    case 'boolean':
      return random.integer(2) === 1
    case 'array': {
      const count = numberOf(schema, 'minItems') ?? 1
      return Array.from({ length: Math.min(count, 100) }, () =>
        example(schema.items ?? { type: 'string' }, root, random, depth + 1),
      )
    }
    case 'null':
      return null
    default:
      return exampleObject(schema, root, random, depth)
  }
}

function exampleObject(schema: JsonSchema, root: JsonSchema, random: RandomStream, depth: number): JsonValue {
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : [])
  const object: { [key: string]: JsonValue } = {}
  for (const [name, property] of Object.entries(properties)) {
    if (required.has(name)) object[name] = example(property, root, random, depth + 1)
  }
  for (const name of required) if (!(name in object)) object[name] = exampleString({}, random)
  return object
}

function exampleString(schema: JsonSchema, random: RandomStream): string {
  const longest = numberOf(schema, 'maxLength') ?? Number.POSITIVE_INFINITY
  const shortest = Math.min(numberOf(schema, 'minLength') ?? 0, 10_000)
  let text = answerWords[random.integer(answerWords.length)]!
  for (let words = 1; words < 3 || text.length < shortest; words++) {
    text += ` ${answerWords[random.integer(answerWords.length)]!}`
  }
  return text.slice(0, longest)
}

function exampleNumber(schema: JsonSchema, type: 'integer' | 'number', random: RandomStream): number {
  const exclusive = numberOf(schema, 'exclusiveMinimum')
  const lowest = numberOf(schema, 'minimum') ?? (exclusive === null ? 0 : exclusive + 1)
  const highest = numberOf(schema, 'maximum') ?? lowest + 100
  const value = lowest + random.uniform() * (highest - lowest)
  return type === 'integer' ? Math.max(Math.ceil(lowest), Math.floor(value)) : Math.round(value * 100) / 100
}

function resolveReference(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const reference = schema.$ref
  if (typeof reference !== 'string' || !reference.startsWith('#')) return schema
  let target: unknown = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    target = isRecord(target) ? target[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return isRecord(target) ? target : {}
}

function numberOf(schema: JsonSchema, key: string): number | null {
  const value = schema[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
