/** A client's request as the data plane sees it, whatever its API: who may serve it, what it may take, and its body. */
import type { RequestLimits } from '../config/gateway-config.ts'
import {
  type AnswerApi,
  type CheckedHeaders,
  checkContentType,
  defaultScanLimits,
  type ErrorDialect,
  type JsonApi,
  type MultipartFacts,
  type RequestFacts,
  readMultipart,
  readRequest,
} from '../wire/index.ts'
import type { GatewayRoute } from './api-routes.ts'

export interface ClientRequest {
  readonly api: AnswerApi
  readonly dialect: ErrorDialect
  readonly model: string
  readonly stream: boolean
  /** The client itself asked for usage in its stream. */
  readonly asksForUsage: boolean
  /** Tokens of all its answers together; null: the model's own limit. */
  readonly outputLimit: number | null
  readonly answers: number
  /** Clients may only stand back, never push forward. */
  readonly priority: number
  /** What conversations are told apart by when no header says so. */
  readonly conversation: string | null
  /** What prompts are named by: the parts of the body that hold it, in order. */
  readonly promptBytes: Buffer
  readonly body:
    | { readonly kind: 'json'; readonly facts: RequestFacts }
    | { readonly kind: 'multipart'; readonly form: MultipartFacts; readonly contentType: string }
}

/** Throws a GatewayError for what is no request of this API. */
export function readClientRequest(
  route: Extract<GatewayRoute, { kind: 'answer' }>,
  headers: CheckedHeaders,
  body: Buffer,
  limits: RequestLimits,
): ClientRequest {
  const { api, dialect } = route
  checkContentType(headers, route.isMultipart ? 'multipart' : 'json')
  if (route.isMultipart) {
    const contentType = headers.values.get('content-type') ?? ''
    const form = readMultipart(body, contentType, limits.bodyBytes)
    return {
      api,
      dialect,
      model: form.model,
      stream: form.stream,
      asksForUsage: true,
      outputLimit: null,
      answers: 1,
      priority: 0,
      conversation: null,
      promptBytes: nothing,
      body: { kind: 'multipart', form, contentType },
    }
  }
  const facts = readRequest(api as JsonApi, body, {
    ...defaultScanLimits,
    bodyBytes: limits.bodyBytes,
    depth: limits.depth,
  })
  return {
    api,
    dialect,
    model: facts.model,
    stream: facts.stream,
    asksForUsage: facts.asksForUsage ?? true,
    outputLimit: facts.outputLimit === null ? null : facts.outputLimit * facts.answers,
    answers: facts.answers,
    priority: Math.max(0, facts.priority ?? 0),
    conversation: facts.promptCacheKey,
    promptBytes: promptBytesOf(facts),
    body: { kind: 'json', facts },
  }
}

const nothing = Buffer.alloc(0)

function promptBytesOf({ promptSpans, scanned }: RequestFacts): Buffer {
  const pieces = promptSpans.map(({ valueStart, valueEnd }) => scanned.bytes.subarray(valueStart, valueEnd))
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}
