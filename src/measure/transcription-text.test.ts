import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  charactersOf,
  countsCharacters,
  normaliseTranscript,
  primaryLanguage,
  wordsOf,
} from './transcription-text.ts'

describe('normaliseTranscript', () => {
  test.each([
    ['Hello, World!', 'de', 'hello world'],
    ['  Straße —  “Größe”…', 'de', 'straße größe'],
    // Full-width forms and ligatures are the same letters (NFKC).
    ['Ｏﬃce', 'de', 'office'],
    ['e\u0301te\u0301', 'fr', 'été'],
    ['[laughter] oui <unk> (non)', 'fr', 'oui non'],
    ['L’homme d’aujourd’hui', 'fr', "l'homme d'aujourd'hui"],
    ["'quoted' words'", 'nl', 'quoted words'],
    ['3,5 Meter, 10. Mai', 'de', '3,5 meter 10 mai'],
    ['state-of-the-art', 'nl', 'state of the art'],
    ['हिन्दी में।', 'hi', 'हिन्दी में'],
    ['', 'en', ''],
    ['…!?', 'en', ''],
  ])('%s (%s)', (text, language, expected) => {
    expect(normaliseTranscript(text, language)).toBe(expected)
  })

  test.each([
    ["It's", 'it is'],
    ["They won't, can't and couldn’t.", 'they will not can not and could not'],
    ['Um, hmm yes', 'yes'],
    ['twenty-five', '25'],
    ['one hundred and five thousand three hundred', '105300'],
    ['in nineteen eighty-four', 'in 1984'],
    ['in twenty twenty-six', 'in 2026'],
    ['the twenty-first and the third', 'the 21st and the 3rd'],
    ['the one hundred and twelfth', 'the 112th'],
    ['three point one four', '3.14'],
    ['five point', '5 point'],
    ['call five five five one two', 'call 55512'],
    ['one two five hundred', '12 500'],
    ['two one hundred', '2 100'],
    ['zero', '0'],
    ['1,000,000 of 5 million', '1000000 of 5000000'],
    ['two million three thousand and six', '2003006'],
    ['one of us', 'one of us'],
    ['1 of us', 'one of us'],
    ['and point taken', 'and point taken'],
    ['Mr. Smith', 'mister smith'],
    ['hundred thousand', 'hundred thousand'],
  ])('as spoken: %s', (text, expected) => {
    expect(normaliseTranscript(text, 'en-GB')).toBe(expected)
  })

  test('as written on request, and in other languages', () => {
    expect(normaliseTranscript("It's twenty-five", 'en', { spokenEnglish: false })).toBe("it's twenty five")
    expect(normaliseTranscript('one', 'it')).toBe('one')
    expect(normaliseTranscript("it's", '')).toBe("it's")
  })

  test('is done after one pass, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('de', 'ja', ''), (text, language) => {
        const once = normaliseTranscript(text, language)
        expect(once).toMatch(/^(\S+( \S+)*)?$/)
        expect(normaliseTranscript(once, language)).toBe(once)
      }),
    )
  })

  test('English words and numbers never make it fail', () => {
    const words =
      'one two ten twenty ninety nine hundred thousand million point and first third twentieth hundredth 5 12 1 oh'
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words.split(' ')), { maxLength: 12 }), chosen => {
        const text = normaliseTranscript(chosen.join(' '), 'en')
        expect(text).not.toMatch(/NaN|undefined|e\+/)
        expect(text === '').toBe(chosen.length === 0)
      }),
    )
  })
})

test('languages', () => {
  expect(['en-US', 'EN_gb', 'English', 'zh-Hant', 'japanese', ''].map(primaryLanguage)).toEqual([
    ...['en', 'en', 'en', 'zh', 'ja', ''],
  ])
  expect(countsCharacters('ja', 'any')).toBe(true)
  expect(countsCharacters('ko', '안녕하세요')).toBe(false)
  // Not known: by the script.
  expect(countsCharacters('', '今天天气 ok')).toBe(true)
  expect(countsCharacters('', 'mostly words 今')).toBe(false)
  expect(countsCharacters('', '')).toBe(false)
})

test('units', () => {
  expect(wordsOf('a b')).toEqual(['a', 'b'])
  expect(wordsOf('')).toEqual([])
  expect(charactersOf('a b', true)).toEqual(['a', ' ', 'b'])
  // A Thai consonant with its vowel and tone is one.
  expect(charactersOf('ที่ นี่', false)).toEqual(['ที่', 'นี่'])
})
