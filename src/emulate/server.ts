/** The routes of the emulator. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { TokenwrightError } from '../core/errors.ts'
import { readChatRequest } from './api/chat-request.ts'
import { readCompletionRequest } from './api/completion-request.ts'
import { isObject, type JsonObject, optionalInteger, parseBody } from './api/fields.ts'
import { readResponsesRequest } from './api/responses-request.ts'
import { ApiError, type ApiProblem, badRequest, problem } from './api-error.ts'
import type { EmulatorCore, ServedModel } from './core.ts'
import { embed } from './endpoints/embed.ts'
import { generate } from './endpoints/generate.ts'
import { listModels, oneModel } from './endpoints/models.ts'
import { detokenize, tokenize } from './endpoints/tokenize.ts'
import { transcribe } from './endpoints/transcribe.ts'
import { type HttpFault, parseFault } from './fault-spec.ts'
import { chatFormat } from './formats/chat-format.ts'
import { completionFormat } from './formats/completion-format.ts'
import { responsesFormat } from './formats/responses-format.ts'
import { resetConnection } from './http/byte-sink.ts'
import {
  type Call,
  createCall,
  logCall,
  noFacts,
  onClosed,
  refuse,
  sendJson,
  sendProblem,
} from './http/call.ts'
import { readBody } from './http/read-body.ts'
import { mergeExpositions } from './merge-expositions.ts'
import { prometheusContentType } from './telemetry/exposition.ts'

/** Requests that the engine or a fault may answer; everything else is answered at once. */
type Handler = (core: EmulatorCore, call: Call) => void

interface Route {
  /** Of the ids of its answers. */
  readonly prefix: string
  readonly handle: Handler
}

const posts: Readonly<Record<string, Route>> = {
  '/v1/chat/completions': { prefix: 'chatcmpl-', handle: chat },
  '/v1/completions': { prefix: 'cmpl-', handle: complete },
  '/v1/responses': { prefix: 'resp_', handle: respond },
  '/v1/embeddings': { prefix: 'embd-', handle: embeddings },
  '/v1/audio/transcriptions': {
    prefix: 'transcribe-',
    handle: (core, call) => transcribe(core, call, name => modelNamed(core, name)),
  },
}

const gets = new Set(['/v1/models', '/health', '/version', '/metrics', '/dcgm/metrics'])
/** POST, but without an engine. */
const tools = new Set(['/tokenize', '/detokenize'])

export function createEmulatorServer(core: EmulatorCore, version: string): Server {
  const { settings } = core
  const created = Math.floor(Date.now() / 1000)
  const keys = new Set(settings.apiKeys)
  const server = createServer(
    { noDelay: true, keepAliveTimeout: settings.keepAliveSeconds * 1000 },
    (request, response) => {
      readBody(request, settings.maximumBodyBytes, body => {
        const arrivalUs = core.clock.nowUs()
        try {
          answer(request, response, body, arrivalUs)
        } catch (error) {
          const told = error instanceof ApiError ? error.problem : problem(500, 'The emulator failed.')
          if (!(error instanceof ApiError)) settings.onFault(error)
          sendProblem(response, core.nextId('req-'), told)
        }
      })
    },
  )

  function answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | null,
    atUs: number,
  ): void {
    const path = (request.url ?? '/').split('?')[0]!
    const denied = path.startsWith('/v1/') && keys.size > 0 ? checkKey(request, keys) : null
    const route = posts[path]
    if (route !== undefined && request.method === 'POST') {
      receive(core, route, request, response, path, body, atUs, denied)
      return
    }
    if (denied !== null) throw new ApiError(denied)
    if (body === null) throw new ApiError(tooLarge(settings.maximumBodyBytes))
    if (request.method === 'POST' && tools.has(path)) {
      const fields = parseBody(body)
      sendJson(
        response,
        200,
        path === '/tokenize' ? tokenize(modelOf(core, fields), fields) : detokenize(fields),
        {},
      )
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      look(path, response)
    } else {
      throw new ApiError(noRoute(request.method ?? '', path))
    }
  }

  function look(path: string, response: ServerResponse): void {
    switch (path) {
      case '/health':
        response.writeHead(200, { 'content-length': '0' }).end()
        return
      case '/version':
        sendJson(response, 200, JSON.stringify({ version }), {})
        return
      case '/v1/models':
        sendJson(response, 200, listModels(core, created), {})
        return
      case '/metrics':
        sendText(response, metrics(core, 'metricsText'))
        return
      case '/dcgm/metrics':
        sendText(response, metrics(core, 'dcgmText'))
        return
    }
    if (!path.startsWith('/v1/models/')) throw new ApiError(noRoute('GET', path))
    const id = decodedPath(path.slice('/v1/models/'.length))
    sendJson(response, 200, oneModel(modelNamed(core, id), id, created), {})
  }

  return server
}

/** A request that counts: it has an id, perhaps a fault, and a line in the truth log. */
function receive(
  core: EmulatorCore,
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  body: Buffer | null,
  atUs: number,
  denied: ApiProblem | null,
): void {
  const drawn = core.drawFault()
  const id = core.nextId(route.prefix)
  const asked = denied === null ? faultAsked(request) : null
  const fault = asked === null || isProblem(asked) ? drawn : asked
  const call = createCall(request, response, path, body ?? Buffer.alloc(0), atUs, id, fault)
  if (denied !== null) refuse(core, call, denied)
  else if (body === null) refuse(core, call, tooLarge(core.settings.maximumBodyBytes))
  else if (isProblem(asked)) refuse(core, call, asked)
  else if (fault?.kind === 'status') {
    refuse(
      core,
      call,
      problem(fault.code, `Injected fault: status ${fault.code}`, null, fault.retryAfterSeconds),
    )
  } else if (fault?.kind === 'reset-before') {
    onClosed(call, () => logCall(core, call, noFacts, null, 'failed', 'injected-fault'))
    resetConnection(response)
  } else {
    try {
      route.handle(core, call)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      refuse(core, call, error.problem)
    }
  }
}

function isProblem(value: HttpFault | ApiProblem | null): value is ApiProblem {
  return value !== null && 'status' in value && 'message' in value
}

function faultAsked(request: IncomingMessage): HttpFault | ApiProblem | null {
  const header = request.headers['x-tokenwright-fault']
  if (typeof header !== 'string' || header === '') return null
  try {
    return parseFault(header, 'x-tokenwright-fault')
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    return problem(400, `${error.message}; ${error.fix ?? ''}`, 'x-tokenwright-fault')
  }
}

function chat(core: EmulatorCore, call: Call): void {
  const body = parseBody(call.body)
  const model = modelOf(core, body)
  const request = readChatRequest(body)
  generate(core, call, model, request, head => chatFormat(head, core.settings.reasoningField))
}

function complete(core: EmulatorCore, call: Call): void {
  const body = parseBody(call.body)
  generate(core, call, modelOf(core, body), readCompletionRequest(body), completionFormat)
}

function respond(core: EmulatorCore, call: Call): void {
  const body = parseBody(call.body)
  const echo = {
    instructions: body.instructions,
    maxOutputTokens: optionalInteger(body, 'max_output_tokens', 1),
    tools: body.tools,
    toolChoice: body.tool_choice,
    metadata: isObject(body.metadata) ? body.metadata : {},
    temperature: body.temperature,
    topP: body.top_p,
  }
  generate(core, call, modelOf(core, body), readResponsesRequest(body), head => responsesFormat(head, echo))
}

function embeddings(core: EmulatorCore, call: Call): void {
  const body = parseBody(call.body)
  embed(core, call, modelOf(core, body), body)
}

/** Names with slashes may come as they are or as %2F; what cannot be decoded names nothing. */
function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Requests that name no model go to the first one, as in vLLM. */
function modelOf(core: EmulatorCore, body: JsonObject): ServedModel {
  const name = body.model
  if (name === undefined || name === null) return core.firstModel
  if (typeof name !== 'string') throw badRequest('model must be a string.', 'model')
  return modelNamed(core, name)
}

function modelNamed(core: EmulatorCore, name: string): ServedModel {
  if (name === '') return core.firstModel
  const model = core.models.get(name)
  if (model === undefined) throw new ApiError(problem(404, `The model \`${name}\` does not exist.`, 'model'))
  return model
}

function checkKey(request: IncomingMessage, keys: ReadonlySet<string>): ApiProblem | null {
  const header = request.headers.authorization ?? ''
  const key = /^Bearer (.+)$/i.exec(header)?.[1]
  if (key !== undefined && keys.has(key)) return null
  const message = key === undefined ? 'You did not provide an API key.' : 'Incorrect API key provided.'
  return { ...problem(401, message), code: 'invalid_api_key' }
}

function tooLarge(maximumBytes: number): ApiProblem {
  return problem(413, `The body is larger than ${maximumBytes} bytes.`)
}

function noRoute(method: string, path: string): ApiProblem {
  const wrongMethod = path in posts || gets.has(path) || tools.has(path)
  return wrongMethod
    ? problem(405, `${method} is not allowed on ${path}.`)
    : problem(404, `There is no ${path} here.`)
}

function metrics(core: EmulatorCore, kind: 'metricsText' | 'dcgmText'): string {
  const nowUs = core.clock.nowUs()
  const texts = core.lanes.flatMap(({ telemetry }) => (telemetry === null ? [] : [telemetry[kind](nowUs)]))
  if (texts.length === 0) throw new ApiError(problem(404, 'This emulator was started without metrics.'))
  return mergeExpositions(texts)
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'content-type': prometheusContentType,
    'content-length': String(Buffer.byteLength(text)),
  })
  response.end(text)
}
