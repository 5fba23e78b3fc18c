/** POST /v1/embeddings: each input is a request of one output token to the engine; the vectors are made up. */
import { mix32, RandomStream } from '../../core/random.ts'
import { type JsonObject, optionalInteger, optionalString, tokenList } from '../api/fields.ts'
import { ApiError, badRequest, contextLengthProblem } from '../api-error.ts'
import type { EmulatorCore, ServedModel } from '../core.ts'
import type { GenerationEnd } from '../dispatcher.ts'
import { problemOfEnd } from '../end-problem.ts'
import { type Call, type CallFacts, logCall, onClosed, sendBody, sendProblem } from '../http/call.ts'
import { encode } from '../tokenizer.ts'

/** OpenAI's limit on the inputs of one request. */
const mostInputs = 2048

export function embed(core: EmulatorCore, call: Call, model: ServedModel, body: JsonObject): void {
  const inputs = readInputs(body.input)
  const dimensions = optionalInteger(body, 'dimensions', 1) ?? core.settings.embeddingDimensions
  if (dimensions > 65_536)
    throw badRequest(`dimensions must be at most 65536, got ${dimensions}.`, 'dimensions')
  const format = optionalString(body, 'encoding_format')
  if (!['', 'float', 'base64'].includes(format)) {
    throw badRequest('encoding_format must be float or base64.', 'encoding_format')
  }
  for (const input of inputs) {
    if (input.length >= model.maximumContextTokens) {
      throw new ApiError(contextLengthProblem(model.maximumContextTokens, 1, input.length))
    }
  }
  const prefixes = inputs.map(input => model.lane.contents.prefixOf(input))
  const ends: GenerationEnd[] = []
  const ids: number[] = []
  let closed = false
  let logged = false
  const log = () => {
    if (!closed || logged || ends.length < inputs.length) return
    logged = true
    for (const end of ends) {
      logCall(core, call, factsOf(model, end), end, end.record.outcome, end.record.reason)
    }
  }
  const reply = () => {
    const failed = ends.find(end => end.record.outcome !== 'served')
    if (failed === undefined) {
      const total = inputs.reduce((sum, input) => sum + input.length, 0)
      sendBody(
        core,
        call,
        bodyText(
          model.id,
          prefixes.map(({ hash }) => hash),
          dimensions,
          format === 'base64',
          total,
        ),
        'application/json',
      )
    } else if (failed.record.outcome !== 'cancelled') {
      sendProblem(call.response, call.id, problemOfEnd(failed))
    }
  }
  for (const [index, input] of inputs.entries()) {
    const id = model.lane.submit(
      {
        tokens: { prompt: input, answer: [0] },
        content: prefixes[index]!.contentWith([0]),
        model: model.id,
        tenant: optionalString(body, 'user'),
        session: -1,
        turn: 0,
        priority: optionalInteger(body, 'priority', Number.MIN_SAFE_INTEGER) ?? 0,
        parameters: { maximumTokens: 1, choices: 1, finish: 'stop' },
      },
      call.arrivalUs,
      {
        streams: false,
        scheduled() {},
        emitted() {},
        ended(end) {
          ends.push(end)
          if (ends.length < inputs.length) return
          reply()
          log()
        },
      },
    )
    ids.push(id)
  }
  onClosed(call, () => {
    closed = true
    if (ends.length < inputs.length) for (const id of ids) model.lane.cancel(id)
    log()
  })
}

function factsOf(model: ServedModel, end: GenerationEnd): CallFacts {
  return {
    model: model.id,
    stream: false,
    inputTokens: end.record.inputTokens,
    plannedOutputTokens: 1,
    reasoningTokens: 0,
  }
}

/** A text, a list of texts, token ids, or a list of lists of token ids. */
function readInputs(input: unknown): number[][] {
  const list = typeof input === 'string' ? [input] : input
  if (!Array.isArray(list) || list.length === 0 || list.length > mostInputs) {
    throw badRequest(`input must be a text or a list of 1 to ${mostInputs} texts.`, 'input')
  }
  if (typeof list[0] === 'number') return [tokenList(list, 'input')]
  return list.map((item: unknown) => {
    if (typeof item === 'string' && item !== '') return encode(item)
    if (Array.isArray(item) && item.length > 0) return tokenList(item, 'input')
    throw badRequest('input holds an element that is no text and no list of token ids, or is empty.', 'input')
  })
}

function bodyText(
  model: string,
  hashes: readonly number[],
  dimensions: number,
  base64: boolean,
  total: number,
): string {
  const data = hashes.map((hash, index) => {
    const vector = vectorOf(hash, dimensions)
    const embedding = base64 ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector)
    return { object: 'embedding', index, embedding }
  })
  return JSON.stringify({ object: 'list', data, model, usage: { prompt_tokens: total, total_tokens: total } })
}

/** A direction that depends on the hash of all tokens, of length 1; equal inputs, equal vectors. */
function vectorOf(hash: number, dimensions: number): Float32Array {
  const random = new RandomStream(mix32(hash))
  const vector = new Float32Array(dimensions)
  let squares = 0
  for (let index = 0; index < dimensions; index++) {
    const value = random.normal()
    vector[index] = value
    squares += value * value
  }
  const scale = 1 / Math.sqrt(squares)
  for (let index = 0; index < dimensions; index++) vector[index] = vector[index]! * scale
  return vector
}
