/** Reads a trace file line by line, gzipped (.gz) or not: the only part of workload/ that touches the disk. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { RequestStatistics, type TraceStatistics } from './request-statistics.ts'
import { TraceReader } from './trace-formats.ts'

export async function readTraceStatistics(path: string): Promise<TraceStatistics> {
  const file = createReadStream(path)
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  const lines = createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })
  const failed = new Promise<never>((_, reject) => {
    file.once('error', (error: Error) => reject(unreadable(path, error)))
    bytes.once('error', (error: Error) => reject(unreadable(path, error)))
  })
  const reader = new TraceReader(path)
  const statistics = new RequestStatistics()
  const consumed = (async () => {
    for await (const line of lines) {
      const request = reader.read(line)
      if (request !== null) statistics.add(request)
    }
  })()
  try {
    await Promise.race([consumed, failed])
  } finally {
    lines.close()
    file.destroy()
    failed.catch(() => {})
    consumed.catch(() => {})
  }
  return statistics.finish(reader.parser?.format ?? 'empty', reader.parser?.notes ?? [], path)
}

function unreadable(path: string, error: Error): TokenwrightError {
  const code = (error as NodeJS.ErrnoException).code
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new TokenwrightError('file', `not valid gzip data: ${error.message}`, {
      where: path,
      fix: 'the file may be cut off, or not be gzipped at all',
    })
  }
  return fileFault(error, 'read the trace', { where: path, fix: 'check the path' })
}
