/** Folders and files brought to the page, as runs: each folder with results is one. They stay in this page. */
import { resultEndings } from '../../src/measure/interop/measured-folder.ts'
import type { RunFile } from '../worker/bench-protocol.ts'
import { lanes } from '../worker/client.ts'
import { broughtPrefix, faultOfRun, type KnownRun, openRun, startOf } from './known-run.ts'

export interface BroughtFile {
  /** From the folder that was brought: `run/result.json`. */
  readonly path: string
  readonly file: File
}

/** More is no folder of runs, but somebody's disk. */
const mostFiles = 5_000
const deepest = 4

/** What was dropped, folders with all that is in them as far as it may be a result. */
export async function droppedFiles(items: DataTransferItemList): Promise<BroughtFile[]> {
  // They have to be taken before the first wait: the list is emptied when the event is over.
  const taken = [...items].map(item => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }))
  const found: BroughtFile[] = []
  for (const { entry, file } of taken) {
    if (entry !== null) await collect(entry, 0, found)
    // What another page's script hands over has no place in a file system.
    else if (file !== null) found.push({ path: file.name, file })
  }
  return found
}

/** As an input of files or of a folder has them. */
export function chosenFiles(list: FileList): BroughtFile[] {
  return [...list]
    .map(file => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => resultEndings.test(path))
    .slice(0, mostFiles)
}

async function collect(entry: FileSystemEntry, depth: number, found: BroughtFile[]): Promise<void> {
  if (found.length >= mostFiles) return
  if (entry.isFile) {
    if (!resultEndings.test(entry.name)) return
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    found.push({ path: entry.fullPath.replace(/^\//, ''), file })
    return
  }
  if (depth > deepest) return
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // A folder is read in parts; an empty one is the end.
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (part.length === 0) return
    for (const inner of part) await collect(inner, depth + 1, found)
  }
}

/** Each folder that holds results, as a run; what stands below a run of ours is the same run in another tool's form. */
export async function runsOfFiles(files: readonly BroughtFile[]): Promise<KnownRun[]> {
  const folders = filesByFolder(files)
  const ours = [...folders].filter(([, inside]) => isOurs(inside)).map(([folder]) => folder)
  const runs: KnownRun[] = []
  for (const [folder, inside] of folders) {
    if (ours.some(above => above !== folder && folder.startsWith(above === '' ? '' : `${above}/`))) continue
    for (const part of partsOf(inside)) runs.push(await runOf(folder === '' ? part[0]!.name : folder, part))
  }
  // Beside folders with runs there may be others that hold something else: these are no damaged runs.
  const readable = runs.filter(({ content, files: own }) => content.kind !== 'damaged' || isOurs(own))
  return readable.length > 0 ? readable : runs
}

function filesByFolder(files: readonly BroughtFile[]): ReadonlyMap<string, readonly RunFile[]> {
  const folders = new Map<string, RunFile[]>()
  for (const { path, file } of files) {
    const end = path.lastIndexOf('/')
    const folder = end < 0 ? '' : path.slice(0, end)
    const own = { name: path.slice(end + 1), bytes: file.size, source: file }
    const known = folders.get(folder)
    if (known === undefined) folders.set(folder, [own])
    else known.push(own)
  }
  return folders
}

/** Files that were picked out of several folders lose them: results of one name are then runs of their own. */
function partsOf(files: readonly RunFile[]): (readonly RunFile[])[] {
  const results = files.filter(({ name }) => name === resultName)
  return results.length > 1 ? results.map(file => [file]) : [files]
}

const resultName = 'result.json'

function isOurs(files: readonly RunFile[]): boolean {
  return files.some(({ name }) => name === resultName)
}

async function runOf(name: string, files: readonly RunFile[]): Promise<KnownRun> {
  const id = `${broughtPrefix}${name}`
  const empty: KnownRun = { id, files, content: { kind: 'imported', runs: [] } }
  try {
    if (isOurs(files)) return { ...empty, content: { kind: 'result', result: await openRun(empty) } }
    const { runs } = await lanes.quick.ask({ kind: 'bench-import', side: { name: id, files } })
    return { ...empty, content: { kind: 'imported', runs } }
  } catch (error) {
    return { ...empty, content: { kind: 'damaged', fault: faultOfRun(error) } }
  }
}

/** Known runs and those brought now: one of the same name and beginning is the same run again, another gets a number. */
export function withBrought(known: readonly KnownRun[], brought: readonly KnownRun[]): readonly KnownRun[] {
  const all = [...known]
  for (const run of brought) {
    let { id } = run
    let at = all.findIndex(other => other.id === id)
    for (let number = 2; at >= 0 && startOf(all[at]!) !== startOf(run); number++) {
      id = `${run.id} (${number})`
      at = all.findIndex(other => other.id === id)
    }
    all.splice(at < 0 ? all.length : at, at < 0 ? 0 : 1, { ...run, id })
  }
  return all
}
