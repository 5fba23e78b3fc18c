/** A client that sees what is on the wire: bytes, when they came, and how the connection ended. */
import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Body with the chunks put together. */
  readonly body: string
  /** Data of the events of a stream. */
  readonly events: readonly string[]
  /** Pieces in which the bytes came, and milliseconds since the request. */
  readonly reads: readonly { readonly atMs: number; readonly bytes: number }[]
  /** complete: the answer ended as it should. reset: the connection broke. closed: it was closed before the end. */
  readonly ending: 'complete' | 'reset' | 'closed'
}

export function rawPost(
  port: number,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  return rawRequest(port, 'POST', path, typeof body === 'string' ? body : JSON.stringify(body), headers)
}

export function rawRequest(
  port: number,
  method: string,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  version = '1.1',
): Promise<RawAnswer> {
  return new Promise(resolve => {
    const started = performance.now()
    const reads: { atMs: number; bytes: number }[] = []
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('latin1')
    const lines = Object.entries({
      host: 'localhost',
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.write(`${method} ${path} HTTP/${version}\r\n${head}\r\n${body}`)
    const finish = (ending: RawAnswer['ending']) => {
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.destroy()
      resolve({ ...parse(text), reads, ending })
    }
    socket.on('data', (data: string) => {
      reads.push({ atMs: performance.now() - started, bytes: data.length })
      text += data
      if (isComplete(text)) finish('complete')
    })
    socket.on('error', () => finish('reset'))
    socket.on('end', () => finish(version === '1.0' && text !== '' ? 'complete' : 'closed'))
  })
}

function isComplete(text: string): boolean {
  const at = text.indexOf('\r\n\r\n')
  if (at < 0) return false
  const length = /content-length: (\d+)/i.exec(text.slice(0, at))
  if (length !== null) return text.length >= at + 4 + Number(length[1])
  return /transfer-encoding: chunked/i.test(text.slice(0, at)) && text.endsWith('\r\n0\r\n\r\n')
}

function parse(text: string): Pick<RawAnswer, 'status' | 'headers' | 'body' | 'events'> {
  const at = text.indexOf('\r\n\r\n')
  if (at < 0) return { status: 0, headers: {}, body: '', events: [] }
  const [first = '', ...lines] = text.slice(0, at).split('\r\n')
  const headers = Object.fromEntries(
    lines.map(line => [line.split(': ')[0]!.toLowerCase(), line.split(': ')[1] ?? '']),
  )
  const raw = text.slice(at + 4)
  const body = headers['transfer-encoding'] === 'chunked' ? joinChunks(raw) : raw
  const events = body
    .split('\n\n')
    .flatMap(event => event.split('\n').filter(line => line.startsWith('data: ')))
    .map(line => line.slice('data: '.length))
  return { status: Number(first.split(' ')[1]), headers, body, events }
}

function joinChunks(raw: string): string {
  let body = ''
  let at = 0
  for (;;) {
    const end = raw.indexOf('\r\n', at)
    const size = end < 0 ? 0 : Number.parseInt(raw.slice(at, end), 16)
    if (!(size > 0)) return body
    body += raw.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}
