/** JSON as pure ASCII, so that its length in characters is its length in bytes and the socket need not encode it. */

/** JSON of a value with every UTF-16 unit above ASCII escaped as `\u` and four hexadecimal digits. */
export function asciiJson(value: unknown): string {
  return escapeHigh(JSON.stringify(value))
}

/** A text as it stands between the quotes of a JSON string. */
export function asciiJsonInner(text: string): string {
  return asciiJson(text).slice(1, -1)
}

function escapeHigh(json: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
  if (/^[\x00-\x7f]*$/.test(json)) return json
  let text = ''
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index)
    text += code < 0x80 ? json[index]! : `\\u${code.toString(16).padStart(4, '0')}`
  }
  return text
}
