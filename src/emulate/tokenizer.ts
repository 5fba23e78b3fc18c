/**
 * The emulator's tokenizer: no vocabulary, no files, the same on every machine, and reversible. A token is a piece of 1 to
 * 6 bytes of UTF-8; its id is the bytes read as a big-endian number, counted on after all shorter pieces. Text is cut
 * where the kind of character changes (word, space, line break or other blank, punctuation), one blank in front belongs to
 * the word behind it, and a run is cut after 6 bytes, never inside a character. English comes to about 4 characters a
 * token, as with the tokenizers of real models (docs/guides/emulate.md says how much).
 */

/** Ids below are special tokens of the chat template; text never encodes to them. */
export const firstTextToken = 100
export const longestPieceBytes = 6

/** firstIdOfLength[n]: id of the piece of n zero bytes. */
const firstIdOfLength: readonly number[] = (() => {
  const first = [0, firstTextToken]
  for (let length = 2; length <= longestPieceBytes + 1; length++) {
    first.push(first[length - 1]! + 256 ** (length - 1))
  }
  return first
})()

/** Ids run from 0 to this number − 1; below 2^49, so exact in JSON numbers. */
export const vocabularySize = firstIdOfLength[longestPieceBytes + 1]!

const word = 1
const space = 2
const blank = 3
const mark = 4

/** Kind of each ASCII character; everything above ASCII counts as part of a word. */
const kindOfAscii: Uint8Array = (() => {
  const kinds = new Uint8Array(128).fill(mark)
  for (let code = 0; code < 32; code++) kinds[code] = blank
  kinds[127] = blank
  kinds[32] = space
  for (let code = 48; code < 58; code++) kinds[code] = word
  for (let code = 65; code < 91; code++) kinds[code] = word
  for (let code = 97; code < 123; code++) kinds[code] = word
  return kinds
})()

/** Appends the token ids of a text. Lone surrogates are read as U+FFFD, as UTF-8 encoders do. */
export function encodeInto(text: string, ids: number[]): void {
  let value = 0
  let bytes = 0
  let kind = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x80) {
      const asciiKind = kindOfAscii[code]!
      const joins = asciiKind === kind || (asciiKind === word && kind === space && bytes === 1)
      if (bytes > 0 && (!joins || bytes === longestPieceBytes)) {
        ids.push(firstIdOfLength[bytes]! + value)
        value = 0
        bytes = 0
      }
      kind = asciiKind
      value = value * 256 + code
      bytes++
      continue
    }
    const point = text.codePointAt(index)!
    if (point > 0xffff) index++
    const scalar = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    const pointBytes = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    const joins = kind === word || (kind === space && bytes === 1)
    if (bytes > 0 && (!joins || bytes + pointBytes > longestPieceBytes)) {
      ids.push(firstIdOfLength[bytes]! + value)
      value = 0
      bytes = 0
    }
    kind = word
    value = value * weightOfBytes[pointBytes]! + utf8Value(scalar, pointBytes)
    bytes += pointBytes
  }
  if (bytes > 0) ids.push(firstIdOfLength[bytes]! + value)
}

const weightOfBytes: readonly number[] = [1, 256, 256 ** 2, 256 ** 3, 256 ** 4]

/** Token ids of a text. */
export function encode(text: string): number[] {
  const ids: number[] = []
  encodeInto(text, ids)
  return ids
}

/** UTF-8 bytes of a code point above ASCII as one number. */
function utf8Value(point: number, bytes: number): number {
  const last = 0x80 | (point & 0x3f)
  if (bytes === 2) return ((0xc0 | (point >> 6)) << 8) | last
  const middle = 0x80 | ((point >> 6) & 0x3f)
  if (bytes === 3) return ((0xe0 | (point >> 12)) << 16) | (middle << 8) | last
  return (0xf0 | (point >> 18)) * 0x1000000 + (((0x80 | ((point >> 12) & 0x3f)) << 16) | (middle << 8) | last)
}

const decoder = new TextDecoder()

/** Appends the bytes of a text token; false when the id is none. */
function appendBytes(id: number, bytes: number[]): boolean {
  if (!Number.isSafeInteger(id) || id < firstTextToken || id >= vocabularySize) return false
  let length = 1
  while (id >= firstIdOfLength[length + 1]!) length++
  let value = id - firstIdOfLength[length]!
  const start = bytes.length
  for (let place = length - 1; place >= 0; place--) {
    bytes[start + place] = value % 256
    value = Math.floor(value / 256)
  }
  return true
}

/** Text of token ids. Special tokens are named by `nameSpecial`; ids of no token are read as U+FFFD. */
export function decode(ids: readonly number[], nameSpecial: (id: number) => string): string {
  let text = ''
  let bytes: number[] = []
  const flush = () => {
    text += decoder.decode(Uint8Array.from(bytes))
    bytes = []
  }
  for (const id of ids) {
    if (appendBytes(id, bytes)) continue
    flush()
    text += Number.isSafeInteger(id) && id >= 0 && id < firstTextToken ? nameSpecial(id) : '\ufffd'
  }
  flush()
  return text
}
