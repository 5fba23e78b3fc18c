/**
 * A translation knows each field, or refuses the request: a field that is dropped is a wish that nobody heard. What may be
 * dropped is a closed list for each object, and every drop is noted; the gateway tells the notes in a header.
 */
import { isObject, type JsonObject } from '../../../bench/endpoints/answer-json.ts'
import { invalidField, unsupportedField } from '../gateway-error.ts'

/** Names of the fields that were left out, such as `messages[0].content[0].cache_control`; each kind once. */
export interface TranslationNotes {
  add(field: string): void
  readonly dropped: readonly string[]
}

/** More say nothing new. Assumed: it goes into a header. */
const mostNotes = 20

export function createNotes(): TranslationNotes {
  const kinds = new Map<string, string>()
  return {
    add(field) {
      const kind = field.replace(/\[\d+\]/g, '[]')
      if (kinds.size < mostNotes && !kinds.has(kind)) kinds.set(kind, field)
    },
    get dropped() {
      return [...kinds.values()]
    },
  }
}

export interface FieldRules {
  /** Translated, or checked to be what the other API does anyway. */
  readonly known: readonly string[]
  /** Dropped with a note: the answer means the same without. */
  readonly ignorable: readonly string[]
}

/** Refuses what the rules do not name. null stands for left out. Throws a GatewayError (400). */
export function checkFields(
  object: JsonObject,
  where: string,
  rules: FieldRules,
  notes: TranslationNotes,
): void {
  for (const [name, value] of Object.entries(object)) {
    if (value === null || value === undefined || rules.known.includes(name)) continue
    const place = where === '' ? name : `${where}.${name}`
    if (!rules.ignorable.includes(name)) throw unsupportedField(place, 'the other API has no such field')
    notes.add(place)
  }
}

export function asObject(value: unknown, where: string): JsonObject {
  if (!isObject(value)) throw invalidField(where, 'must be an object')
  return value
}

export function asList(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidField(where, 'must be a list')
  return value
}

export function asText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw invalidField(where, 'must be a text')
  return value
}

/** Refuses a value that asks for what the other API cannot do; left out, null and the usual ones pass. */
export function mustBe(object: JsonObject, name: string, usual: readonly unknown[], why: string): void {
  const value = object[name]
  if (value === undefined || value === null || usual.includes(value)) return
  throw unsupportedField(name, why)
}

/** The fields that both APIs call the same, where they are set. */
export function copied(object: JsonObject, names: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const name of names) {
    const value = object[name]
    if (value !== undefined && value !== null) copy[name] = value
  }
  return copy
}
