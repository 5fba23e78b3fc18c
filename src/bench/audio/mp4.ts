/** Length of MP4 and M4A files (ISO/IEC 14496-12). */

/** Duration ÷ time scale of the movie header; null without one, or when it says 0 as fragmented files do. */
export function mp4Seconds(file: Buffer): number | null {
  const movie = findBox(file, 'moov')
  const head = movie === null ? null : findBox(movie, 'mvhd')
  if (head === null || head.length < 20) return null
  const wide = head[0] === 1
  if (wide && head.length < 32) return null
  const scale = head.readUInt32BE(wide ? 20 : 12)
  const duration = wide ? Number(head.readBigUInt64BE(24)) : head.readUInt32BE(16)
  return scale > 0 && duration > 0 ? duration / scale : null
}

/** Content of the first box of a kind among those of `bytes`. */
function findBox(bytes: Buffer, kind: string): Buffer | null {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const short = bytes.readUInt32BE(at)
    // 1: the size follows in 64 bits. 0: up to the end.
    const wide = short === 1 && at + 16 <= bytes.length
    const size = wide ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short
    const head = wide ? 16 : 8
    if (size < head) return null
    if (bytes.toString('latin1', at + 4, at + 8) === kind) return bytes.subarray(at + head, at + size)
    at += size
  }
  return null
}
