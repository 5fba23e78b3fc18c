/** The runs of a folder whose files are told by their content: what of it counts, whoever reads the files. */
import { TokenwrightError } from '../../core/errors.ts'
import { formatOf, type ImportOptions, importRuns, readFormats } from './import-runs.ts'
import type { ImportedRun } from './imported-run.ts'
import type { MeasuredFile } from './measured-file.ts'

/** Files whose names end so may be results; others in a folder are not looked at. */
export const resultEndings = /\.(json|jsonl|txt)$/

/**
 * The runs of a folder's files, one a load. Files of another kind are passed over.
 * @param where the folder, for errors
 * @throws TokenwrightError 'measurements' when none holds a result, or one with the name of a result is faulty
 */
export function importFolder(
  where: string,
  files: readonly MeasuredFile[],
  options: ImportOptions = {},
): ImportedRun[] {
  const known = files.filter(file => resultEndings.test(file.name) && isKnown(file))
  if (known.length === 0) {
    throw new TokenwrightError('measurements', 'no file in the folder is a result that is known', {
      where,
      fix: `these are read: ${readFormats}`,
    })
  }
  return importRuns(known, options)
}

/** A file of another kind is passed over; result.json and other names of results must not be faulty. */
function isKnown(file: MeasuredFile): boolean {
  try {
    return formatOf(file) !== null
  } catch (error) {
    if (resultNames.test(file.name)) throw error
    return false
  }
}

const resultNames =
  /(^|\/)(result\.json|requests\.jsonl|profile_export.*\.jsonl?|benchmarks\.json|.*lifecycle_metrics\.json|mlperf_log_.*\.txt|result_summary\.json)$/
