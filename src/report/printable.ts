/** Words of others (a server's, a file's) as they may be printed: no control characters, which terminals obey. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const controls = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g

/** Line breaks and tabs become spaces; other control characters, and those that turn the direction of writing, `�`. */
export function printable(text: string): string {
  return text.replace(controls, found => (/^[\t\n\r]+$/.test(found) ? ' ' : '�'))
}

/** The same value with all its strings printable, names of fields included. */
export function allPrintable<Value>(value: Value): Value {
  return cleaned(value) as Value
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return printable(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(cleaned)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [printable(key), cleaned(part)]))
}
