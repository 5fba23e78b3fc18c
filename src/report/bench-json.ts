/**
 * A measurement as JSON: the result itself, field by field, so that it can be read back. Stable: fields are only added within one
 * `version`. Names carry their unit; money that adds up exactly is integer nano-dollars in a decimal string.
 */
import type { BenchResult } from '../measure/bench-result.ts'
import { jsonText } from './json-text.ts'

/** Text with a line break at its end; an assertion fails for numbers that JSON cannot hold. */
export function benchJson(result: BenchResult): string {
  return jsonText(result)
}
