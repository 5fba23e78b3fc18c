/** Length of FLAC files (RFC 9639, section 8.2). */

/** Samples ÷ sample rate of the STREAMINFO block, which comes first; null when it does not count the samples. */
export function flacSeconds(file: Buffer): number | null {
  // Mark 4, block head 4, block and frame sizes 10; then 20 bits of rate, 8 of channels and depth, 36 of samples.
  const at = 18
  if (file.length < at + 8 || (file[4]! & 0x7f) !== 0) return null
  const rate = file.readUIntBE(at, 3) >>> 4
  const samples = (file[at + 3]! & 0x0f) * 2 ** 32 + file.readUInt32BE(at + 4)
  return rate > 0 && samples > 0 ? samples / rate : null
}
