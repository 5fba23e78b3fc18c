/**
 * Steps in a row whose batch does not change, as one: the k-th ends at start + k·first + slope·k(k−1)/2. The cost of a
 * decode step is close to linear in its context, so the two ends of the run fix the line. Drivers that skip and drivers
 * that go step by step use the same run, so both see the same times to the microsecond.
 */
export interface StepRun {
  readonly startUs: number
  /** Steps planned; less when something changes midway. */
  steps: number
  /** Steps already applied to sequences and caches. */
  done: number
  /** Duration of the first step and growth per step, µs. */
  readonly firstUs: number
  readonly slopeUs: number
  /** Energy of the first step and growth per step, joules. */
  readonly firstJoules: number
  readonly slopeJoules: number
  /** Share of each step's time that is due to prompts. */
  readonly prefillShare: number
  /** A stall pushes the end of the last step back, µs. */
  delayUs: number
  readonly decodeSequences: number
  readonly prefillTokens: number
}

/** End of the k-th step, whole µs. */
export function stepEndUs(run: StepRun, k: number): number {
  const end = run.startUs + Math.round(k * run.firstUs + (run.slopeUs * k * (k - 1)) / 2)
  return k >= run.steps ? end + run.delayUs : end
}

/** Joules of steps 1 to k. */
export function runJoules(run: StepRun, k: number): number {
  return k * run.firstJoules + (run.slopeJoules * k * (k - 1)) / 2
}

/** The first step that ends at nowUs or later; at least 1 and at most all. */
export function stepAt(run: StepRun, nowUs: number): number {
  let low = 1
  let high = run.steps
  while (low < high) {
    const middle = (low + high) >> 1
    if (stepEndUs(run, middle) >= nowUs) high = middle
    else low = middle + 1
  }
  return low
}
