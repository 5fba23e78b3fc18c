/** POST /v1/completions: a prompt as text or token ids; chunks with `text` (OpenAI's Node client 7.57). */
import { type JsonObject, textIn } from './answer-json.ts'
import { samplingFields, streamFields } from './chat.ts'
import { readChoices } from './completion-choices.ts'
import type { AnswerEvent, EndpointKind } from './endpoint.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { type AnswerDialect, createJsonReader } from './json-reader.ts'
import { jsonBody, promptText } from './request-json.ts'

export function completionsEndpoint(options: EndpointOptions): EndpointKind {
  return {
    name: 'completions',
    path: options.path ?? '/v1/completions',
    streams: true,
    generates: true,
    body: asked =>
      jsonBody(asked, streamFields(asked, options), () => ({
        prompt: asked.prompt.kind === 'tokens' ? asked.prompt.ids : promptText(asked.prompt, 'completions'),
        max_tokens: asked.outputTokens,
        ...samplingFields(asked, options),
      })),
    reader: () => createJsonReader(completionDialect),
  }
}

function readText(choice: JsonObject, into: AnswerEvent): void {
  into.contentText += textIn(choice, 'text')
  into.reasoningText += textIn(choice, 'reasoning_content') || textIn(choice, 'reasoning')
}

const completionDialect: AnswerDialect = {
  stateless: true,
  event: (json, into) => readChoices(json, into, readText),
  body: (json, into) => readChoices(json, into, readText),
}
