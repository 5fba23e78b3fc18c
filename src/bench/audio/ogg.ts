/** Length of Ogg files with Opus or Vorbis (RFC 3533; RFC 7845; Vorbis I). */

/** Opus counts in samples of 48 kHz whatever the input was. */
const opusRate = 48_000

/** A page without the end of a packet has no position. */
const noPosition = 2n ** 64n - 1n

/** Position of the last page, less what a decoder throws away at the start, ÷ sample rate of the first page. */
export function oggSeconds(file: Buffer): number | null {
  const codec = readCodec(file)
  if (codec === null) return null
  const serial = file.readUInt32LE(14)
  for (let at = file.lastIndexOf('OggS'); at >= 0; at = at === 0 ? -1 : file.lastIndexOf('OggS', at - 1)) {
    if (at + 18 > file.length || file.readUInt32LE(at + 14) !== serial) continue
    const position = file.readBigUInt64LE(at + 6)
    if (position === noPosition) continue
    const samples = Number(position) - codec.skippedSamples
    return samples > 0 ? samples / codec.rate : null
  }
  return null
}

function readCodec(file: Buffer): { readonly rate: number; readonly skippedSamples: number } | null {
  if (file.length < 27) return null
  // The head of a page: 27 bytes and one for each of its segments.
  const at = 27 + file[26]!
  if (file.length < at + 16) return null
  if (file.toString('latin1', at, at + 8) === 'OpusHead')
    return { rate: opusRate, skippedSamples: file.readUInt16LE(at + 10) }
  if (file.toString('latin1', at, at + 7) === '\u0001vorbis') {
    const rate = file.readUInt32LE(at + 12)
    return rate > 0 ? { rate, skippedSamples: 0 } : null
  }
  return null
}
