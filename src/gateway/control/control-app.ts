/** Routes, checks and answers put together; knows no port. */
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { TokenwrightError } from '../../core/errors.ts'
import { ControlError, type ControlErrorCode, errorJson } from './control-error.ts'
import type { ControlFiles, ControlParts } from './control-parts.ts'
import type { Guard, Openness } from './guard.ts'
import type { LiveHub } from './live-hub.ts'
import { readQuery } from './query.ts'
import { controlRoutes } from './routes/all-routes.ts'
import type { ControlAnswer, ControlRoute } from './routes/route.ts'
import { apiHeaders } from './security-headers.ts'

type ControlContext = Context<{ Bindings: HttpBindings }>

/** The largest body that makes sense is a key with its limits. */
const largestBodyBytes = 64 * 1024

export interface ControlApp {
  fetch(request: Request, bindings: HttpBindings): Response | Promise<Response>
}

/** @param onFault told of what no call should ever bring about. */
export function createControlApp(
  parts: ControlParts,
  guard: Guard,
  hub: LiveHub,
  onFault: (error: unknown) => void,
): ControlApp {
  const app = new Hono<{ Bindings: HttpBindings }>()
  for (const route of controlRoutes) {
    app.on(route.method, route.path, async context => {
      check(guard, context, route.openness)
      return respond(await answer(route, context, parts, hub))
    })
  }
  app.notFound(context => {
    const { path } = context.req
    const others = controlRoutes.filter(route => matches(route.path, path))
    // Who may not ask is not told what there is.
    check(guard, context, others.length > 0 || path.startsWith('/api/') ? 'read' : 'files')
    if (others.length > 0) {
      const allow = [
        ...new Set(others.flatMap(route => (route.method === 'GET' ? ['GET', 'HEAD'] : ['POST']))),
      ]
      return failure('method_not_allowed', `allowed here: ${allow.join(', ')}`, { allow: allow.join(', ') })
    }
    const isFile = parts.assets !== undefined && !path.startsWith('/api/')
    return isFile ? file(parts.assets, context) : failure('not_found', 'there is nothing at this path')
  })
  app.onError(error => {
    if (error instanceof ControlError) {
      return failure(
        error.code,
        error.message,
        error.code === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {},
      )
    }
    // A user's fault found further in, e.g. by the key store.
    if (error instanceof TokenwrightError && error.code === 'usage')
      return failure('bad_request', error.message)
    if (error instanceof TokenwrightError && error.code === 'ledger')
      return failure('unavailable', 'the ledger cannot be read at the moment')
    onFault(error)
    return failure('internal_error', 'this should not have happened; the log says more')
  })
  return { fetch: (request, bindings) => app.fetch(request, bindings) }
}

function check(guard: Guard, context: ControlContext, openness: Openness): void {
  const { headers, method, socket } = context.env.incoming
  guard(
    {
      method: method ?? '',
      path: context.req.path,
      peer: socket.remoteAddress,
      host: headers.host,
      authorization: headers.authorization,
      fetchSite: context.req.header('sec-fetch-site'),
      isForwarded: headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined,
    },
    openness,
  )
}

async function answer(
  route: ControlRoute,
  context: ControlContext,
  parts: ControlParts,
  hub: LiveHub,
): Promise<ControlAnswer> {
  const query = readQuery(new URL(context.req.url).searchParams, route.query)
  const body = route.takesBody ? await readBody(context) : null
  const cut = (): void => {
    context.env.outgoing.destroy()
  }
  return route.answer({ query, id: context.req.param('id') ?? '', body, parts, hub, cut })
}

async function readBody(context: ControlContext): Promise<unknown> {
  const text = await bodyText(context)
  if (text === '') return null
  if (!/^application\/json *(?:;|$)/i.test(context.req.header('content-type') ?? ''))
    throw new ControlError('unsupported_media_type', 'send application/json')
  try {
    return JSON.parse(text)
  } catch {
    throw new ControlError('bad_request', 'the body is no JSON')
  }
}

/** Read piece by piece: whoever sends more than he may is told so before the rest comes. */
async function bodyText(context: ControlContext): Promise<string> {
  const tooLarge = new ControlError('payload_too_large', `a body has at most ${largestBodyBytes} bytes`)
  if (Number(context.req.header('content-length') ?? 0) > largestBodyBytes) throw tooLarge
  const reader = context.req.raw.body?.getReader()
  if (reader === undefined) return ''
  const pieces: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new ControlError('bad_request', 'the body broke off')
    })
    if (done) return new TextDecoder().decode(Buffer.concat(pieces))
    bytes += value.length
    if (bytes > largestBodyBytes) throw tooLarge
    pieces.push(value)
  }
}

function respond(answer: ControlAnswer): Response {
  switch (answer.kind) {
    case 'json':
      return data(JSON.stringify(answer.value), answer.status ?? 200)
    case 'text':
      return new Response(answer.text, { headers: { ...apiHeaders, 'content-type': answer.contentType } })
    case 'events':
      return new Response(answer.stream, {
        headers: { ...apiHeaders, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
      })
  }
}

function data(text: string, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(text, {
    status,
    headers: { ...apiHeaders, 'content-type': 'application/json', ...headers },
  })
}

function failure(
  code: ControlErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return data(JSON.stringify(errorJson(code, message)), new ControlError(code, message).status, headers)
}

function file(assets: ControlFiles, { env: { incoming }, req }: ControlContext): Response {
  const { status, headers, body } = assets({
    method: req.method,
    target: incoming.url ?? '/',
    header: name => req.header(name),
  })
  return new Response(body as Uint8Array<ArrayBuffer> | null, { status, headers: { ...headers } })
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith(':') || part === given[index])
  )
}
