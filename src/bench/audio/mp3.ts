/** Length of MP3 files (MPEG-1, 2 and 2.5, layer III; ISO/IEC 11172-3 and 13818-3). */

/** kbit/s by the four bits of a frame's head; 0 stands for a rate that is not said, which is not read here. */
const ratesMpeg1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const ratesMpeg2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

const sampleRates = [44_100, 48_000, 32_000]

/** How far rubbish in front of the first frame is searched, bytes: a guess; tags were taken off before. */
const searchedBytes = 65_536

interface Frame {
  readonly bytes: number
  readonly samples: number
  readonly sampleRate: number
  /** Of the description that encoders put into a first frame without sound (Xing, Info), behind the side information. */
  readonly descriptionAt: number
}

/**
 * Frames × samples of a frame ÷ sample rate. Their number is what the first frame says (Xing, Info and VBRI headers), or they
 * are counted one by one, which is exact at constant and variable rates. Silence that encoders add at both ends (some
 * 0.05 s) is counted. Null when no frame follows another.
 */
export function mp3Seconds(file: Buffer): number | null {
  let at = 0
  let first = readFrame(file, 0)
  const end = Math.min(file.length, searchedBytes)
  // What looks like a head may be chance: another one must follow where this frame ends.
  while (first === null || !followed(file, at, first)) {
    at++
    if (at >= end) return null
    first = readFrame(file, at)
  }
  const described = describedFrames(file, at, first)
  if (described !== null) return (described * first.samples) / first.sampleRate
  let seconds = 0
  for (;;) {
    const frame = readFrame(file, at)
    if (frame === null || at + frame.bytes > file.length) {
      // Tags at the end, or a file that was cut.
      return seconds > 0 ? seconds : null
    }
    seconds += frame.samples / frame.sampleRate
    at += frame.bytes
  }
}

function followed(file: Buffer, at: number, frame: Frame): boolean {
  const next = at + frame.bytes
  return (at === 0 && next === file.length) || readFrame(file, next) !== null
}

function readFrame(file: Buffer, at: number): Frame | null {
  if (at + 4 > file.length) return null
  const head = file.readUInt32BE(at)
  const version = (head >>> 19) & 3
  const layer = (head >>> 17) & 3
  const rateIndex = (head >>> 12) & 15
  const sampleIndex = (head >>> 10) & 3
  if (head >>> 21 !== 0x7ff || version === 1 || layer !== 1) return null
  if (rateIndex === 0 || rateIndex === 15 || sampleIndex === 3) return null
  const mpeg1 = version === 3
  const kilobits = (mpeg1 ? ratesMpeg1 : ratesMpeg2)[rateIndex]!
  // MPEG-2 has half, MPEG-2.5 a quarter of MPEG-1's sample rates.
  const sampleRate = sampleRates[sampleIndex]! / (mpeg1 ? 1 : version === 2 ? 2 : 4)
  const samples = mpeg1 ? 1152 : 576
  const padding = (head >>> 9) & 1
  const mono = ((head >>> 6) & 3) === 3
  return {
    bytes: Math.floor(((samples / 8) * kilobits * 1000) / sampleRate) + padding,
    samples,
    sampleRate,
    descriptionAt: 4 + (mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17),
  }
}

function describedFrames(file: Buffer, at: number, frame: Frame): number | null {
  const xing = at + frame.descriptionAt
  const mark = file.toString('latin1', xing, xing + 4)
  if ((mark === 'Xing' || mark === 'Info') && xing + 12 <= file.length) {
    const countsFrames = (file.readUInt32BE(xing + 4) & 1) === 1
    const frames = file.readUInt32BE(xing + 8)
    return countsFrames && frames > 0 ? frames : null
  }
  const vbri = at + 36
  if (file.toString('latin1', vbri, vbri + 4) === 'VBRI' && vbri + 18 <= file.length) {
    const frames = file.readUInt32BE(vbri + 14)
    return frames > 0 ? frames : null
  }
  return null
}
