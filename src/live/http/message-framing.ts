/** How the body of an answer ends, and whether the connection lives on: RFC 9112 §6.3 and §9.3, read from the headers. */

export type Framing = FramingKind & {
  readonly keepsAlive: boolean
  /** `Keep-Alive: timeout=N`; null without. */
  readonly keepAliveSeconds: number | null
}

type FramingKind =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }
  | { readonly kind: 'malformed'; readonly problem: string }

/** Names of headers are lower-case, repeated ones joined by commas. `minorVersion`: of HTTP/1.x. */
export function createFraming(
  status: number,
  minorVersion: number,
  headers: ReadonlyMap<string, string>,
): Framing {
  const connection = listOf(headers.get('connection'))
  const asked = minorVersion === 0 ? connection.includes('keep-alive') : !connection.includes('close')
  const kind = kindOf(status, headers)
  const both = headers.has('transfer-encoding') && headers.has('content-length')
  // RFC 9112 §6.1: a message with both, or with a transfer coding under HTTP/1.0, may have been tampered with.
  const doubtful = both || (minorVersion === 0 && headers.has('transfer-encoding'))
  const seconds = /(?:^|[,\s])timeout\s*=\s*"?(\d+)/i.exec(headers.get('keep-alive') ?? '')?.[1]
  return {
    ...kind,
    keepsAlive: asked && !doubtful && kind.kind !== 'until-close' && kind.kind !== 'malformed',
    keepAliveSeconds: seconds === undefined ? null : Number(seconds),
  }
}

function kindOf(status: number, headers: ReadonlyMap<string, string>): FramingKind {
  if (status === 204 || status === 304) return { kind: 'none' }
  const codings = listOf(headers.get('transfer-encoding')).filter(coding => coding !== 'identity')
  if (codings.length > 0) {
    if (codings.length === 1 && codings[0] === 'chunked') return { kind: 'chunked' }
    return { kind: 'malformed', problem: `the transfer coding “${codings.join(', ')}” was not asked for` }
  }
  const lengths = new Set(listOf(headers.get('content-length')))
  if (lengths.size === 0) return { kind: 'until-close' }
  const [length] = lengths
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length!))
    return { kind: 'malformed', problem: `the content length “${[...lengths].join(', ')}” is not one number` }
  return { kind: 'length', bytes: Number(length) }
}

/** Members of a comma-separated header, lower-case. */
function listOf(value: string | undefined): string[] {
  if (value === undefined) return []
  return value
    .split(',')
    .map(member => member.trim().toLowerCase())
    .filter(member => member !== '')
}
