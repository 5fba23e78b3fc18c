/** Writes the truth log: JSON lines, collected and written in blocks so that the disk never holds up an answer. */
import { type FileHandle, open } from 'node:fs/promises'
import { fileFault } from '../core/file-fault.ts'
import type { ChunkLog, TruthEnd, TruthHeader, TruthSummary } from './truth-record.ts'

export interface TruthLog {
  /** Takes note of a request that is over; its line is made when there is time for it. */
  write(record: TruthSummary, chunks: ChunkLog): void
  /** Writes what is left and the end line. */
  close(atUs: number): Promise<void>
}

/** Lines are made every so often, for so long at most: 5 % of the time, or 200 of them at once would hold up tokens. */
const everyMs = 20
const longestMs = 1
/** With more than this waiting, memory matters more. */
const mostWaiting = 5000
/** Written when so many characters wait, or after so many turns. */
const blockCharacters = 1 << 18
const longestTurns = 25

/** Starts a log, replacing the file. Throws a TokenwrightError when it cannot be written. */
export async function openTruthLog(
  path: string,
  header: TruthHeader,
  onFault: (error: unknown) => void,
): Promise<TruthLog> {
  let file: FileHandle
  try {
    file = await open(path, 'w')
  } catch (error) {
    throw fileFault(error, 'write the truth log', { where: path, fix: 'name a file in a folder that exists' })
  }
  let waiting: { readonly record: TruthSummary; readonly chunks: ChunkLog }[] = []
  let lines: string[] = [`${JSON.stringify(header)}\n`]
  let characters = 0
  let requests = 0
  let turns = 0
  let writing: Promise<void> = Promise.resolve()

  const flush = (): Promise<void> => {
    turns = 0
    if (lines.length === 0) return writing
    const block = lines.join('')
    lines = []
    characters = 0
    writing = writing
      .then(() => file.appendFile(block))
      .catch(error => onFault(fileFault(error, 'write the truth log', { where: path })))
    return writing
  }
  const makeLines = (budgetMs: number): void => {
    const until = performance.now() + budgetMs
    let made = 0
    while (made < waiting.length && (performance.now() < until || waiting.length - made > mostWaiting)) {
      const { record, chunks } = waiting[made++]!
      const line = `${JSON.stringify(record).slice(0, -1)},"chunks":${chunks.json()}}\n`
      lines.push(line)
      characters += line.length
    }
    if (made > 0) waiting = waiting.slice(made)
  }
  const timer = setInterval(() => {
    makeLines(longestMs)
    if (characters >= blockCharacters || ++turns >= longestTurns) flush()
  }, everyMs)
  timer.unref()
  await flush()

  return {
    write(record, chunks) {
      waiting.push({ record, chunks })
      requests++
    },
    async close(atUs) {
      clearInterval(timer)
      makeLines(Number.POSITIVE_INFINITY)
      const end: TruthEnd = { kind: 'end', atUs, requests }
      lines.push(`${JSON.stringify(end)}\n`)
      await flush()
      await file.close()
    },
  }
}
