/** The plan's prediction for the deployment that was measured: "predicted $0.31, measured $0.36, inside the band". */

export interface PredictionCheck {
  readonly deployment: string
  readonly rows: readonly PredictionRow[]
}

export interface PredictionRow {
  readonly name: 'usd per million tokens' | 'TTFT mean' | 'TPOT mean' | 'tokens/s per GPU'
  readonly unit: string
  readonly predicted: number
  readonly measured: number | null
  /** The plan's 80 % band around the prediction. */
  readonly low: number | null
  readonly high: number | null
  readonly inside: boolean | null
}
