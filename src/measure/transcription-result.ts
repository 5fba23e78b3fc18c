/** Speech to text as measured: speed, errors and dollars per hour of audio. */

export interface TranscriptionResult {
  readonly files: number
  readonly audioSeconds: number
  /** Hours of audio per hour of the deployment. */
  readonly realTimeFactorThroughput: number
  /** Seconds of audio ÷ seconds until its text, by request. */
  readonly realTimeFactorMean: number | null
  readonly usdPerAudioHour: number | null
  /** Over all references; null without reference texts. */
  readonly wordErrorRate: number | null
  readonly characterErrorRate: number | null
  readonly byLanguage: readonly {
    readonly language: string
    readonly files: number
    readonly audioSeconds: number
    readonly wordErrorRate: number | null
    readonly characterErrorRate: number | null
  }[]
}
