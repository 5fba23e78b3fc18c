/** Collects the body of a request. */
import type { IncomingMessage } from 'node:http'

/** Calls back once when all is read: null when it is larger than allowed (the rest was read and thrown away). */
export function readBody(
  request: IncomingMessage,
  maximumBytes: number,
  done: (body: Buffer | null) => void,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maximumBytes) chunks.push(chunk)
    else chunks.length = 0
  })
  request.on('end', () => {
    if (bytes > maximumBytes) done(null)
    else done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  })
}
