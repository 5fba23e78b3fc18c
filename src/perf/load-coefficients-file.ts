/** Reads the fitted coefficients shipped in data/calibration, a user's own, or a user's calibration laid over the shipped ones. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { type CoefficientsOverlay, overlaid, overlaySchema } from './coefficient-overlay.ts'
import type { CoefficientSet } from './coefficients.ts'

const shipped = new URL('../../data/calibration/coefficients.json', import.meta.url)

/**
 * Coefficients of a file: a whole set (npm run calibrate) or an overlay (tokenwright calibrate), which is laid over the
 * shipped ones. Throws when the file is neither, or when the overlay was fitted on top of other coefficients.
 */
export function loadCoefficients(path: string | URL = shipped): CoefficientSet {
  const text = readText(path)
  const content = parsed(text, path)
  if (isOverlay(content)) return overlaid(loadCoefficients(), fingerprintOf(readText(shipped)), content, path)
  const set = content as CoefficientSet
  if (set?.schema !== 'coefficients/1') {
    throw new TokenwrightError('facts', `not a coefficient file: schema is ${JSON.stringify(set?.schema)}`, {
      where: String(path),
      fix: 'take the file that tokenwright calibrate wrote; whole sets are written by npm run calibrate',
    })
  }
  return set
}

/** Tells whether the shipped coefficients are those an overlay was fitted on: 16 hexadecimal digits of their SHA-256. */
export function shippedCoefficientsFingerprint(): string {
  return fingerprintOf(readText(shipped))
}

function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function isOverlay(content: unknown): content is CoefficientsOverlay {
  return (content as Partial<CoefficientsOverlay> | null)?.schema === overlaySchema
}

function readText(path: string | URL): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the coefficients', { where: String(path) })
  }
}

function parsed(text: string, path: string | URL): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TokenwrightError('facts', `the coefficients are not JSON: ${(error as Error).message}`, {
      where: String(path),
      fix: 'the file may be cut off: write it again with tokenwright calibrate --force',
    })
  }
}
