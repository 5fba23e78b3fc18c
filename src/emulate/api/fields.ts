/** Reads the fields of a JSON body; what is wrong becomes a 400 that names the field. Unknown fields pass. */
import { badRequest } from '../api-error.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Body of a request as an object. */
export function parseBody(body: Buffer): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw badRequest(`The body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`, null)
  }
  if (!isObject(value)) throw badRequest('The body must be a JSON object.', null)
  return value
}

/** A whole number, or null when absent or null. */
export function optionalInteger(body: JsonObject, field: string, least: number): number | null {
  const value = body[field]
  if (value === undefined || value === null) return null
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw badRequest(`${field} must be a whole number, got ${JSON.stringify(value)}.`, field)
  }
  if (value < least) throw badRequest(`${field} must be at least ${least}, got ${value}.`, field)
  return value
}

export function optionalBoolean(body: JsonObject, field: string): boolean {
  const value = body[field]
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') {
    throw badRequest(`${field} must be true or false, got ${JSON.stringify(value)}.`, field)
  }
  return value
}

export function optionalString(body: JsonObject, field: string): string {
  const value = body[field]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw badRequest(`${field} must be a string.`, field)
  return value
}

export function optionalObject(body: JsonObject, field: string): JsonObject {
  const value = body[field]
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw badRequest(`${field} must be an object.`, field)
  return value
}

/** A list of strings where one string may stand alone; empty strings are dropped. */
export function stringList(body: JsonObject, field: string): string[] {
  const value = body[field]
  if (value === undefined || value === null) return []
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || !list.every(item => typeof item === 'string')) {
    throw badRequest(`${field} must be a string or a list of strings.`, field)
  }
  return list.filter(item => item !== '')
}

/** Token ids given as a prompt. */
export function tokenList(value: readonly unknown[], field: string): number[] {
  return value.map(id => {
    if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id
    throw badRequest(`${field} holds ${JSON.stringify(id)}, which is no token id.`, field)
  })
}
