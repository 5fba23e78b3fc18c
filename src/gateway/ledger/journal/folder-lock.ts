/**
 * Whose a folder is: held from the start of a gateway until it ends, however it ends. A number of a process cannot say it, since another
 * process may have the number after a crash, in a new container above all. Node has no file locks of its own, SQLite has.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface FolderLock {
  /** ours: nobody else has files there. theirs: another gateway runs. unknown: this file system has no locks. */
  readonly holder: 'ours' | 'theirs' | 'unknown'
  release(): void
}

/** SQLITE_BUSY (https://sqlite.org/rescode.html). */
const busy = 5

export function lockFolder(folder: string): FolderLock {
  let database: DatabaseSync | null = null
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    const held = database
    return { holder: 'ours', release: () => held.close() }
  } catch (error) {
    database?.close()
    const isBusy = (error as { errcode?: number }).errcode === busy
    return { holder: isBusy ? 'theirs' : 'unknown', release() {} }
  }
}
