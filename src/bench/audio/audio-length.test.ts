import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { audioSeconds, readLength } from './audio-length.ts'
import { ffmpegSound, type SoundName } from './ffmpeg-sounds.fixture.ts'
import { makeTone } from './tone.ts'

describe('files of other hands', () => {
  test.each<[SoundName, number]>([
    ['flac', 1.5],
    ['opus', 1.5],
    ['m4a', 1.5],
    // 44 frames of 576 samples at 16 kHz, told by the header and counted.
    ['mp3', 1.584],
    ['mp3Bare', 1.584],
    ['mp3Mpeg1', (21 * 1152) / 44_100],
  ])('%s', (name, seconds) => {
    expect(audioSeconds(ffmpegSound(name), name)).toBeCloseTo(seconds, 6)
  })

  test('a length that is not said is no length', () => {
    expect(() => audioSeconds(ffmpegSound('fragmentedMp4'), 'a.m4a')).toThrow(/mp4 headers do not say/)
  })
})

describe('WAV', () => {
  const tone = Buffer.from(makeTone(2))

  test('by its chunks', () => {
    expect(audioSeconds(tone, 'a.wav')).toBe(2)
    // A chunk of odd size in front of the data, padded.
    const list = Buffer.from([...Buffer.from('LIST'), 3, 0, 0, 0, 1, 2, 3, 0])
    expect(audioSeconds(Buffer.concat([tone.subarray(0, 36), list, tone.subarray(36)]), 'a.wav')).toBe(2)
  })

  test('written on the fly, or cut', () => {
    for (const size of [0, 0xffffffff]) {
      const open = Buffer.from(tone)
      open.writeUInt32LE(size, 40)
      expect(audioSeconds(open, 'a.wav')).toBe(2)
    }
    expect(audioSeconds(tone.subarray(0, 44 + 16_000), 'a.wav')).toBe(0.5)
  })

  test('without sound', () => {
    expect(readLength(tone.subarray(0, 40))).toEqual({ format: 'wav', seconds: null })
    const silent = Buffer.from(tone)
    silent.writeUInt32LE(0, 28)
    expect(readLength(silent)).toEqual({ format: 'wav', seconds: null })
  })
})

describe('Vorbis', () => {
  /** A page of Ogg with one packet. */
  function page(position: bigint, serial: number, packet: Buffer): Buffer {
    const head = Buffer.alloc(28)
    head.write('OggS', 0, 'latin1')
    head.writeBigUInt64LE(position, 6)
    head.writeUInt32LE(serial, 14)
    head[26] = 1
    head[27] = packet.length
    return Buffer.concat([head, packet])
  }
  const identification = Buffer.alloc(30)
  identification.write('\u0001vorbis', 0, 'latin1')
  identification.writeUInt32LE(8000, 12)
  const first = page(0n, 7, identification)

  test('by the last page of its stream that ends a packet', () => {
    const pages = [
      first,
      page(16_000n, 7, Buffer.alloc(9)),
      page(2n ** 64n - 1n, 7, Buffer.alloc(9)),
      page(99_999n, 8, Buffer.alloc(9)),
    ]
    expect(audioSeconds(Buffer.concat(pages), 'a.ogg')).toBe(2)
  })

  test('cut after its head', () => {
    expect(readLength(first)).toEqual({ format: 'ogg', seconds: null })
    expect(readLength(first.subarray(0, 20))).toEqual({ format: 'ogg', seconds: null })
  })
})

test('tags in front of the first frame', () => {
  const tag = Buffer.concat([
    Buffer.from('ID3\u0004\u0000\u0000\u0000\u0000\u0001\u0005', 'latin1'),
    Buffer.alloc(133),
  ])
  expect(audioSeconds(Buffer.concat([tag, ffmpegSound('mp3Bare')]), 'a.mp3')).toBeCloseTo(1.584, 6)
  // Rubbish with something like a frame's head in it, and a tag behind.
  const rubbish = Buffer.from([1, 0xff, 0xfb, 0x90, 0, 2, 3])
  const dirty = Buffer.concat([rubbish, ffmpegSound('mp3Bare'), Buffer.from('TAG'), Buffer.alloc(125)])
  expect(audioSeconds(dirty, 'a.mp3')).toBeCloseTo(1.584, 6)
})

test('what is no sound is refused with a remedy', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(5000, 0xff), Buffer.alloc(5000)]) {
    try {
      audioSeconds(bytes, 'x/notes.mp3')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(TokenwrightError)
      expect(error).toMatchObject({
        code: 'file',
        where: 'x/notes.mp3',
        fix: expect.stringContaining('ffmpeg'),
      })
    }
  }
})

test('files that are cut anywhere are read or refused, never worse', () => {
  for (const name of ['flac', 'opus', 'm4a', 'mp3', 'mp3Mpeg1'] as const) {
    const whole = ffmpegSound(name)
    for (let length = 0; length < whole.length; length += 7) {
      const found = readLength(whole.subarray(0, length))
      expect(found?.seconds ?? 0).toBeLessThanOrEqual(1.6)
    }
  }
})

test('tones', () => {
  const tone = makeTone(0.5)
  expect(tone).toEqual(makeTone(0.5))
  expect(tone).not.toEqual(makeTone(0.5, 1))
  expect(tone.length).toBe(44 + 16_000)
  const samples = new Int16Array(Uint8Array.from(tone.subarray(44)).buffer)
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  expect(peak).toBeGreaterThan(10_000)
  expect(peak).toBeLessThanOrEqual(16_384)
  expect(() => makeTone(0)).toThrow(/a day/)
  expect(() => makeTone(Number.NaN)).toThrow(/a day/)
})
