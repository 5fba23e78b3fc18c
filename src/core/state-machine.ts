/**
 * Anything that lives in time: workload, engine, router, fleet. It never waits and reads no clock; a driver calls it.
 * In virtual time the driver jumps from one nextUs to the next (src/sim), in real time it waits (src/emulate): the same
 * code makes the same decisions in both.
 *
 * Time is integer microseconds from the start of the run and never runs backwards between calls. Outputs are pushed into
 * `out` in the order in which they happen; each carries its own time, which may lie before nowUs (a step that ended
 * between two wakes) but never after it.
 */
export interface Process<Input, Output> {
  /** Something happened outside at nowUs. */
  accept(nowUs: number, input: Input, out: Output[]): void
  /** When it next needs wake(); Infinity when only an input can move it. */
  nextUs(): number
  /** Its time has come: nowUs ≥ nextUs(). */
  wake(nowUs: number, out: Output[]): void
}
