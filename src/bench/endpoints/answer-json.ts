/** Small questions to JSON that a server sent: what is missing or of another kind is null or '', never a fault. */

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectIn(object: JsonObject | null, field: string): JsonObject | null {
  const value = object?.[field]
  return isObject(value) ? value : null
}

export function listIn(object: JsonObject | null, field: string): readonly unknown[] | null {
  const value = object?.[field]
  return Array.isArray(value) ? value : null
}

/** '' when it is no text. */
export function textIn(object: JsonObject | null, field: string): string {
  const value = object?.[field]
  return typeof value === 'string' ? value : ''
}

/** A count: finite and not negative; null otherwise. */
export function countIn(object: JsonObject | null, field: string): number | null {
  return asCount(object?.[field])
}

export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}

/** The value, or undefined (which no JSON is) when it is not JSON. */
export function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch {
    return undefined
  }
}

/**
 * What an object says went wrong; null when it says nothing of the kind. Forms: `error` as a text or an object with a
 * message (OpenAI, vLLM, SGLang, llama.cpp), `"object": "error"` (vLLM to 0.10), `"type": "error"` (Anthropic, Responses).
 */
export function problemIn(json: JsonObject): string | null {
  const { error } = json
  if (typeof error === 'string' && error !== '') return error
  if (isObject(error)) return textIn(error, 'message') || JSON.stringify(error)
  if (json.object === 'error' || json.type === 'error')
    return textIn(json, 'message') || 'error without a message'
  return null
}
