/** A bar with its name and value; it may float, as the steps of a waterfall do. */
export interface BarRow {
  readonly name: string
  /** Where the bar begins and ends, in the figure's unit. */
  readonly from: number
  readonly to: number
  readonly text: string
  readonly kind: 'part' | 'total' | 'good' | 'bad'
  /** Ends of an error band around `to`. */
  readonly band?: readonly [low: number, high: number]
}
