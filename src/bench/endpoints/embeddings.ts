/** POST /v1/embeddings: no output tokens, one body (OpenAI's API; vLLM, SGLang, llama.cpp, TEI serve it). */
import { countIn, type JsonObject, listIn, textIn } from './answer-json.ts'
import type { AnswerEvent, AskedRequest, EndpointKind } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { createJsonReader } from './json-reader.ts'
import { completionUsage } from './reported-usage.ts'
import { jsonBody, promptText } from './request-json.ts'

export function embeddingsEndpoint(options: EndpointOptions): EndpointKind {
  return {
    name: 'embeddings',
    path: options.path ?? '/v1/embeddings',
    streams: false,
    generates: false,
    body: asked =>
      jsonBody(asked, { model: asked.model }, () => ({ input: inputOf(asked), encoding_format: 'float' })),
    reader: () => createJsonReader({ stateless: false, event: readVectors, body: readVectors }),
  }
}

function inputOf({ prompt }: AskedRequest): unknown {
  if (prompt.kind === 'tokens') return prompt.ids
  if (prompt.kind === 'texts' && prompt.query === '') return prompt.texts
  return promptText(prompt, 'embeddings')
}

function readVectors(json: JsonObject, into: AnswerEvent): void {
  const vectors = listIn(json, 'data') ?? listIn(json, 'embeddings')
  into.answerId = textIn(json, 'id')
  readInputUsage(json, into)
  into.kind = vectors === null ? 'malformed' : into.usage === null ? 'other' : 'usage'
}

/** Usage of an answer without output tokens. Cohere counts its tokens under meta.tokens or meta.billed_units. */
export function readInputUsage(json: JsonObject, into: AnswerEvent): void {
  into.usage = completionUsage(json.usage) ?? completionUsage(cohereUsage(json.meta))
}

function cohereUsage(meta: unknown): JsonObject | null {
  const { tokens, billed_units: billed } = (meta ?? {}) as JsonObject
  const input = countIn((tokens ?? billed ?? null) as JsonObject | null, 'input_tokens')
  return input === null ? null : { prompt_tokens: input, completion_tokens: 0 }
}
