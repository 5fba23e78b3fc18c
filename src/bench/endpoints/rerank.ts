/**
 * POST /v1/rerank in the form of Cohere and Jina, as vLLM serves it (vllm/entrypoints/pooling/scoring/protocol.py): query
 * and documents, results with relevance_score, usage of the prompt.
 */
import { type JsonObject, listIn, textIn } from './answer-json.ts'
import { readInputUsage } from './embeddings.ts'
import type { AnswerEvent, AskedRequest, EndpointKind } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { createJsonReader } from './json-reader.ts'
import { jsonBody, wrongPrompt } from './request-json.ts'

export function rerankEndpoint(options: EndpointOptions): EndpointKind {
  return {
    name: 'rerank',
    path: options.path ?? '/v1/rerank',
    streams: false,
    generates: false,
    body: asked => jsonBody(asked, { model: asked.model }, () => queryOf(asked)),
    reader: () => createJsonReader({ stateless: false, event: readResults, body: readResults }),
  }
}

function queryOf({ prompt }: AskedRequest): JsonObject {
  if (prompt.kind === 'texts' && prompt.query !== '' && prompt.texts.length > 0) {
    return { query: prompt.query, documents: prompt.texts }
  }
  throw wrongPrompt(prompt, 'rerank', 'a query and documents')
}

function readResults(json: JsonObject, into: AnswerEvent): void {
  // Jina and vLLM say results; text-embeddings-inference behind some gateways says data.
  const results = listIn(json, 'results') ?? listIn(json, 'data')
  into.answerId = textIn(json, 'id')
  readInputUsage(json, into)
  into.kind = results === null ? 'malformed' : into.usage === null ? 'other' : 'usage'
}
