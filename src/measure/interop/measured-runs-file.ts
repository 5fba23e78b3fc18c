/** Results from disk: a file, or a folder in which every file of a known form counts. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import { formatOf, type ImportOptions, importRuns, readFormats } from './import-runs.ts'
import type { ImportedRun } from './imported-run.ts'
import type { MeasuredFile } from './measured-file.ts'

/** Files whose names end so may be results; others in a folder are not looked at. */
const endings = /\.(json|jsonl|txt)$/

/**
 * The runs of a path, one a load.
 * @throws TokenwrightError 'file' when it cannot be read, 'measurements' when it holds no result or a faulty one
 */
export function readMeasuredRuns(path: string, options: ImportOptions = {}): ImportedRun[] {
  if (!isFolder(path)) return importRuns([fileAt(path)], options)
  const files = filesIn(path).map(fileAt)
  const known = files.filter(file => isKnown(file))
  if (known.length === 0) {
    throw new TokenwrightError('measurements', 'no file in the folder is a result that is known', {
      where: path,
      fix: `these are read: ${readFormats}`,
    })
  }
  return importRuns(known, options)
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw fileFault(error, 'read the result', { where: path, fix: 'check the path' })
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isFile() && endings.test(entry.name))
      .map(entry => join(folder, entry.name))
      .sort()
  } catch (error) {
    throw fileFault(error, 'read the folder', { where: folder })
  }
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

function fileAt(path: string): MeasuredFile {
  return { name: path, lines: () => linesOf(path) }
}

/** Bytes read at once. */
const readBytes = 1 << 20

function* linesOf(path: string): Generator<string> {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    throw fileFault(error, 'read the result', { where: path })
  }
  try {
    const buffer = Buffer.allocUnsafe(readBytes)
    const decoder = new StringDecoder('utf8')
    // Parts of a line that is not over: a result may be one line of many megabytes, which is put together once.
    let parts: string[] = []
    for (;;) {
      const length = readChunk(descriptor, buffer, path)
      if (length === 0) break
      const lines = decoder.write(buffer.subarray(0, length)).split('\n')
      parts.push(lines[0]!)
      if (lines.length === 1) continue
      yield parts.join('')
      for (let index = 1; index < lines.length - 1; index++) yield lines[index]!
      parts = [lines.at(-1)!]
    }
    const last = parts.join('') + decoder.end()
    if (last !== '') yield last
  } finally {
    closeSync(descriptor)
  }
}

function readChunk(descriptor: number, buffer: Buffer, path: string): number {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null)
  } catch (error) {
    throw fileFault(error, 'read the result', { where: path })
  }
}
