/**
 * What the gateway must know of a request to let it in, to route it and to price it, and where its prompt lies; the rest of the
 * body is the upstream's business and is passed on byte for byte.
 */
import { invalidField } from './gateway-error.ts'
import {
  defaultScanLimits,
  type FieldSpan,
  fieldValue,
  type ScanLimits,
  type ScannedObject,
  scanInner,
  scanRequest,
  spanValue,
} from './json-scan.ts'
import { type Splice, setField } from './splice.ts'

/** APIs with a JSON body. Transcriptions come as multipart and are not read here. */
export type JsonApi = 'chat' | 'completions' | 'responses' | 'messages' | 'embeddings' | 'rerank'

export interface RequestFacts {
  readonly api: JsonApi
  readonly scanned: ScannedObject
  /** As the client calls it: an alias. */
  readonly model: string
  readonly stream: boolean
  /** The client itself asked for usage in the stream; null where the API always tells. */
  readonly asksForUsage: boolean | null
  /** Tokens one answer may have at most; null: the model's own limit. */
  readonly outputLimit: number | null
  /** Answers that are generated, and paid: n, or best_of where that is more. */
  readonly answers: number
  readonly temperature: number | null
  /** vLLM's, smaller is sooner. */
  readonly priority: number | null
  /** Whom the client answers for: user, safety_identifier or metadata.user_id. */
  readonly user: string | null
  readonly serviceTier: string | null
  readonly promptCacheKey: string | null
  /** The parts that prompts are made of, in the order of the prompt: tools and system before messages. */
  readonly promptSpans: readonly FieldSpan[]
}

/** Names that mean something here: each may come once. */
const knownFields: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n',
  'best_of',
  'temperature',
  'priority',
  'user',
  'safety_identifier',
  'metadata',
  'service_tier',
  'prompt_cache_key',
  'background',
  'messages',
  'prompt',
  'input',
  'system',
  'instructions',
  'tools',
  'query',
  'documents',
])

const streamOptionFields: ReadonlySet<string> = new Set(['include_usage', 'continuous_usage_stats'])

/** In the order in which a chat template puts them down (tools and instructions before the conversation: assumed). */
const promptFields: Readonly<Record<JsonApi, readonly string[]>> = {
  chat: ['tools', 'messages'],
  completions: ['prompt'],
  responses: ['tools', 'instructions', 'input'],
  messages: ['tools', 'system', 'messages'],
  embeddings: ['input'],
  rerank: ['query', 'documents'],
}

/** Of a name of a model. Assumed: no model's name is longer; it goes into metrics and the ledger. */
const longestModelName = 256
/** Of what a client says of itself. Assumed. */
const longestText = 1024

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacter = /[\u0000-\u001f\u007f]/

/** Reads a body. Throws a GatewayError (400, 413) that names the field when it is no request of this API. */
export function readRequest(
  api: JsonApi,
  body: Buffer,
  limits: ScanLimits = defaultScanLimits,
): RequestFacts {
  const scanned = scanRequest(body, knownFields, limits)
  const { fields } = scanned
  const model = textField(scanned, 'model', longestModelName)
  if (model === null || model === '') throw invalidField('model', 'must name a model')
  if (controlCharacter.test(model)) throw invalidField('model', 'has a control character')
  const stream = booleanField(scanned, 'stream') ?? false
  if (booleanField(scanned, 'background') === true) {
    // Its usage comes with a later request, that nobody may ever send.
    throw invalidField('background', 'must be false: answers in the background cannot be accounted for')
  }
  return {
    api,
    scanned,
    model,
    stream,
    asksForUsage: asksForUsage(api, scanned),
    outputLimit: outputLimit(scanned),
    answers: Math.max(1, countField(scanned, 'n') ?? 1, countField(scanned, 'best_of') ?? 1),
    temperature: numberField(scanned, 'temperature'),
    priority: numberField(scanned, 'priority'),
    user:
      textField(scanned, 'user', longestText) ??
      textField(scanned, 'safety_identifier', longestText) ??
      userOfMetadata(api, scanned),
    serviceTier: textField(scanned, 'service_tier', longestText),
    promptCacheKey: textField(scanned, 'prompt_cache_key', longestText),
    promptSpans: promptFields[api].flatMap(name => fields.get(name) ?? []),
  }
}

/** The smallest limit that the client set: APIs have had several names for it. */
function outputLimit(scanned: ScannedObject): number | null {
  let least: number | null = null
  for (const name of ['max_tokens', 'max_completion_tokens', 'max_output_tokens']) {
    const limit = countField(scanned, name)
    if (limit !== null && (least === null || limit < least)) least = limit
  }
  return least
}

/** Streams of chat and text completions tell their usage when asked (stream_options.include_usage). */
function asksForUsage(api: JsonApi, scanned: ScannedObject): boolean | null {
  if (api !== 'chat' && api !== 'completions') return null
  const options = scanned.fields.get('stream_options')
  if (options === undefined || options.kind === 'null') return false
  if (options.kind !== 'object') throw invalidField('stream_options', 'must be an object')
  const asked = fieldValue(scanInner(scanned, options, streamOptionFields), 'include_usage')
  if (asked !== undefined && asked !== null && typeof asked !== 'boolean')
    throw invalidField('stream_options.include_usage', 'must be true or false')
  return asked === true
}

function userOfMetadata(api: JsonApi, scanned: ScannedObject): string | null {
  const metadata = scanned.fields.get('metadata')
  if (api !== 'messages' || metadata?.kind !== 'object') return null
  return textField(scanInner(scanned, metadata, new Set(['user_id'])), 'user_id', longestText)
}

export interface UpstreamChanges {
  /** The upstream's name of the model; null leaves the client's. */
  readonly model: string | null
  /** Ask for usage in the stream, whatever the client did. */
  readonly usage: boolean
  /** Set to what was promised, for budgets; null leaves what the client said. */
  readonly outputLimit?: { readonly field: string; readonly tokens: number } | null
}

/** The changes that make the client's body the upstream's; none when it may go as it is. */
export function upstreamSplices(facts: RequestFacts, changes: UpstreamChanges): readonly Splice[] {
  const { scanned, api } = facts
  const splices: Splice[] = []
  const inserted: string[] = []
  const set = (name: string, value: unknown) => {
    const splice = setField(scanned, name, value)
    if (splice.start < splice.end) splices.push(splice)
    else inserted.push(splice.bytes.toString('utf8'))
  }
  if (changes.model !== null && changes.model !== facts.model) set('model', changes.model)
  if (
    changes.usage &&
    facts.stream &&
    facts.asksForUsage === false &&
    (api === 'chat' || api === 'completions')
  ) {
    const options = scanned.fields.get('stream_options')
    if (options?.kind === 'object') {
      splices.push(setField(scanInner(scanned, options, streamOptionFields), 'include_usage', true))
    } else set('stream_options', { include_usage: true })
  }
  if (changes.outputLimit) set(changes.outputLimit.field, changes.outputLimit.tokens)
  if (inserted.length > 0) {
    // Insertions share one place: the object has fields (a model at least), so each brings its comma.
    const at = scanned.start + 1
    splices.push({ start: at, end: at, bytes: Buffer.from(inserted.join('')) })
  }
  return splices
}

function textField(scanned: ScannedObject, name: string, longest: number): string | null {
  const span = present(scanned, name)
  if (span === null) return null
  if (span.kind !== 'string') throw invalidField(name, 'must be a text')
  // An escape makes six bytes of a letter, and UTF-8 four.
  if (span.valueEnd - span.valueStart > 6 * longest + 2)
    throw invalidField(name, `has more than ${longest} characters`)
  const text = String(spanValue(scanned.bytes, span))
  if (text.length > longest) throw invalidField(name, `has more than ${longest} characters`)
  return text
}

function booleanField(scanned: ScannedObject, name: string): boolean | null {
  const span = present(scanned, name)
  if (span === null) return null
  if (span.kind !== 'boolean') throw invalidField(name, 'must be true or false')
  return spanValue(scanned.bytes, span) === true
}

function numberField(scanned: ScannedObject, name: string): number | null {
  const span = present(scanned, name)
  if (span === null) return null
  const value = span.kind === 'number' ? spanValue(scanned.bytes, span) : null
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalidField(name, 'must be a number')
  return value
}

/** Budgets are reserved by these: what is no count is refused here, not upstream. */
function countField(scanned: ScannedObject, name: string): number | null {
  const value = numberField(scanned, name)
  if (value !== null && (!Number.isSafeInteger(value) || value < 0))
    throw invalidField(name, 'must be a whole number of at least 0')
  return value
}

/** null stands for left out. */
function present({ fields }: ScannedObject, name: string): FieldSpan | null {
  const span = fields.get(name)
  return span === undefined || span.kind === 'null' ? null : span
}
