/** Reads a ServeGen client model from a folder or a tar archive, gzipped or not. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import {
  isServeGenFile,
  parseServeGenModel,
  type ServeGenFile,
  type ServeGenModel,
} from './serve-gen-model.ts'
import { tarFiles } from './trace-tar.ts'

/** Largest archive taken when unpacked (assumed: 25 times the largest published one). */
const largestArchiveBytes = 2 ** 30

/** Whether a path is read as a client model: a folder, or an archive by its name. */
export function isServeGenPath(path: string): boolean {
  if (/\.(tar|tar\.gz|tgz)$/i.test(path)) return true
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Throws TokenwrightError('trace' or 'file') with the file at fault. */
export function readServeGenModel(path: string): ServeGenModel {
  const files = readingFaults(path, () =>
    statSync(path).isDirectory() ? folderFiles(path) : archiveFiles(path),
  )
  return parseServeGenModel(files, path)
}

function folderFiles(path: string): ServeGenFile[] {
  return readdirSync(path)
    .filter(isServeGenFile)
    .map(name => ({ name: join(path, name), text: readFileSync(join(path, name), 'utf8') }))
}

function archiveFiles(path: string): ServeGenFile[] {
  const packed = readFileSync(path)
  const archive = packed[0] === 0x1f && packed[1] === 0x8b ? unpacked(packed, path) : packed
  return tarFiles(archive, path)
    .filter(({ name }) => isServeGenFile(name))
    .map(({ name, bytes }) => ({ name: `${path}/${name}`, text: new TextDecoder().decode(bytes) }))
}

function unpacked(packed: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength: largestArchiveBytes })
  } catch (error) {
    throw new TokenwrightError(
      'trace',
      `the compressed data is cut off or damaged: ${error instanceof Error ? error.message : String(error)}`,
      { where: path, fix: 'fetch the file again' },
    )
  }
}

function readingFaults<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof TokenwrightError) throw error
    throw fileFault(error, 'read the client model', { where: path, fix: 'check the path' })
  }
}
