/** Reads the fitted coefficients shipped in data/calibration, or a user's own. */
import { readFileSync } from 'node:fs'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import type { CoefficientSet } from './coefficients.ts'

const shipped = new URL('../../data/calibration/coefficients.json', import.meta.url)

export function loadCoefficients(path: string | URL = shipped): CoefficientSet {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the coefficients', { where: String(path) })
  }
  const set = JSON.parse(text) as CoefficientSet
  if (set.schema !== 'coefficients/1') {
    throw new TokenwrightError('facts', `not a coefficient file: schema is ${JSON.stringify(set.schema)}`, {
      where: String(path),
      fix: 'regenerate it with npm run calibrate',
    })
  }
  return set
}
