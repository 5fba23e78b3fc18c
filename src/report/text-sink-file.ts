/** A text file that is written piece by piece and is not there before it is whole. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileFault, isSystemFault } from '../core/file-fault.ts'

export interface TextSink {
  readonly write: (text: string) => void
  /** Puts it into its place. */
  readonly finish: () => void
  /** Leaves nothing behind; does nothing after finish. */
  readonly abort: () => void
}

/** Characters gathered before they are written: fewer calls, little memory. */
const pieceCharacters = 1 << 16

/** Written under another name beside the file, and renamed when it is finished. Throws TokenwrightError('file'). */
export function openTextFile(path: string): TextSink {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  const guarded = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      if (!isSystemFault(error)) throw error
      throw fileFault(error, `write ${path}`, {
        where: path,
        fix: 'check that the folder exists, that you may write to it and that the disk has room',
      })
    }
  }
  const handle = guarded(() => openSync(temporary, 'w'))
  let state: 'open' | 'closed' | 'done' = 'open'
  let gathered = ''
  const flush = () => {
    const bytes = Buffer.from(gathered)
    gathered = ''
    for (let from = 0; from < bytes.length; ) from += writeSync(handle, bytes, from)
  }
  return {
    write(text) {
      gathered += text
      if (gathered.length >= pieceCharacters) guarded(flush)
    },
    finish() {
      guarded(() => {
        flush()
        closeSync(handle)
        state = 'closed'
        renameSync(temporary, path)
        state = 'done'
      })
    },
    abort() {
      if (state === 'done') return
      if (state === 'open') closeSync(handle)
      state = 'done'
      rmSync(temporary, { force: true })
    },
  }
}
