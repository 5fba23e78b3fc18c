/**
 * How long a sound file plays, from its own headers: what real-time factors and dollars per hour of audio are counted in.
 * Decoding is left to the server. Formats from memory of their specifications; the tests hold files written by FFmpeg.
 */
import { TokenwrightError } from '../../core/errors.ts'
import { flacSeconds } from './flac.ts'
import { mp3Seconds } from './mp3.ts'
import { mp4Seconds } from './mp4.ts'
import { oggSeconds } from './ogg.ts'
import { waveSeconds } from './wave.ts'

export type AudioFormat = 'wav' | 'flac' | 'ogg' | 'mp4' | 'mp3'

/** What a header says; seconds are null when it does not tell, as streams that were cut or written on the fly do not. */
export interface AudioLength {
  readonly format: AudioFormat
  readonly seconds: number | null
}

/** Endings of file names that are taken for sound. What a file is, is read from its first bytes. */
export const audioEndings = ['.wav', '.flac', '.mp3', '.ogg', '.oga', '.opus', '.m4a', '.mp4'] as const

/**
 * Seconds of a WAV, FLAC, Ogg (Opus, Vorbis), MP4 (M4A) or MP3 file.
 * @throws TokenwrightError `file` when it is none of these or does not say how long it is
 */
export function audioSeconds(file: Buffer, fileName: string): number {
  const length = readLength(file)
  if (length === null) {
    throw unreadable(fileName, 'it is no WAV, FLAC, Ogg, M4A or MP3 file')
  }
  const { format, seconds } = length
  if (seconds === null || !Number.isFinite(seconds) || seconds <= 0) {
    throw unreadable(fileName, `its ${format} headers do not say how long it is`)
  }
  return seconds
}

/** Null for what is no known format. */
export function readLength(file: Buffer): AudioLength | null {
  const sound = withoutTag(file)
  const mark = sound.toString('latin1', 0, 4)
  if (mark === 'RIFF' || mark === 'RF64') return { format: 'wav', seconds: waveSeconds(sound) }
  if (mark === 'fLaC') return { format: 'flac', seconds: flacSeconds(sound) }
  if (mark === 'OggS') return { format: 'ogg', seconds: oggSeconds(sound) }
  if (sound.toString('latin1', 4, 8) === 'ftyp') return { format: 'mp4', seconds: mp4Seconds(sound) }
  const seconds = mp3Seconds(sound)
  return seconds === null ? null : { format: 'mp3', seconds }
}

/** ID3v2 tags stand in front of MP3 and, rarely, of FLAC: ten bytes of head, its size in four bytes of seven bits. */
function withoutTag(file: Buffer): Buffer {
  if (file.length < 10 || file.toString('latin1', 0, 3) !== 'ID3') return file
  const size = (file[6]! << 21) | (file[7]! << 14) | (file[8]! << 7) | file[9]!
  const footer = (file[5]! & 0x10) === 0 ? 0 : 10
  return file.subarray(10 + size + footer)
}

function unreadable(fileName: string, reason: string): TokenwrightError {
  return new TokenwrightError('file', `cannot tell how long ${fileName} plays: ${reason}`, {
    where: fileName,
    fix: 'convert it, for instance `ffmpeg -i FILE -ar 16000 -ac 1 FILE.wav`, or take it out of the folder',
  })
}
