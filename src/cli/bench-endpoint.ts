/** From the URL and flags to the endpoint: its path, its model, its key. */
import { readFileSync } from 'node:fs'
import type { BenchEndpoint } from '../bench/bench-endpoint.ts'
import { endpointKind } from '../bench/endpoints/endpoint-kinds.ts'
import { refusesUnknownFields } from '../bench/endpoints/endpoint-options.ts'
import type { TemplateOptions } from '../bench/endpoints/template.ts'
import { type DetectedServer, detectServer } from '../bench/server/detect-server.ts'
import { createGet, type Get } from '../bench/server/http-get.ts'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { parseNumber } from '../core/parse-quantity.ts'
import { authorityOf, parseTarget } from '../live/http/target.ts'
import type { HttpTarget } from '../live/http/types.ts'
import type { BenchFlags } from './bench-flags.ts'
import { templateFromFile } from './bench-template.ts'

export interface OpenedEndpoint {
  readonly endpoint: BenchEndpoint
  /** Null when it does not list its models: it may serve all the same. */
  readonly server: DetectedServer | null
  /** With the key, for metrics and probes. */
  readonly get: Get
  /** Longest context of the model, tokens; null when it does not say. */
  readonly maximumContextTokens: number | null
}

const defaultTimeoutSeconds = 600

/** Asks the server what it serves; nothing is measured yet. */
export async function openEndpoint(url: string, flags: BenchFlags): Promise<OpenedEndpoint> {
  const { target, pathInUrl } = targetOf(url)
  const name = flags.endpoint ?? kindOfPath(pathInUrl) ?? 'chat'
  const headers = { ...keyHeaders(target, name), ...headersOf(flags.header) }
  const get = createGet({ headers })
  const authority = `${target.protocol}//${authorityOf(target)}`
  const server = await detectServer(`${authority}${target.basePath}`, get)
  const options = { path: flags.endpointPath ?? null, template: templateOf(flags) }
  const plainKind = endpointKind(name, { ...options, engineFields: false })
  const lenient = flags.exactLength && !refusesUnknownFields(target.host)
  const kind = lenient ? endpointKind(name, options) : plainKind
  const model = modelOf(flags.model, server, url)
  const path = `${target.basePath}${kind.path}`
  return {
    endpoint: {
      url: `${authority}${path}`,
      target,
      kind,
      kindOptions: { ...options, engineFields: lenient },
      plainKind,
      path,
      model,
      // Few servers stream transcripts, and a text that comes at once is what an hour of audio wants.
      streaming: flags.streaming && kind.streams && kind.name !== 'transcription',
      headers,
      extra: extraOf(flags.extraInputs),
      exactLength: lenient,
      requestTimeoutSeconds:
        flags.requestTimeoutSeconds === undefined
          ? defaultTimeoutSeconds
          : parseNumber(flags.requestTimeoutSeconds, '--request-timeout-seconds', {
              minimum: 0.001,
              maximum: 86_400,
            }),
      reuse: reuseOf(flags.connectionReuseStrategy),
      insecure: flags.insecure === true,
    },
    server,
    get,
    maximumContextTokens: server?.models.find(({ id }) => id === model)?.maximumContextTokens ?? null,
  }
}

const endings: readonly (readonly [ending: string, kind: string])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completions'],
  ['/responses', 'responses'],
  ['/messages', 'messages'],
  ['/embeddings', 'embeddings'],
  ['/rerank', 'rerank'],
  ['/audio/transcriptions', 'transcription'],
]

function kindOfPath(path: string): string | null {
  return endings.find(([ending]) => path.endsWith(ending))?.[1] ?? null
}

/** Users copy what works in curl: with /v1, or with the whole path of an endpoint. Kinds bring /v1 themselves. */
function targetOf(url: string): { readonly target: HttpTarget; readonly pathInUrl: string } {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`
  const target = parseTarget(withScheme)
  const ending = endings.find(([end]) => target.basePath.endsWith(end))?.[0] ?? ''
  const rest = target.basePath.slice(0, target.basePath.length - ending.length)
  return { target: { ...target, basePath: rest.replace(/\/v1$/, '') }, pathInUrl: target.basePath }
}

/** A key goes only where it belongs: vendors' variables to their own hosts, ours to wherever the user points. */
const vendorKeys: readonly { readonly host: string; readonly variable: string }[] = [
  { host: 'api.openai.com', variable: 'OPENAI_API_KEY' },
  { host: 'api.anthropic.com', variable: 'ANTHROPIC_API_KEY' },
]

function keyHeaders({ host }: HttpTarget, kind: string): Readonly<Record<string, string>> {
  const vendor = vendorKeys.find(entry => entry.host === host)
  const key =
    process.env.TOKENWRIGHT_API_KEY ?? (vendor === undefined ? undefined : process.env[vendor.variable])
  if (key === undefined || key.trim() === '') return {}
  const value = key.trim()
  return kind === 'messages'
    ? { 'x-api-key': value, authorization: `Bearer ${value}` }
    : { authorization: `Bearer ${value}` }
}

function headersOf(texts: readonly string[] | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const text of texts ?? []) {
    const colon = text.indexOf(':')
    const name = text.slice(0, colon).trim().toLowerCase()
    if (colon <= 0 || !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
      throw new TokenwrightError('usage', 'a header is written name:value', {
        where: '--header',
        fix: 'for example --header "x-tenant: blue"; keys belong into TOKENWRIGHT_API_KEY, where ps does not show them',
      })
    headers[name] = text.slice(colon + 1).trim()
  }
  return headers
}

/** `temperature:0`, `stop:["a"]`: values are JSON where they can be, else text. */
function extraOf(texts: readonly string[] | undefined): Record<string, unknown> {
  const extra: Record<string, unknown> = {}
  for (const text of texts ?? []) {
    const colon = text.indexOf(':')
    if (colon <= 0)
      throw new TokenwrightError('usage', `"${text}" is no field of a request`, {
        where: '--extra-inputs',
        fix: 'write name:value, e.g. temperature:0',
      })
    const value = text.slice(colon + 1).trim()
    extra[text.slice(0, colon).trim()] = jsonOrText(value)
  }
  return extra
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function reuseOf(text: string | undefined): 'pooled' | 'never' {
  if (text === undefined || text === 'pooled' || text === 'never') return text ?? 'pooled'
  throw new TokenwrightError('usage', `"${text}" is no way to reuse connections`, {
    where: '--connection-reuse-strategy',
    fix: 'say pooled or never',
  })
}

function templateOf({ endpoint, template }: BenchFlags): TemplateOptions | null {
  if (template === undefined) return null
  if (endpoint !== 'template')
    throw new TokenwrightError('usage', '--template is for --endpoint template', {
      where: '--template',
      fix: 'add --endpoint template',
    })
  let text: string
  try {
    text = readFileSync(template, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the template', { where: template, fix: 'give the path of a JSON file' })
  }
  return templateFromFile(text, template)
}

function modelOf(asked: string | undefined, server: DetectedServer | null, url: string): string {
  if (asked !== undefined) return asked
  const models = server?.models ?? []
  if (models.length === 1) return models[0]!.id
  if (models.length > 1)
    throw new TokenwrightError('usage', `${url} serves ${models.length} models`, {
      where: '--model',
      fix: `name one of them: ${models
        .slice(0, 5)
        .map(({ id }) => id)
        .join(', ')}${models.length > 5 ? ' …' : ''}`,
    })
  throw new TokenwrightError(
    'usage',
    server === null
      ? `no list of models at ${url}: nothing answers, or it wants a key`
      : `${url} lists no model`,
    {
      where: url,
      fix: 'check the address, set TOKENWRIGHT_API_KEY where it wants one, or name the model with --model',
    },
  )
}
