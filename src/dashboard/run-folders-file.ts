/** Finds folders that `bench --out` wrote. Links are never followed: what is given out lies in the folder that was named. */
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ServedRunFile, servedRunFiles } from './run-list.ts'

export interface RunFolder {
  readonly id: string
  readonly files: readonly { readonly name: ServedRunFile; readonly bytes: number }[]
  /** Of result.json. */
  readonly modifiedMs: number
  readonly bytes: number
}

export interface FoundRuns {
  readonly folders: readonly RunFolder[]
  /** There are more folders than were looked into. */
  readonly cutShort: boolean
}

/** `runs/2026-11-22/before` is found from the folder above `runs`; deeper ones when a nearer folder is named. */
const deepest = 3
/** So that naming a home folder by mistake takes a moment, not minutes. Assumed: nobody keeps more in one place. */
const mostFolders = 2_000
/** `kind` is the first field of a result: so much of a file says what it is. */
const headBytes = 256

/** Breadth first, so that near folders are found where not all are looked into. A folder that cannot be read is passed over. */
export async function findRunFolders(root: string): Promise<FoundRuns> {
  const folders: RunFolder[] = []
  let level: readonly string[] = ['.']
  let looked = 0
  for (let depth = 0; depth <= deepest; depth++) {
    const next: string[] = []
    for (const id of level) {
      if (looked === mostFolders) return { folders, cutShort: true }
      looked++
      const run = await runFolderAt(root, id)
      // What stands below a run are its own figures in another tool's form.
      if (run !== null) folders.push(run)
      else if (depth < deepest) next.push(...(await foldersIn(root, id)))
    }
    level = next
  }
  return { folders, cutShort: false }
}

async function foldersIn(root: string, id: string): Promise<string[]> {
  const entries = await readdir(join(root, id), { withFileTypes: true }).catch(() => [])
  return entries
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => (id === '.' ? name : `${id}/${name}`))
    .sort()
}

/** Null where there is no result of ours. One that is cut off counts: it is told as damaged. */
async function runFolderAt(root: string, id: string): Promise<RunFolder | null> {
  const folder = join(root, id)
  const result = await fileAt(join(folder, 'result.json'))
  if (result === null || !(await beginsAsResult(join(folder, 'result.json')))) return null
  const files = await Promise.all(
    servedRunFiles.map(async name => {
      const file = await fileAt(join(folder, name))
      return file === null ? [] : [{ name, bytes: file.bytes }]
    }),
  )
  return { id, files: files.flat(), ...result }
}

async function fileAt(path: string) {
  const found = await lstat(path).catch(() => null)
  return found?.isFile() ? { bytes: found.size, modifiedMs: found.mtimeMs } : null
}

async function beginsAsResult(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null)
  if (file === null) return false
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return /"kind"\s*:\s*"tokenwright-bench"/.test(buffer.toString('utf8', 0, bytesRead))
  } catch {
    return false
  } finally {
    await file.close()
  }
}
