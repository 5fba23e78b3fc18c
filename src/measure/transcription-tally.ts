/** Transcriptions added up as they come: speed, errors by language, and dollars per hour of audio. */
import { assert } from '../core/assert.ts'
import { addErrors, type ErrorCounts, errorRate, noErrors } from './transcription-errors.ts'
import type { TranscriptionResult } from './transcription-result.ts'
import { scoreTranscript } from './transcription-score.ts'
import { defaultNormalisation, type NormalisationSettings, primaryLanguage } from './transcription-text.ts'

/** One answer that was served; others have no text and count in the errors of the run. */
export interface Transcription {
  readonly fileName: string
  /** `de`, `en-US` …; '' when it is not known. Reported by its first part, unknown ones as `und` (BCP 47). */
  readonly language: string
  readonly audioSeconds: number
  /** From sent to the end of the text. */
  readonly latencyMs: number
  readonly text: string
  /** Null when it is not known what was said. */
  readonly reference: string | null
}

export interface TranscriptionTally {
  add(transcription: Transcription): void
  /**
   * @param usdPerHour of the whole deployment; null when no hardware or price was named
   * @param wallSeconds that it took all together, from the first request to the end of the last
   */
  result(usdPerHour: number | null, wallSeconds: number): TranscriptionResult
}

interface LanguageSums {
  files: number
  audioSeconds: number
  words: ErrorCounts
  characters: ErrorCounts
}

/**
 * Errors are pooled: all errors ÷ all words of the references, so a long file weighs more than a short one. Texts are scored
 * when they are added (O(words × errors) each) and not kept.
 */
export function createTranscriptionTally(
  settings: NormalisationSettings = defaultNormalisation,
): TranscriptionTally {
  const languages = new Map<string, LanguageSums>()
  let speedSum = 0
  let timed = 0
  const sumsOf = (language: string) => {
    const name = primaryLanguage(language) || 'und'
    const known = languages.get(name)
    if (known !== undefined) return known
    const fresh = { files: 0, audioSeconds: 0, words: noErrors, characters: noErrors }
    languages.set(name, fresh)
    return fresh
  }
  return {
    add({ fileName, language, audioSeconds, latencyMs, text, reference }) {
      assert(audioSeconds >= 0 && Number.isFinite(audioSeconds), `${fileName} has a length`)
      const sums = sumsOf(language)
      sums.files++
      sums.audioSeconds += audioSeconds
      if (latencyMs > 0) {
        speedSum += (audioSeconds * 1000) / latencyMs
        timed++
      }
      if (reference === null) return
      const score = scoreTranscript(reference, text, language, settings)
      sums.words = addErrors(sums.words, score.words)
      sums.characters = addErrors(sums.characters, score.characters)
    },
    result(usdPerHour, wallSeconds) {
      assert(wallSeconds > 0, 'the measurement took time')
      const all = [...languages.values()]
      const audioSeconds = all.reduce((sum, each) => sum + each.audioSeconds, 0)
      const realTimeFactorThroughput = audioSeconds / wallSeconds
      const pooled = (part: 'words' | 'characters') =>
        errorRate(all.reduce((sum, each) => addErrors(sum, each[part]), noErrors))
      return {
        files: all.reduce((sum, each) => sum + each.files, 0),
        audioSeconds,
        realTimeFactorThroughput,
        realTimeFactorMean: timed === 0 ? null : speedSum / timed,
        usdPerAudioHour: usdPerAudioHour(usdPerHour, realTimeFactorThroughput),
        wordErrorRate: pooled('words'),
        characterErrorRate: pooled('characters'),
        byLanguage: [...languages]
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
          .map(([language, sums]) => ({
            language,
            files: sums.files,
            audioSeconds: sums.audioSeconds,
            wordErrorRate: errorRate(sums.words),
            characterErrorRate: errorRate(sums.characters),
          })),
      }
    },
  }
}

/** $/h of the deployment ÷ hours of audio that it gets through in an hour; null without a price or without audio. */
export function usdPerAudioHour(usdPerHour: number | null, realTimeFactor: number): number | null {
  return usdPerHour === null || !(realTimeFactor > 0) ? null : usdPerHour / realTimeFactor
}
