/** Answers as JSON text: two spaces a level, lists of plain numbers on one line, a line break at the end. */

/** Big integers become decimal strings; an assertion fails for numbers that JSON cannot hold. */
export function jsonText(document: object): string {
  return `${onOneLine(JSON.stringify(document, jsonValue, 2))}\n`
}

/** Lists of plain numbers, as the timeline has, take one line each. Strings hold no raw line breaks, so none is touched. */
function onOneLine(json: string): string {
  return json.replace(
    /\[\n\s*((?:-?\d|null)[^[\]{}"]*?)\n\s*\]/g,
    (_, numbers: string) => `[${numbers.replace(/,\n\s*/g, ', ')}]`,
  )
}

/** Big integers become decimal strings; numbers JSON cannot hold are a fault of the program, not a null. */
function jsonValue(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`assertion failed: ${key} is ${value}, which JSON cannot hold`)
  }
  return value
}
