/**
 * A process of its own: llama.cpp behind an OpenAI-style port, so that engine and client do not share an event loop. Started
 * by start-real-engine.ts, which it tells its URL, and ended when that goes.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tinyModel, tinyModelName } from '../../scripts/tiny-model.ts'
import { answerWriter, BadRequest, readCompletion } from './api.ts'
import { type FinishReason, loadEngine, type RealEngine } from './engine.ts'

/** Answers of a request that names no length. */
const defaultOutputTokens = 256

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

async function complete(
  engine: RealEngine,
  kind: 'completion' | 'chat',
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = readCompletion(kind, await readBody(request))
  const prompt = engine.tokenize(asked.prompt, true)
  const room = engine.contextTokens - prompt.length
  if (room < 1) {
    throw new BadRequest(`the prompt has ${prompt.length} tokens, the context ${engine.contextTokens}`)
  }
  const outputTokens = Math.min(asked.outputTokens ?? defaultOutputTokens, room)
  if (outputTokens < 1) throw new BadRequest('max_tokens must be at least 1')
  const id = `cmpl-${randomUUID()}`
  const write = answerWriter(kind, id, tinyModelName)
  const gone = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  let text = ''
  const end = await engine.generate(
    {
      prompt,
      outputTokens,
      minimumTokens: asked.ignoreEnd ? outputTokens : asked.minimumTokens,
      temperature: asked.temperature,
      seed: asked.seed,
    },
    {
      started() {
        if (!asked.stream) return
        response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': id })
        response.write(write.opening())
      },
      token(piece) {
        if (asked.stream) response.write(write.token(piece))
        else text += piece
      },
    },
    gone.signal,
  )
  const finishReason: FinishReason = end.finishReason
  if (finishReason === 'cancelled') {
    response.destroy()
    return
  }
  const usage = { promptTokens: prompt.length, ...end }
  if (!asked.stream) {
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': id })
    response.end(write.whole(text, finishReason, usage))
    return
  }
  response.write(write.finish(finishReason))
  if (asked.includeUsage) response.write(write.usage(usage))
  response.end('data: [DONE]\n\n')
}

/** Names and meanings of llama-server's metrics: prompt_tokens_total counts what was computed, without what was cached. */
function metricsText(engine: RealEngine): string {
  const { promptTokens, cachedTokens, outputTokens, processing, deferred } = engine.counters()
  const rows: readonly (readonly [string, string, string, number])[] = [
    ['prompt_tokens_total', 'counter', 'Number of prompt tokens processed.', promptTokens],
    ['prompt_tokens_cached_total', 'counter', 'Number of prompt tokens found in a cache.', cachedTokens],
    ['tokens_predicted_total', 'counter', 'Number of generation tokens processed.', outputTokens],
    ['requests_processing', 'gauge', 'Number of requests processing.', processing],
    ['requests_deferred', 'gauge', 'Number of requests deferred.', deferred],
  ]
  return rows
    .map(
      ([name, type, help, value]) =>
        `# HELP llamacpp:${name} ${help}\n# TYPE llamacpp:${name} ${type}\nllamacpp:${name} ${value}\n`,
    )
    .join('')
}

async function answer(engine: RealEngine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  try {
    switch (`${request.method} ${request.url?.split('?')[0]}`) {
      case 'POST /v1/completions':
        return await complete(engine, 'completion', request, response)
      case 'POST /v1/chat/completions':
        return await complete(engine, 'chat', request, response)
      case 'GET /v1/models':
        return json({
          object: 'list',
          data: [
            { id: tinyModelName, object: 'model', owned_by: 'llamacpp', max_model_len: engine.contextTokens },
          ],
        })
      case 'POST /tokenize': {
        // llama-server asks for `content` and adds nothing; vLLM asks for `prompt` and begins as a prompt does.
        const body = JSON.parse(await readBody(request)) as { content?: string; prompt?: string }
        const tokens = engine.tokenize(body.content ?? body.prompt ?? '', body.content === undefined)
        return json({ tokens, count: tokens.length, max_model_len: engine.contextTokens })
      }
      case 'GET /health':
        return json({ status: 'ok' })
      case 'GET /metrics':
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
        response.end(metricsText(engine))
        return
      default:
        return json({ error: { code: 404, message: 'there is no such path', type: 'not_found_error' } }, 404)
    }
  } catch (error) {
    if (response.headersSent) response.destroy()
    else if (error instanceof BadRequest || error instanceof SyntaxError)
      json({ error: { code: 400, message: error.message, type: 'invalid_request_error' } }, 400)
    else json({ error: { code: 500, message: String(error), type: 'server_error' } }, 500)
  }
}

const [entry = '', sequences = '', contextTokens = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-real-engine-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// Whoever started it has gone, or wants it to go.
process.on('disconnect', () => process.exit())
const modelPath = join(folder, 'tiny.gguf')
writeFileSync(modelPath, tinyModel())
const engine = await loadEngine({
  entry,
  modelPath,
  sequences: Number(sequences),
  contextTokens: Number(contextTokens),
})
const server = createServer((request, response) => {
  void answer(engine, request, response)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  process.send?.({ url: `http://127.0.0.1:${address.port}` })
})
