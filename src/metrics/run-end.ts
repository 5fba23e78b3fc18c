/** What only the driver of a run knows at its end. */
export interface RunEnd {
  readonly endUs: number
  /** Accelerators of all pools, time-averaged where they come and go; null when nobody knows. */
  readonly devices: number | null
  /** Requests sent and not over. */
  readonly unfinished: number
  /**
   * Energy of the whole run as a fleet or a meter adds it up; null: what was told with steps and intervals is all. What
   * nobody placed in time is spread evenly over the run.
   */
  readonly joules: number | null
}
