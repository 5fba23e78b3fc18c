/** The client's request in the words of one upstream: its name of the model, its key, its dialect. */
import type { HttpRequest, HttpTarget } from '../../live/index.ts'
import type { Candidate } from '../dispatch/types.ts'
import {
  type AnswerApi,
  type CheckedHeaders,
  chatToMessagesRequest,
  GatewayError,
  messagesToChatRequest,
  multipartSplices,
  type RequestFacts,
  spliced,
  upstreamHeaders,
  upstreamSplices,
} from '../wire/index.ts'
import { upstreamPath } from './api-routes.ts'
import type { ClientRequest } from './client-request.ts'

/** How the answer gets back into the client's words. */
export type Passage = 'same' | 'chat-to-messages' | 'messages-to-chat'

export interface UpstreamRequest {
  readonly request: HttpRequest
  readonly passage: Passage
  /** The API that the upstream's answer is of. */
  readonly api: AnswerApi
}

/** Whether a candidate can be asked for this API at all. */
export function speaks({ upstream }: Candidate, api: AnswerApi): boolean {
  return upstream.dialect === 'openai' || api === 'messages' || api === 'chat'
}

/**
 * Tokens an answer may have where Anthropic's API demands a limit, the client set none and the configuration names none. Assumed:
 * what its oldest model still served writes at most.
 */
const defaultOutputLimit = 4096

/** Throws a GatewayError (400) when the request has something that this upstream has no words for. */
export function upstreamRequest(
  client: ClientRequest,
  headers: CheckedHeaders,
  candidate: Candidate,
  target: HttpTarget,
  requestId: string,
): UpstreamRequest {
  const { upstream } = candidate
  const model = candidate.upstreamModel ?? client.model
  const { passage, api, body } = wordedFor(client, candidate, model)
  const passed = upstreamHeaders(headers, new Set(upstream.passHeaders))
  if (passage !== 'same') {
    // Versions and betas of the other dialect mean nothing here.
    for (const name of ['anthropic-version', 'anthropic-beta', 'openai-beta']) delete passed[name]
  }
  passed['content-type'] = client.body.kind === 'json' ? 'application/json' : client.body.contentType
  passed['x-request-id'] = requestId
  if (upstream.dialect === 'anthropic') passed['anthropic-version'] ??= anthropicVersion
  if (upstream.apiKey !== null) {
    if (upstream.dialect === 'anthropic') passed['x-api-key'] = upstream.apiKey
    else passed.authorization = `Bearer ${upstream.apiKey}`
  }
  for (const [name, value] of Object.entries(upstream.headers)) passed[name.toLowerCase()] = value
  return {
    request: { method: 'POST', path: upstreamPath(target.basePath, api), headers: passed, body },
    passage,
    api,
  }
}

/** The version that the translation was written for (https://docs.claude.com/en/api/versioning). */
const anthropicVersion = '2023-06-01'

function wordedFor(
  client: ClientRequest,
  { upstream, traits }: Candidate,
  model: string,
): { readonly passage: Passage; readonly api: AnswerApi; readonly body: Buffer } {
  const { api, body } = client
  if (body.kind === 'multipart')
    return { passage: 'same', api, body: spliced(body.form.body, multipartSplices(body.form, model)) }
  const { facts } = body
  if (api === 'messages' && upstream.dialect === 'openai') {
    const { outputLimitField: outputLimit, engineFields } = upstream
    const translated = messagesToChatRequest(objectOf(facts), { outputLimit, engineFields, model })
    const streamed = facts.stream && upstream.injectUsage ? { stream_options: { include_usage: true } } : {}
    return { passage: 'chat-to-messages', api: 'chat', body: jsonBytes({ ...translated.body, ...streamed }) }
  }
  if (api === 'chat' && upstream.dialect === 'anthropic') {
    const limit = traits.outputTokens ?? defaultOutputLimit
    const translated = chatToMessagesRequest(objectOf(facts), { model, defaultOutputLimit: limit })
    return { passage: 'messages-to-chat', api: 'messages', body: jsonBytes(translated.body) }
  }
  if (upstream.dialect === 'anthropic' && api !== 'messages')
    throw new GatewayError(400, 'unsupported_field', `${api} cannot be asked of this model`)
  const splices = upstreamSplices(facts, { model, usage: upstream.injectUsage })
  const { bytes } = facts.scanned
  return { passage: 'same', api, body: splices.length === 0 ? bytes : spliced(bytes, splices) }
}

function objectOf({ scanned }: RequestFacts): Record<string, unknown> {
  return JSON.parse(scanned.bytes.toString('utf8', scanned.start, scanned.end)) as Record<string, unknown>
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
