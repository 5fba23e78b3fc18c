/**
 * Events on their way to the ledger, kept in files meanwhile: written before the call returns, so that the end of this process takes
 * nothing with it (a loss of power may: nothing is synced here, that is the ledger's part). Files are thrown away when all that is in
 * them has been acknowledged.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileFault } from '../../../core/file-fault.ts'
import { eventFromText, eventToText } from '../event-text.ts'
import type { LedgerEvent } from '../events.ts'

export interface PendingFiles {
  /** Returns the number of the file it goes to, at the next flush(). */
  add(event: LedgerEvent): number
  /** Throws what the disk says; what was to be written then stays to be written. */
  flush(): void
  /** So many events of that file are in the ledger. */
  acknowledged(file: number, events: number): void
  /** Removes what is acknowledged, and lets go of the rest for the next process. */
  close(): void
}

export interface LeftBehind {
  readonly events: readonly LedgerEvent[]
  /** Lines that are no events: a torn last line is not one of them. */
  readonly damagedLines: number
  /** To be called when the ledger has them. */
  remove(): void
}

/** A new file is begun when one is as large. Chosen: some 20,000 events. */
const fileBytes = 8 * 1024 * 1024

/** `pid-start-number.jsonl`: whose it is. */
const namePattern = /^(\d+)-(\d+)-(\d+)\.jsonl$/

/** @throws TokenwrightError when the folder cannot be made or written. */
export function openPendingFiles(folder: string, startMs: number): PendingFiles {
  const left = new Map<number, { readonly path: string; events: number; acknowledged: number }>()
  let number = 0
  let descriptor = -1
  let bytes = 0
  let unwritten = ''

  function flush(): void {
    if (unwritten === '' || descriptor < 0) return
    const written = Buffer.from(unwritten)
    // After a failure in the middle of a line the same lines come again: the torn one must end.
    unwritten = `\n${unwritten}`
    for (let at = 0; at < written.length; ) at += writeSync(descriptor, written, at)
    bytes += written.length
    unwritten = ''
  }

  function begin(): void {
    const path = join(folder, `${process.pid}-${Math.floor(startMs)}-${++number}.jsonl`)
    descriptor = openSync(path, 'wx', 0o600)
    bytes = 0
    left.set(number, { path, events: 0, acknowledged: 0 })
  }

  function removeIfDone(file: number): void {
    const known = left.get(file)
    if (known === undefined || known.acknowledged < known.events || (file === number && descriptor >= 0))
      return
    left.delete(file)
    rmSync(known.path, { force: true })
  }

  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    begin()
  } catch (error) {
    throw fileFault(error, 'keep events on their way to the ledger', {
      where: folder,
      fix: 'make the folder writable for the gateway',
    })
  }
  return {
    add(event) {
      unwritten += `${eventToText(event)}\n`
      left.get(number)!.events++
      return number
    },
    flush() {
      flush()
      if (bytes <= fileBytes) return
      closeSync(descriptor)
      const full = number
      begin()
      removeIfDone(full)
    },
    acknowledged(file, events) {
      const known = left.get(file)
      if (known === undefined) return
      known.acknowledged += events
      removeIfDone(file)
    },
    close() {
      if (descriptor < 0) return
      flush()
      closeSync(descriptor)
      descriptor = -1
      for (const file of [...left.keys()]) removeIfDone(file)
    },
  }
}

/**
 * What gateways that run no more left in the folder. isOurs: the lock says that nobody else has files there (folder-lock.ts); where it
 * cannot say, a file is somebody else's while a process of its number runs.
 * @throws TokenwrightError when a file cannot be read.
 */
export function leftBehind(folder: string, isOurs: boolean): readonly LeftBehind[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names
    .filter(name => {
      const pid = namePattern.exec(name)?.[1]
      return pid !== undefined && (isOurs || Number(pid) === process.pid || !isRunning(Number(pid)))
    })
    .sort()
    .map(name => readLeft(join(folder, name)))
}

function readLeft(path: string): LeftBehind {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read events that were on their way to the ledger', {
      where: path,
      fix: 'make the file readable for the gateway: it holds usage that is in no ledger yet',
    })
  }
  const events: LedgerEvent[] = []
  let damagedLines = 0
  const lines = text.split('\n')
  lines.forEach((line, index) => {
    if (line === '') return
    try {
      events.push(eventFromText(line))
    } catch {
      // The last line was being written when the process ended: its caller never went on.
      if (index < lines.length - 1) damagedLines++
    }
  })
  return { events, damagedLines, remove: () => rmSync(path, { force: true }) }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
