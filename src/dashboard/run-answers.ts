/** `/api/runs` and `/api/runs/file?run=…&name=…`: past runs, read-only. A run is named, never a path. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { RunLibrary } from './run-library-file.ts'
import { largestRunFileBytes, megabytes, type RunFault, type RunList } from './run-list.ts'
import { securityHeaders } from './security-headers.ts'

const contentTypes: Readonly<Record<string, string>> = {
  json: 'application/json',
  jsonl: 'application/jsonl',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
}

/**
 * A report is a page of its own with its style inside, and may come from anybody: it runs no script, asks nothing of
 * anyone, and has no origin. The opener policy is left out, because browsers refuse it together with a sandbox.
 */
function reportHeaders(): Record<string, string> {
  const { 'cross-origin-opener-policy': _, ...headers } = securityHeaders
  return {
    ...headers,
    'content-security-policy':
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  }
}

/** True when the request was one of these, and is answered. */
export function answerRuns(
  library: RunLibrary | null,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const target = URL.parse(request.url ?? '/', 'http://localhost')
  if (target === null || !/^\/api\/runs(\/|$)/.test(target.pathname)) return false
  answer(library, target, request, response).catch(() => {
    // The reader went away, or the file did: there is nobody to tell, or no header left to tell it in.
    response.destroy()
  })
  return true
}

async function answer(
  library: RunLibrary | null,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'runs are only read here', { allow: 'GET, HEAD' })
  // Pages of other ports of this machine are other sites' pages as well.
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return refuse(response, 403, 'runs are for this page only')
  if (target.pathname === '/api/runs') {
    const list: RunList = library === null ? { folder: null, runs: [], notes: [] } : await library.list()
    return sendJson(response, 200, list)
  }
  if (target.pathname !== '/api/runs/file') return refuse(response, 404, 'there is nothing here')
  const { searchParams } = target
  await sendFile(
    library,
    searchParams.get('run') ?? '',
    searchParams.get('name') ?? '',
    request.method === 'HEAD',
    response,
  )
}

async function sendFile(
  library: RunLibrary | null,
  id: string,
  name: string,
  headOnly: boolean,
  response: ServerResponse,
): Promise<void> {
  const file = (await library?.openFile(id, name)) ?? null
  if (file === null) return refuse(response, 404, 'there is no such run, or it has no such file')
  const { handle, bytes } = file
  try {
    if (bytes > largestRunFileBytes)
      return refuse(
        response,
        413,
        `${name} has ${megabytes(bytes)}, of which a page holds at most ${megabytes(largestRunFileBytes)}; the command line reads files of any size`,
      )
    response.writeHead(200, {
      ...(name.endsWith('.html') ? reportHeaders() : securityHeaders),
      'content-type': contentTypes[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      'content-length': String(bytes),
      'cache-control': 'no-store',
    })
    if (headOnly || bytes === 0) response.end()
    // A file that grows meanwhile is read as far as it was.
    else await pipeline(handle.createReadStream({ start: 0, end: bytes - 1, autoClose: false }), response)
  } finally {
    await handle.close()
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const error: RunFault = { code: 'file', message }
  sendJson(response, status, { error }, headers)
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: RunList | { readonly error: RunFault },
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, {
      ...securityHeaders,
      ...headers,
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    .end(JSON.stringify(body))
}
