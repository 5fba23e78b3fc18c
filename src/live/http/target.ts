/** Where requests go: a base URL taken apart, and refused where it cannot mean what was meant. */
import { TokenwrightError } from '../../core/errors.ts'
import type { HttpTarget } from './types.ts'

const defaultPorts = { 'http:': 80, 'https:': 443 } as const

/**
 * Reads a base URL such as `http://localhost:8000` or `https://example.org/openai/`.
 * A 'usage' error for what is no http URL, holds a user name or password, or has a query or fragment.
 */
export function parseTarget(url: string): HttpTarget {
  const parsed = URL.canParse(url) ? new URL(url) : null
  const protocol = parsed?.protocol
  if (parsed === null || (protocol !== 'http:' && protocol !== 'https:')) {
    const guess = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? 'http://localhost:8000' : `http://${url}`
    throw new TokenwrightError('usage', `“${redacted(url)}” is not the URL of an HTTP server`, {
      fix: `write it with its scheme, such as ${redacted(guess)}`,
    })
  }
  if (parsed.username !== '' || parsed.password !== '')
    throw new TokenwrightError('usage', `the URL of ${parsed.host} holds a user name or password`, {
      fix: 'leave it out of the URL, which is printed and stored; give the key in the environment: use TOKENWRIGHT_API_KEY',
    })
  if (parsed.search !== '' || parsed.hash !== '')
    throw new TokenwrightError('usage', `the base URL “${url}” has a query or fragment`, {
      fix: 'give the part before it: paths of endpoints are put behind the base URL',
    })
  return {
    protocol,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? defaultPorts[protocol] : Number(parsed.port),
    basePath: parsed.pathname.replace(/\/+$/, ''),
  }
}

/** Host and port as they stand in a URL and in the Host header: an IPv6 address in brackets, the usual port left out. */
export function authorityOf({ protocol, host, port }: HttpTarget): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === defaultPorts[protocol] ? name : `${name}:${port}`
}

/** What stands before an @ may be a password. */
function redacted(url: string): string {
  return url.replace(/^([^@]*\/\/)?[^@/]*@/, '$1…@')
}
