/** Which path is which API. Everything else is not found: there is no passing on of unknown paths, which would be a way around keys and budgets. */
import type { AnswerApi, ErrorDialect } from '../wire/index.ts'

export type GatewayRoute =
  | {
      readonly kind: 'answer'
      readonly api: AnswerApi
      readonly dialect: ErrorDialect
      readonly isMultipart: boolean
    }
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly name: string }
  | { readonly kind: 'alive' }

const answers: Readonly<Record<string, GatewayRoute>> = {
  '/v1/chat/completions': openAi('chat'),
  '/v1/completions': openAi('completions'),
  '/v1/responses': openAi('responses'),
  '/v1/embeddings': openAi('embeddings'),
  '/v1/rerank': openAi('rerank'),
  '/v1/audio/transcriptions': { kind: 'answer', api: 'transcription', dialect: 'openai', isMultipart: true },
  '/v1/messages': { kind: 'answer', api: 'messages', dialect: 'anthropic', isMultipart: false },
}

function openAi(api: AnswerApi): GatewayRoute {
  return { kind: 'answer', api, dialect: 'openai', isMultipart: false }
}

const modelPrefix = '/v1/models/'

/** null: no such path, or not with this method. */
export function routeOf(method: string, url: string): GatewayRoute | null {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  if (method === 'POST') return Object.hasOwn(answers, path) ? answers[path]! : null
  if (method !== 'GET') return null
  if (path === '/v1/models') return { kind: 'models' }
  if (path === '/health') return { kind: 'alive' }
  if (!path.startsWith(modelPrefix)) return null
  try {
    return { kind: 'model', name: decodeURIComponent(path.slice(modelPrefix.length)) }
  } catch {
    return null
  }
}

/** Errors before the route is known are worded for whoever asks there: Anthropic's client, or everybody else. */
export function dialectOf(url: string): ErrorDialect {
  return url.startsWith('/v1/messages') ? 'anthropic' : 'openai'
}

/** Paths below an upstream's base address, by API. */
const upstreamPaths: Readonly<Record<AnswerApi, string>> = {
  chat: '/chat/completions',
  completions: '/completions',
  responses: '/responses',
  embeddings: '/embeddings',
  rerank: '/rerank',
  transcription: '/audio/transcriptions',
  messages: '/messages',
}

/**
 * The path at an upstream. A base address that names a version (`…/v1`, `…/v1beta/openai`) is taken as it is; otherwise /v1 comes
 * between.
 */
export function upstreamPath(basePath: string, api: AnswerApi): string {
  const versioned = /\/v\d[^/]*(?:\/|$)/.test(basePath)
  return `${basePath}${versioned ? '' : '/v1'}${upstreamPaths[api]}`
}
