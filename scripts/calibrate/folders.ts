/** Where calibration results live in the project. */
import { readFileSync } from 'node:fs'

export const calibrationFolder = new URL('../../data/calibration/', import.meta.url)
export const documentFolder = new URL('../../docs/models/', import.meta.url)

export function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, calibrationFolder), 'utf8')) as T
}
