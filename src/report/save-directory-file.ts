/** Writes files so that nothing is ever half-written: beside the target first, then renamed over it. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault, isSystemFault } from '../core/file-fault.ts'
import type { ReportFile } from './plan-report.ts'

/** Written into every folder we made, so that a later run may replace it. */
export const markerFile = '.tokenwright'

export interface SaveOptions {
  /** Replace a folder that holds files of someone else. */
  readonly force: boolean
}

/**
 * Writes all files into the folder, or none: they are written into a new folder beside it, which then takes its place.
 * A folder that is not empty and was not made by us is refused. Returns the paths written.
 */
export function saveDirectory(
  directory: string,
  files: readonly ReportFile[],
  options: SaveOptions = { force: false },
): string[] {
  for (const { path } of files) checkRelative(path)
  const previous = checkSaveDirectory(directory, options)
  return guarded(directory, () => {
    const parent = dirname(resolve(directory))
    mkdirSync(parent, { recursive: true })
    const staging = mkdtempSync(join(parent, `.${basename(resolve(directory))}-`))
    try {
      const all = [
        ...files,
        {
          path: markerFile,
          text: 'Written by tokenwright plan --save-dir; replaced by the next run.\n',
          executable: false,
        },
      ]
      for (const file of all) {
        const target = join(staging, file.path)
        mkdirSync(dirname(target), { recursive: true })
        writeFileSync(target, file.text, { mode: file.executable ? 0o755 : 0o644 })
      }
      if (previous === 'ours') replaceFolder(staging, directory)
      else moveInto(staging, directory, all)
      return files.map(file => join(directory, file.path))
    } finally {
      rmSync(staging, { recursive: true, force: true })
    }
  })
}

/** Refuses a folder that holds files of someone else; says what is there. */
export function checkSaveDirectory(directory: string, options: SaveOptions): 'none' | 'ours' | 'foreign' {
  const previous = previousContent(directory)
  if (previous === 'foreign' && !options.force) {
    throw new TokenwrightError(
      'file',
      `the folder ${directory} is not empty and was not written by tokenwright`,
      {
        where: '--save-dir',
        fix: 'choose a new folder, or add --force to write into it (files of the same name are replaced)',
      },
    )
  }
  return previous
}

/** Refuses a file whose folder does not exist, or that is a folder itself: a mistyped path must not make new folders. */
export function checkSaveFile(path: string): void {
  const parent = dirname(resolve(path))
  const refuse = (message: string, fix: string): never => {
    throw new TokenwrightError('file', `cannot write ${path}: ${message}`, { where: path, fix })
  }
  const holder = statSync(parent, { throwIfNoEntry: false })
  if (holder === undefined)
    refuse(`there is no folder ${parent}`, `make it first (mkdir -p ${parent}), or choose another place`)
  else if (!holder.isDirectory()) refuse(`${parent} is a file, not a folder`, 'choose another place')
  else if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    refuse('it is a folder, not a file', `name a file in it, e.g. ${join(path, 'plan.html')}`)
}

/** Writes one file through a temporary one beside it. */
export function saveFile(path: string, text: string): void {
  checkSaveFile(path)
  guarded(path, () => {
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
    try {
      writeFileSync(temporary, text)
      renameSync(temporary, path)
    } finally {
      rmSync(temporary, { force: true })
    }
  })
}

function previousContent(directory: string): 'none' | 'ours' | 'foreign' {
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found === undefined) return 'none'
  if (!found.isDirectory()) {
    throw new TokenwrightError('file', `${directory} is a file, not a folder`, {
      where: '--save-dir',
      fix: 'name a folder',
    })
  }
  const names = readdirSync(directory)
  if (names.length === 0) return 'none'
  return names.includes(markerFile) &&
    readFileSync(join(directory, markerFile), 'utf8').startsWith('Written by tokenwright')
    ? 'ours'
    : 'foreign'
}

/** Each file is renamed by itself: what else lies in the folder stays. */
function moveInto(staging: string, directory: string, files: readonly ReportFile[]): void {
  for (const file of files) {
    const target = join(directory, file.path)
    mkdirSync(dirname(target), { recursive: true })
    renameSync(join(staging, file.path), target)
  }
}

/** The old folder steps aside and comes back when the new one cannot take its place. */
function replaceFolder(staging: string, directory: string): void {
  const aside = `${staging}-old`
  renameSync(directory, aside)
  try {
    renameSync(staging, directory)
  } catch (error) {
    renameSync(aside, directory)
    throw error
  }
  rmSync(aside, { recursive: true, force: true })
}

function checkRelative(path: string): void {
  const parts = normalize(path).split(sep)
  if (isAbsolute(path) || parts.includes('..')) {
    throw new Error(`assertion failed: ${path} leads out of the folder`)
  }
}

/** Faults of the file system as the user's error: what, where, and what to do. */
function guarded<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (!isSystemFault(error)) throw error
    throw fileFault(error, `write ${path}`, {
      where: path,
      fix: 'check that the folder exists, that you may write to it and that the disk has room',
    })
  }
}
