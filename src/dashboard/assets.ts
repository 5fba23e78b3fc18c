/** A request for a file of the page, answered from memory: status, headers, bytes. Knows no socket, so any server can use it. */
import { securityHeaders } from './security-headers.ts'

export interface Asset {
  readonly contentType: string
  /** Strong validator of the plain bytes. */
  readonly etag: string
  /** Its name holds a hash of its content: it never changes. */
  readonly immutable: boolean
  readonly body: Uint8Array
  /** Null where packing saves nothing. */
  readonly gzip: Uint8Array | null
}

/** By path from the root, without the leading slash: `index.html`, `assets/main-Ab12.js`. */
export type Assets = ReadonlyMap<string, Asset>

export interface AssetRequest {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly target: string
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined
}

export interface AssetAnswer {
  readonly status: 200 | 304 | 404 | 405
  readonly headers: Readonly<Record<string, string>>
  /** Null where the answer has no body. */
  readonly body: Uint8Array | null
}

const aYear = 'public, max-age=31536000, immutable'

/** The file asked for; 404 and 405 in words. `/` is index.html; there are no other pages, since routes are fragments. */
export function assetAnswer(assets: Assets, request: AssetRequest): AssetAnswer {
  const { method, target, header } = request
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'method not allowed', { allow: 'GET, HEAD' })
  const path = target.split(/[?#]/, 1)[0]!.slice(1)
  const asset = assets.get(path === '' ? 'index.html' : path)
  if (asset === undefined) return refusal(404, 'no such file')
  const packed = asset.gzip !== null && /\bgzip\b/.test(header('accept-encoding') ?? '')
  const body = packed ? asset.gzip! : asset.body
  // A packed answer is other bytes, so it has a validator of its own.
  const etag = packed ? asset.etag.replace(/"$/, '-gzip"') : asset.etag
  const headers = {
    ...securityHeaders,
    'cache-control': asset.immutable ? aYear : 'no-cache',
    'content-type': asset.contentType,
    etag,
    vary: 'accept-encoding',
  }
  if (matches(header('if-none-match'), etag)) return { status: 304, headers, body: null }
  return {
    status: 200,
    headers: {
      ...headers,
      'content-length': String(body.byteLength),
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    },
    body: method === 'HEAD' ? null : body,
  }
}

function matches(wanted: string | undefined, etag: string): boolean {
  return wanted?.split(',').some(part => part.trim().replace(/^W\//, '') === etag) ?? false
}

function refusal(
  status: 404 | 405,
  words: string,
  headers: Readonly<Record<string, string>> = {},
): AssetAnswer {
  const body = new TextEncoder().encode(`${words}\n`)
  return {
    status,
    headers: {
      ...securityHeaders,
      ...headers,
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(body.byteLength),
    },
    body,
  }
}
