/** How tests of importers give files and take runs. */
import { assert, present } from '../../core/assert.ts'
import type { ImportedRun } from './imported-run.ts'
import { type MeasuredFile, measuredText } from './measured-file.ts'

/** On one line, as Python's json.dump writes. */
export function json(value: unknown, name = 'a/x.json'): MeasuredFile {
  return measuredText(name, JSON.stringify(value))
}

/** On many lines. */
export function pretty(value: unknown, name = 'a/x.json'): MeasuredFile {
  return measuredText(name, JSON.stringify(value, null, 2))
}

export function only(runs: readonly ImportedRun[]): ImportedRun {
  assert(runs.length === 1, `one run is expected, got ${runs.length}`)
  return present(runs[0], 'a run')
}
