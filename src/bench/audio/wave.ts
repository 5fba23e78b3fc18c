/** Length of RIFF/WAVE files. */

/** What writers that did not know the end put for a size. */
const unknownSizes = new Set([0, 0xffffffff])

/** Bytes of the data chunk ÷ bytes a second of the fmt chunk. A size that is unknown or too large: up to the file's end. */
export function waveSeconds(file: Buffer): number | null {
  if (file.toString('latin1', 8, 12) !== 'WAVE') return null
  let bytesPerSecond = 0
  for (let at = 12; at + 8 <= file.length; ) {
    const kind = file.toString('latin1', at, at + 4)
    const size = file.readUInt32LE(at + 4)
    const left = file.length - at - 8
    if (kind === 'fmt ' && left >= 16) bytesPerSecond = file.readUInt32LE(at + 16)
    if (kind === 'data') {
      const bytes = unknownSizes.has(size) ? left : Math.min(size, left)
      return bytesPerSecond > 0 ? bytes / bytesPerSecond : null
    }
    // Chunks are padded to even sizes.
    at += 8 + size + (size % 2)
  }
  return null
}
