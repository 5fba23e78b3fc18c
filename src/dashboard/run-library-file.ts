/** Past runs in a folder: their list, and their files. Reads a result again only when its file has changed. */
import { constants, realpathSync, statSync } from 'node:fs'
import { type FileHandle, open, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault, isSystemFault } from '../core/file-fault.ts'
import { measuredText } from '../measure/interop/measured-file.ts'
import { readBenchResult, withoutFigures } from '../measure/read-bench-result.ts'
import { findRunFolders, type RunFolder } from './run-folders-file.ts'
import { type ListedRun, megabytes, type RunFault, type RunList, servedRunFiles } from './run-list.ts'

export interface RunLibrary {
  readonly list: () => Promise<RunList>
  /** An open file of a run, which its reader closes. Null: there is no such run or file. */
  readonly openFile: (id: string, name: string) => Promise<OpenRunFile | null>
}

export interface OpenRunFile {
  readonly handle: FileHandle
  readonly bytes: number
}

/** More would make a list nobody reads, and a start that takes seconds. */
const mostListed = 200
/** A result has some 70 kB a load, so this is some hundred loads. */
const largestListedBytes = 16 * 1024 * 1024

/** Throws when there is no such folder. */
export function openRunLibrary(folder: string): RunLibrary {
  const root = rootOf(folder)
  const known = new Map<string, { readonly stamp: string; readonly run: ListedRun }>()
  let folders = new Map<string, RunFolder>()

  const look = async () => {
    const found = await findRunFolders(root)
    folders = new Map(found.folders.map(run => [run.id, run]))
    return found
  }
  const listed = async (found: RunFolder): Promise<ListedRun> => {
    const stamp = `${found.modifiedMs} ${found.files.map(({ bytes }) => bytes).join(' ')}`
    const before = known.get(found.id)
    if (before?.stamp === stamp) return before.run
    const run = await listedRun(root, found)
    known.set(found.id, { stamp, run })
    return run
  }
  return {
    async list() {
      const { folders: all, cutShort } = await look()
      const newest = all.toSorted((a, b) => b.modifiedMs - a.modifiedMs).slice(0, mostListed)
      const runs: ListedRun[] = []
      for (const found of newest) runs.push(await listed(found))
      for (const id of known.keys()) if (!folders.has(id)) known.delete(id)
      return { folder: root, runs, notes: notesOf(all.length, cutShort) }
    },
    async openFile(id, name) {
      if (!servedRunFiles.some(served => served === name)) return null
      if (!folders.has(id)) await look()
      return folders.has(id) ? openWithin(root, id, name) : null
    },
  }
}

function rootOf(folder: string): string {
  try {
    const root = realpathSync(folder)
    if (statSync(root).isDirectory()) return root
  } catch (error) {
    throw fileFault(error, 'list runs', { where: '--runs', fix: `check the path ${folder}` })
  }
  throw new TokenwrightError('file', `${folder} is no folder`, {
    where: '--runs',
    fix: 'name the folder that holds the folders that bench --out wrote',
  })
}

function notesOf(found: number, cutShort: boolean): string[] {
  return [
    ...(found > mostListed ? [`The newest ${mostListed} of ${found} runs are listed.`] : []),
    ...(cutShort
      ? ['There are too many folders here to look into all of them: name a nearer one with --runs.']
      : []),
  ]
}

async function listedRun(root: string, { id, files, bytes }: RunFolder): Promise<ListedRun> {
  try {
    if (bytes > largestListedBytes)
      throw new TokenwrightError('measurements', `result.json has ${megabytes(bytes)}`, {
        where: `${id}/result.json`,
        fix: `at most ${megabytes(largestListedBytes)} are read here; tokenwright bench report ${id} prints it`,
      })
    const opened = await openWithin(root, id, 'result.json')
    if (opened === null)
      throw new TokenwrightError('file', 'it cannot be opened', { where: `${id}/result.json` })
    try {
      const text = await readFile(opened.handle, 'utf8')
      const result = withoutFigures(readBenchResult(measuredText(`${id}/result.json`, text)))
      return { kind: 'run', id, files, result }
    } finally {
      await opened.handle.close()
    }
  } catch (error) {
    return { kind: 'damaged', id, fault: faultOf(error, `${id}/result.json`) }
  }
}

function faultOf(error: unknown, path: string): RunFault {
  if (error instanceof TokenwrightError) {
    const { code, message, where, fix } = error
    return { code, message, ...(where ? { where } : {}), ...(fix ? { fix } : {}) }
  }
  if (isSystemFault(error)) return faultOf(fileFault(error, 'read the run', { where: path }), path)
  throw error
}

/**
 * Opens a plain file of a run that was found. Null where it is none, or where a part of its path has become a link since:
 * the real path must be the one that was found.
 */
async function openWithin(root: string, id: string, name: string): Promise<OpenRunFile | null> {
  const folder = join(root, id)
  try {
    if ((await realpath(folder)) !== folder) return null
    const handle = await open(
      join(folder, name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
    const found = await handle.stat()
    if (found.isFile()) return { handle, bytes: found.size }
    await handle.close()
    return null
  } catch (error) {
    if (isSystemFault(error)) return null
    throw error
  }
}
