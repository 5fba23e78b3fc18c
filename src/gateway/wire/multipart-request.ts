/**
 * A request with a file in it (POST /v1/audio/transcriptions) read as bytes: form-data by RFC 7578, of which the fields that
 * routing needs are found and the rest, the audio, is passed on as it came. Stricter than the RFC where parsers disagree.
 */
import { GatewayError, invalidField } from './gateway-error.ts'
import { defaultScanLimits } from './json-scan.ts'
import type { Splice } from './splice.ts'

export interface MultipartFacts {
  readonly body: Buffer
  /** As the client calls it: an alias. */
  readonly model: string
  readonly stream: boolean
  /** json, text, verbose_json …; null: not said. Usage comes with the JSON ones only. */
  readonly responseFormat: string | null
  /** Of all files together. */
  readonly fileBytes: number
  /** Where the name of the model stands. */
  readonly modelStart: number
  readonly modelEnd: number
}

interface Part {
  readonly name: string
  readonly isFile: boolean
  readonly start: number
  readonly end: number
}

/** Fields that mean something here: each may come once. */
const known = new Set(['model', 'stream', 'response_format'])

/** Assumed: OpenAI's transcription knows about ten fields. */
const mostParts = 100
/** Of the headers of a part, and of a field's value. Assumed. */
const mostHeaderBytes = 4096
const mostValueBytes = 1024

const lineEnd = Buffer.from('\r\n')
const headersEnd = Buffer.from('\r\n\r\n')

/**
 * Reads a body by the boundary in its content-type. Throws a GatewayError: 400 when it is no such form, a field that matters
 * comes twice or in a way that parsers disagree about; 413 when it is too large.
 */
export function readMultipart(
  body: Buffer,
  contentType: string,
  mostBytes = defaultScanLimits.bodyBytes,
): MultipartFacts {
  if (body.length > mostBytes) {
    throw new GatewayError(
      413,
      'request_too_large',
      `the body has ${body.length} bytes; ${mostBytes} are allowed`,
    )
  }
  const fields = new Map<string, Part>()
  let fileBytes = 0
  for (const part of partsOf(body, boundaryOf(contentType))) {
    if (part.isFile) fileBytes += part.end - part.start
    if (!known.has(part.name)) continue
    if (part.isFile) throw invalidField(part.name, 'must be a text, not a file')
    if (fields.has(part.name)) {
      throw new GatewayError(400, 'duplicate_field', `“${part.name}” comes twice`, { param: part.name })
    }
    fields.set(part.name, part)
  }
  const modelPart = fields.get('model')
  const model = valueOfPart(body, modelPart)
  if (modelPart === undefined || model === null || model === '')
    throw invalidField('model', 'must name a model')
  return {
    body,
    model,
    stream: booleanOf(valueOfPart(body, fields.get('stream'))),
    responseFormat: valueOfPart(body, fields.get('response_format')),
    fileBytes,
    modelStart: modelPart.start,
    modelEnd: modelPart.end,
  }
}

/** The change that makes the client's form the upstream's. */
export function multipartSplices(
  { modelStart, modelEnd, model }: MultipartFacts,
  upstream: string,
): readonly Splice[] {
  return upstream === model ? [] : [{ start: modelStart, end: modelEnd, bytes: Buffer.from(upstream) }]
}

/** Characters of RFC 2046 §5.1.1, 70 at most. */
const boundaryPattern =
  /;\s*boundary=(?:"([0-9A-Za-z'()+_,./:=? -]{1,70})"|([0-9A-Za-z'()+_,./:=?-]{1,70}))\s*(?:;|$)/i

function boundaryOf(contentType: string): Buffer {
  const found = boundaryPattern.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  if (boundary === undefined || contentType.toLowerCase().split('boundary=').length !== 2)
    throw invalidField('content-type', 'must name one boundary')
  return Buffer.from(`--${boundary}`)
}

function partsOf(body: Buffer, delimiter: Buffer): readonly Part[] {
  const between = Buffer.concat([lineEnd, delimiter])
  const parts: Part[] = []
  if (!body.subarray(0, delimiter.length).equals(delimiter))
    throw malformed('it must begin with its boundary')
  let at = delimiter.length
  for (;;) {
    if (isAt(body, at, '--')) break
    if (!isAt(body, at, '\r\n')) throw malformed('a boundary must end its line')
    if (parts.length === mostParts) throw malformed(`more than ${mostParts} parts`)
    // The blank line may follow the boundary at once: then there are no headers, and no name.
    const headEnd = body.indexOf(headersEnd, at)
    if (headEnd < 0 || headEnd - at > mostHeaderBytes) throw malformed('the headers of a part have no end')
    const start = headEnd + headersEnd.length
    // The line end of the boundary may be the one that ends the headers, in a part without content.
    const end = body.indexOf(between, start)
    if (end < 0) throw malformed('its last boundary is missing')
    parts.push({ ...dispositionOf(body.toString('utf8', at + 2, Math.max(at + 2, headEnd))), start, end })
    at = end + between.length
  }
  const rest = body.subarray(at + 2)
  if (rest.length > 0 && !rest.equals(lineEnd)) throw malformed('nothing may follow its last boundary')
  return parts
}

/** Of a part's headers: `Content-Disposition: form-data; name="…"; filename="…"`. */
function dispositionOf(head: string): { readonly name: string; readonly isFile: boolean } {
  const lines = head.split('\r\n').filter(line => /^content-disposition\s*:/i.test(line))
  const [line] = lines
  if (line === undefined || lines.length > 1) throw malformed('a part must have one content-disposition')
  const names = [...line.matchAll(/;\s*name\s*=\s*(?:"([^"\\]*)"|([^\s";\\]+))/gi)]
  const [name] = names
  if (name === undefined || names.length > 1 || /;\s*name\*/i.test(line))
    throw malformed('a part must have one plain name')
  return { name: name[1] ?? name[2] ?? '', isFile: /;\s*filename\*?\s*=/i.test(line) }
}

function valueOfPart(body: Buffer, part: Part | undefined): string | null {
  if (part === undefined) return null
  if (part.end - part.start > mostValueBytes) throw invalidField(part.name, 'is too long')
  const value = body.toString('utf8', part.start, part.end)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f\ufffd]/.test(value))
    throw invalidField(part.name, 'has a character that is no text')
  return value
}

/** The words that pydantic takes for true and false; Python engines read forms with it (both from memory). */
function booleanOf(value: string | null): boolean {
  if (value === null || /^(false|0|off|no|n|f)?$/i.test(value)) return false
  if (/^(true|1|on|yes|y|t)$/i.test(value)) return true
  throw invalidField('stream', 'must be true or false')
}

function isAt(body: Buffer, at: number, text: string): boolean {
  return body.toString('latin1', at, at + text.length) === text
}

function malformed(problem: string): GatewayError {
  return new GatewayError(400, 'invalid_request', `the body is no form-data: ${problem}`)
}
