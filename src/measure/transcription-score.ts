/** Word and character errors of one transcript against its reference. */
import { countErrors, type ErrorCounts, errorRate } from './transcription-errors.ts'
import {
  charactersOf,
  countsCharacters,
  defaultNormalisation,
  type NormalisationSettings,
  normaliseTranscript,
  wordsOf,
} from './transcription-text.ts'

export interface TranscriptScore {
  /** Of words; of characters where the language sets no words apart. */
  readonly words: ErrorCounts
  readonly characters: ErrorCounts
}

/**
 * Both texts are normalised first. In languages without blanks between words (Chinese, Japanese, Thai …) a character is
 * taken for a word, and blanks count for nothing.
 */
export function scoreTranscript(
  reference: string,
  text: string,
  language: string,
  settings: NormalisationSettings = defaultNormalisation,
): TranscriptScore {
  const expected = normaliseTranscript(reference, language, settings)
  const heard = normaliseTranscript(text, language, settings)
  const dense = countsCharacters(language, expected)
  const characters = countErrors(charactersOf(expected, !dense), charactersOf(heard, !dense))
  return { words: dense ? characters : countErrors(wordsOf(expected), wordsOf(heard)), characters }
}

/**
 * Word error rate of one text, 0.05 for one wrong word in twenty; above 1 when much was invented, null when the reference
 * is empty. Rates of several texts are not averaged: add their counts.
 */
export function wordErrorRate(
  reference: string,
  text: string,
  language: string,
  settings: NormalisationSettings = defaultNormalisation,
): number | null {
  return errorRate(scoreTranscript(reference, text, language, settings).words)
}

/** As wordErrorRate, of characters. */
export function characterErrorRate(
  reference: string,
  text: string,
  language: string,
  settings: NormalisationSettings = defaultNormalisation,
): number | null {
  return errorRate(scoreTranscript(reference, text, language, settings).characters)
}
