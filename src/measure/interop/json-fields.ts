/**
 * Fields of other tools' JSON, by dotted path. What is absent or null is null; what is there and of another kind is an error
 * that names the field, never a guess.
 */
import { TokenwrightError } from '../../core/errors.ts'

/** Throws: the file is not what it seemed. */
export function refuseMeasurements(message: string, where: string, fix: string): never {
  throw new TokenwrightError('measurements', message, { where, fix })
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands at `a.b.c`; undefined when a part of the path is missing. */
export function fieldAt(value: unknown, path: string): unknown {
  let current = value
  for (const part of path.split('.')) {
    if (!isObject(current) || !Object.hasOwn(current, part)) return undefined
    current = current[part]
  }
  return current
}

/** A finite number; null when absent, null, NaN or infinite (Python's "inf" as text included). */
export function numberAt(value: unknown, path: string, where: string): number | null {
  const found = fieldAt(value, path)
  if (found === undefined || found === null) return null
  if (typeof found === 'number') return Number.isFinite(found) ? found : null
  if (typeof found === 'string' && /^-?inf(inity)?$|^nan$/i.test(found)) return null
  return wrongKind(path, 'a number', found, where)
}

/** The first of several paths that holds a number: tools rename fields. */
export function firstNumberAt(value: unknown, paths: readonly string[], where: string): number | null {
  for (const path of paths) {
    const found = numberAt(value, path, where)
    if (found !== null) return found
  }
  return null
}

export function textAt(value: unknown, path: string, where: string): string | null {
  const found = fieldAt(value, path)
  if (found === undefined || found === null) return null
  return typeof found === 'string' ? found : wrongKind(path, 'text', found, where)
}

/** The first of several paths that holds text; other kinds are passed over. */
export function firstTextAt(value: unknown, paths: readonly string[]): string | null {
  for (const path of paths) {
    const found = fieldAt(value, path)
    if (typeof found === 'string' && found !== '') return found
  }
  return null
}

export function listAt(value: unknown, path: string, where: string): readonly unknown[] | null {
  const found = fieldAt(value, path)
  if (found === undefined || found === null) return null
  return Array.isArray(found) ? found : wrongKind(path, 'a list', found, where)
}

/** A list of numbers; null entries and NaN are NaN. */
export function numbersAt(value: unknown, path: string, where: string): readonly number[] | null {
  return (
    listAt(value, path, where)?.map((entry, index) => numberOf(entry, `${path}[${index}]`, where)) ?? null
  )
}

/** One entry as a number; null is NaN. */
export function numberOf(entry: unknown, name: string, where: string): number {
  if (entry === null) return Number.NaN
  return typeof entry === 'number' ? entry : wrongKind(name, 'a number', entry, where)
}

function wrongKind(path: string, wanted: string, found: unknown, where: string): never {
  const shown = JSON.stringify(found) ?? String(found)
  return refuseMeasurements(
    `${path} should be ${wanted} and is ${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}`,
    where,
    'take the file as the tool wrote it; if it is, its form is newer than this tokenwright knows',
  )
}
