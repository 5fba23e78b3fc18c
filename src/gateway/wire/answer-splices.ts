/** What changes in an answer, or in an event of one, before a client of the same dialect gets it. */

import type { AnswerApi } from './answer-facts.ts'
import { type FieldSpan, type ScanLimits, type ScannedObject, scanObject } from './json-scan.ts'
import { skipSpace } from './json-skip.ts'
import { dropField, type Splice, setField } from './splice.ts'

/** An upstream's answer is not limited in bytes here (embeddings are large); depth and number of fields are. */
const answerLimits: ScanLimits = { bodyBytes: Number.MAX_SAFE_INTEGER, depth: 1000, fields: 1000 }

const openBrace = 0x7b

/** Where the name of the model stands: in the object itself, and in the named one within it. */
const innerObject: Partial<Record<AnswerApi, string>> = { messages: 'message', responses: 'response' }

/**
 * The changes of an event's data; null when the client is not to get the event at all, because it holds nothing but usage
 * that was not asked for. What is no JSON object stays as it is ([DONE]; the client may make more of it than we do).
 */
export function answerSplices(
  data: Buffer,
  api: AnswerApi,
  model: string | null,
  stripUsage: boolean,
): readonly Splice[] | null {
  if (model === null && !stripUsage) return []
  const scanned = tryScan(data)
  if (scanned === null) return []
  const splices: Splice[] = []
  if (model !== null) {
    renameModel(scanned, model, splices)
    const inner = innerObject[api]
    const span = inner === undefined ? undefined : scanned.fields.get(inner)
    if (span?.kind === 'object') renameModel(scanObject(data, span.valueStart, answerLimits), model, splices)
  }
  const usage = stripUsage ? scanned.fields.get('usage') : undefined
  if (usage === undefined) return splices
  if (usage.kind !== 'null' && isEmptyList(data, scanned.fields.get('choices'))) return null
  return [...splices, dropField(scanned, usage)]
}

/** The changes of a whole answer: the alias for the model's name. */
export function bodySplices(body: Buffer, api: AnswerApi, model: string | null): readonly Splice[] {
  return answerSplices(body, api, model, false) ?? []
}

function renameModel(scanned: ScannedObject, model: string, splices: Splice[]): void {
  if (scanned.fields.get('model')?.kind !== 'string') return
  // Even when the names are the same: the place is what the events that follow are known by.
  splices.push(setField(scanned, 'model', model))
}

function isEmptyList(data: Buffer, span: FieldSpan | undefined): boolean {
  if (span === undefined) return true
  if (span.kind !== 'array') return false
  return data.toString('latin1', span.valueStart + 1, span.valueEnd - 1).trim() === ''
}

function tryScan(data: Buffer): ScannedObject | null {
  // The end mark of each stream: making a fault of it takes as long as several tokens do.
  if (data[skipSpace(data, 0)] !== openBrace) return null
  try {
    return scanObject(data, 0, answerLimits)
  } catch {
    return null
  }
}
