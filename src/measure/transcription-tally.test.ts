import { expect, test } from 'vitest'
import { characterErrorRate, wordErrorRate } from './transcription-score.ts'
import { createTranscriptionTally, type Transcription, usdPerAudioHour } from './transcription-tally.ts'

const base: Transcription = {
  fileName: 'a.wav',
  language: 'en',
  audioSeconds: 60,
  latencyMs: 600,
  text: '',
  reference: null,
}

test('error rates of a text', () => {
  expect(wordErrorRate('The quick brown fox.', 'the quick brown fax', 'en')).toBe(0.25)
  expect(characterErrorRate('The quick brown fox.', 'the quick brown fax', 'en')).toBeCloseTo(1 / 19)
  // No words are set apart: one of four characters.
  expect(wordErrorRate('今天 天气', '今天天汽', 'zh')).toBe(0.25)
  expect(wordErrorRate('', 'invented', 'en')).toBeNull()
  expect(wordErrorRate('a', 'b c d', 'de')).toBe(3)
})

test('speed and money', () => {
  const tally = createTranscriptionTally()
  tally.add(base)
  tally.add({ ...base, audioSeconds: 120, latencyMs: 600 })
  // 180 s of audio in 1.5 s: 120 hours an hour. The worked example of the guide: an instance of $0.8048/h.
  const result = tally.result(0.8048, 1.5)
  expect(result).toMatchObject({ files: 2, audioSeconds: 180, realTimeFactorThroughput: 120 })
  expect(result.realTimeFactorMean).toBeCloseTo(150)
  expect(result.usdPerAudioHour).toBeCloseTo(0.8048 / 120, 12)
  expect(result.wordErrorRate).toBeNull()
  expect(result.byLanguage).toHaveLength(1)
  expect(tally.result(null, 1.5).usdPerAudioHour).toBeNull()
})

test('errors are pooled, by language and over all', () => {
  const tally = createTranscriptionTally()
  tally.add({ ...base, reference: 'left right', text: 'left x' })
  tally.add({ ...base, language: 'en-US', reference: 'a b c d e f g h', text: 'a b c d e f g h' })
  tally.add({ ...base, language: 'de', reference: 'ja nein', text: '' })
  // Without a reference, and without a known language.
  tally.add({ ...base, language: '', text: 'whatever' })
  const { wordErrorRate: all, byLanguage } = tally.result(null, 1)
  expect(all).toBe(3 / 12)
  expect(byLanguage.map(({ language, files, wordErrorRate: rate }) => [language, files, rate])).toEqual([
    ['de', 1, 1],
    ['en', 2, 0.1],
    ['und', 1, null],
  ])
})

test('nothing was transcribed', () => {
  expect(createTranscriptionTally().result(1, 1)).toMatchObject({
    files: 0,
    realTimeFactorThroughput: 0,
    realTimeFactorMean: null,
    usdPerAudioHour: null,
  })
  expect(usdPerAudioHour(1, 0)).toBeNull()
})
