/** Sound made up on the spot, for measuring speed where there is no speech to transcribe. */
import { assert } from '../../core/assert.ts'

/** What speech models take in: 16 kHz, one channel, 16 bits. */
const sampleRate = 16_000

/** Lowest tone, Hz: about a low voice. Assumed; it only has to be heard. */
const baseHz = 110
/** Swells per second: about the rate of syllables. Assumed. */
const swellHz = 4
/** Half of full scale. */
const amplitude = 0.5

/**
 * A WAV file of a tone that swells and fades: the same bytes for the same length and number, other pitches for other
 * numbers, so that a server's cache does not know them. It is no speech: a model that writes word by word has hardly a
 * word to write, so that it is faster than with speech, and its errors mean nothing.
 * @param seconds above 0, up to a day
 * @param number which tone, 0, 1, 2 …
 */
export function makeTone(seconds: number, number = 0): Uint8Array {
  assert(seconds > 0 && seconds <= 86_400, 'a tone lasts up to a day')
  const samples = Math.round(seconds * sampleRate)
  const file = Buffer.alloc(44 + samples * 2)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(36 + samples * 2, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(sampleRate * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(samples * 2, 40)
  // 997 is a prime: pitches repeat after as many tones.
  const radiansPerSample = (2 * Math.PI * (baseHz + (number % 997))) / sampleRate
  const swellPerSample = (2 * Math.PI * swellHz) / sampleRate
  for (let sample = 0; sample < samples; sample++) {
    const swell = 0.5 - 0.5 * Math.cos(sample * swellPerSample)
    const value = Math.round(32_767 * amplitude * swell * Math.sin(sample * radiansPerSample))
    file.writeInt16LE(value, 44 + sample * 2)
  }
  return file
}
