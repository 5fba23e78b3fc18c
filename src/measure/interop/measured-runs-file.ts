/** Results from disk: a file, or a folder in which every file of a known form counts. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { fileFault } from '../../core/file-fault.ts'
import { type ImportOptions, importRuns } from './import-runs.ts'
import type { ImportedRun } from './imported-run.ts'
import type { MeasuredFile } from './measured-file.ts'
import { importFolder, resultEndings } from './measured-folder.ts'

/**
 * The runs of a path, one a load.
 * @throws TokenwrightError 'file' when it cannot be read, 'measurements' when it holds no result or a faulty one
 */
export function readMeasuredRuns(path: string, options: ImportOptions = {}): ImportedRun[] {
  if (!isFolder(path)) return importRuns([fileAt(path)], options)
  return importFolder(path, filesIn(path).map(fileAt), options)
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
      .filter(entry => entry.isFile() && resultEndings.test(entry.name))
      .map(entry => join(folder, entry.name))
      .sort()
  } catch (error) {
    throw fileFault(error, 'read the folder', { where: folder })
  }
}

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
