/** A request as it goes over the wire. Nothing that a header value holds can become a header or a request of its own. */
import { TokenwrightError } from '../../core/errors.ts'
import { authorityOf } from './target.ts'
import type { HttpRequest, HttpTarget } from './types.ts'

/** The characters of a header's name: `token` of RFC 9110 §5.6.2. */
const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Not in a value: control characters other than a tab, and what is no byte in latin1 (RFC 9110 §5.5). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const badValuePattern = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/
/** A path as it may stand in a request line: visible ASCII. */
const pathPattern = /^\/[\u0021-\u007e]*$/

/** Set here, and nowhere else: they say where the request ends. */
const ownHeaders = new Set([
  'content-length',
  'connection',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'expect',
])

/**
 * Up to here the head and a copy of the body go out as one piece. Assumed: a prompt of some ten thousand tokens; copying it
 * takes microseconds, a second write to the socket costs a system call. Larger bodies are handed over as they are.
 */
const onePieceBytes = 64 * 1024

/**
 * Bytes of a request in one or two pieces. `keepAlive` false asks the server to close the connection.
 * A 'usage' error when a header or the path could break out of its line, or the header is the client's own business.
 */
export function requestBytes(
  target: HttpTarget,
  request: HttpRequest,
  keepAlive: boolean,
): readonly Buffer[] {
  const { method, path, headers, body } = request
  if (!pathPattern.test(path))
    throw new TokenwrightError('usage', `the path “${path.slice(0, 200)}” cannot stand in a request`, {
      fix: 'begin it with a slash and percent-encode spaces and characters outside ASCII',
    })
  let head = `${method} ${path} HTTP/1.1\r\n`
  let hasHost = false
  let hasAcceptEncoding = false
  for (const [name, value] of Object.entries(headers)) {
    checkHeader(name, value)
    const lower = name.toLowerCase()
    hasHost ||= lower === 'host'
    hasAcceptEncoding ||= lower === 'accept-encoding'
    head += `${name}: ${value}\r\n`
  }
  if (!hasHost) head += `Host: ${authorityOf(target)}\r\n`
  // A compressed stream of events would come in bursts, and nobody here unpacks it.
  if (!hasAcceptEncoding) head += 'Accept-Encoding: identity\r\n'
  if (!keepAlive) head += 'Connection: close\r\n'
  if (body !== null || method === 'POST') head += `Content-Length: ${body?.byteLength ?? 0}\r\n`
  head += '\r\n'
  if (body === null) return [Buffer.from(head, 'latin1')]
  if (body.byteLength > onePieceBytes) {
    return [Buffer.from(head, 'latin1'), Buffer.from(body.buffer, body.byteOffset, body.byteLength)]
  }
  const whole = Buffer.allocUnsafe(head.length + body.byteLength)
  whole.write(head, 0, 'latin1')
  whole.set(body, head.length)
  return [whole]
}

/** A 'usage' error when a header cannot be sent; the value is not repeated: it may be a key. */
export function checkHeader(name: string, value: string): void {
  if (!namePattern.test(name))
    throw new TokenwrightError('usage', `“${name.slice(0, 100)}” cannot be the name of a header`, {
      fix: 'use letters, digits and hyphens',
    })
  if (ownHeaders.has(name.toLowerCase()))
    throw new TokenwrightError('usage', `the header ${name} is set by the client itself`, {
      fix: 'leave it out',
    })
  if (badValuePattern.test(value))
    throw new TokenwrightError(
      'usage',
      `the value of the header ${name} holds a line break or a character that no header can`,
      {
        fix: 'look for a line break at the end of the key or value; write the rest in ASCII',
      },
    )
}
