/** How long a sound file plays, from its head or, failing that, its size. */

/**
 * Bytes of a second of sound whose format is not read: 128 kbit/s, a usual rate of MP3. Assumed; WAV files are measured.
 */
const bytesPerSecondUnknown = 16_000

/** Seconds of a RIFF/WAVE file by its fmt and data chunks (Microsoft and IBM, Multimedia Programming Interface 1.0, 1991). */
export function soundSeconds(file: Buffer): number {
  return waveSeconds(file) ?? file.length / bytesPerSecondUnknown
}

function waveSeconds(file: Buffer): number | null {
  if (
    file.length < 12 ||
    file.toString('latin1', 0, 4) !== 'RIFF' ||
    file.toString('latin1', 8, 12) !== 'WAVE'
  ) {
    return null
  }
  let bytesPerSecond = 0
  let at = 12
  while (at + 8 <= file.length) {
    const kind = file.toString('latin1', at, at + 4)
    const size = file.readUInt32LE(at + 4)
    if (kind === 'fmt ' && at + 20 <= file.length) bytesPerSecond = file.readUInt32LE(at + 16)
    // Streams written without knowing their end say 0 or 2^32 − 1.
    if (kind === 'data')
      return bytesPerSecond > 0 ? Math.min(size || Infinity, file.length - at - 8) / bytesPerSecond : null
    at += 8 + size + (size % 2)
  }
  return null
}
