/**
 * Texts made comparable before errors are counted, and cut into the units that are counted. What is done, and how it
 * differs from the normaliser of OpenAI's Whisper: docs/guides/transcription.md.
 */
import { spokenEnglish } from './transcription-english.ts'

export interface NormalisationSettings {
  /** English only: contractions written out, numbers as digits, fillers dropped. As read: leaderboards do so. */
  readonly spokenEnglish: boolean
}

export const defaultNormalisation: NormalisationSettings = { spokenEnglish: true }

/** Written without blanks between words, by ISO 639: Chinese, Cantonese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan. */
const languagesWithoutBlanks = new Set([
  ...['zh', 'zho', 'chi', 'cmn', 'yue', 'wuu', 'ja', 'jpn', 'th', 'tha', 'lo', 'lao', 'km', 'khm'],
  ...['my', 'mya', 'bur', 'bo', 'bod', 'tib'],
])

/** Names that data sets and APIs use instead of codes (OpenAI's verbose_json says "english"). */
const codeOfName: Readonly<Record<string, string>> = {
  english: 'en',
  eng: 'en',
  chinese: 'zh',
  mandarin: 'zh',
  cantonese: 'yue',
  japanese: 'ja',
  thai: 'th',
  lao: 'lo',
  khmer: 'km',
  burmese: 'my',
  myanmar: 'my',
  tibetan: 'bo',
}

/** `en` of `en-US`, `en_us` and `English`: the first part of a BCP 47 tag, in lower case; '' stays ''. */
export function primaryLanguage(language: string): string {
  const first = language.trim().toLowerCase().split(/[-_]/, 1)[0]!
  return codeOfName[first] ?? first
}

/**
 * The text in the form in which it is compared: Unicode NFKC, lower case, notes in brackets dropped, punctuation and
 * symbols dropped, one blank between words. Kept are marks that belong to letters (accents, vowel signs), an apostrophe
 * within a word, and a full stop or comma between digits. In English, unless settings say no, also as spoken.
 */
export function normaliseTranscript(
  text: string,
  language: string,
  settings: NormalisationSettings = defaultNormalisation,
): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    // What transcripts say of sounds, not of words: [laughter], <unk>.
    .replace(/\[[^\]]*\]|<[^>]*>/g, ' ')
    .replace(/[\u2018\u2019\u02bc\uff07`\u00b4]/g, "'")
  const kept = plain
    // Apostrophes at the edge of a word are quotation marks.
    .replace(/(?<![\p{L}\p{M}\p{N}])'|'(?![\p{L}\p{M}\p{N}])/gu, ' ')
    .replace(/(?<!\p{N})[.,]|[.,](?!\p{N})/gu, ' ')
    .replace(/[^\p{L}\p{M}\p{N}\s'.,]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return settings.spokenEnglish && primaryLanguage(language) === 'en' ? spokenEnglish(kept) : kept
}

/**
 * Whether words are not set apart, so that characters are counted instead. By the language; where none is known, by the
 * script of most letters of the text.
 */
export function countsCharacters(language: string, text: string): boolean {
  const code = primaryLanguage(language)
  if (code !== '' && code !== 'und') return languagesWithoutBlanks.has(code)
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const without =
    text.match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu,
    )?.length ?? 0
  return without * 2 > letters
}

/** Words of a normalised text. */
export function wordsOf(normalised: string): string[] {
  return normalised === '' ? [] : normalised.split(' ')
}

/**
 * Characters of a normalised text as its readers see them (extended grapheme clusters, Unicode annex 29): a letter with its
 * accents or vowel signs is one. One blank between words counts as a character, as in jiwer; none does with `blanks` off.
 */
export function charactersOf(normalised: string, blanks: boolean): string[] {
  const characters: string[] = []
  for (const { segment } of graphemes.segment(normalised))
    if (blanks || segment !== ' ') characters.push(segment)
  return characters
}

/** Graphemes do not depend on the language. */
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
