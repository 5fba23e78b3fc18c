/** Bodies of requests: the fields of an endpoint, the parts of a prompt that it can take, and what the user adds. */
import { TokenwrightError } from '../../core/errors.ts'
import { isObject, type JsonObject } from './answer-json.ts'
import type { AskedRequest, BenchPrompt, ChatMessage, RequestBody } from './endpoint.ts'

export const noHeaders: Readonly<Record<string, string>> = {}

/**
 * A JSON body. Of a prompt that is a whole payload its own fields are kept and only `filled` (model, stream and its
 * options) is added where missing; the user's extra fields win over everything. A field that is undefined is left out.
 */
export function jsonBody(
  asked: AskedRequest,
  filled: JsonObject,
  fields: () => JsonObject,
  headers: Readonly<Record<string, string>> = noHeaders,
): RequestBody {
  const { prompt, extra } = asked
  const own = prompt.kind === 'payload' ? payloadFields(prompt.body) : fields()
  const bytes = Buffer.from(JSON.stringify({ ...filled, ...own, ...extra }))
  return { contentType: 'application/json', bytes, headers }
}

function payloadFields(body: unknown): JsonObject {
  if (isObject(body)) return body
  throw new TokenwrightError('usage', 'a payload must be a JSON object', {
    where: 'the prompt',
    fix: 'give the body of one request, such as {"messages": […]}, or use the template endpoint',
  })
}

/** The prompt as one text. @throws TokenwrightError when the endpoint cannot take it. */
export function promptText(prompt: BenchPrompt, endpoint: string): string {
  switch (prompt.kind) {
    case 'text':
      return prompt.text
    case 'texts':
      return joinedTexts(prompt.query, prompt.texts)
    case 'messages':
      return prompt.messages.map(message => message.content).join('\n')
    default:
      throw wrongPrompt(prompt, endpoint, 'a text or messages')
  }
}

/** The prompt as messages; a text becomes the user's. @throws TokenwrightError when the endpoint cannot take it. */
export function promptMessages(prompt: BenchPrompt, endpoint: string): readonly ChatMessage[] {
  if (prompt.kind === 'messages') return prompt.messages
  return [{ role: 'user', content: promptText(prompt, endpoint) }]
}

/** Several texts of one request are paragraphs of one prompt. */
function joinedTexts(query: string, texts: readonly string[]): string {
  return (query === '' ? texts : [query, ...texts]).join('\n')
}

const namesOfPrompts: Readonly<Record<BenchPrompt['kind'], string>> = {
  text: 'a text',
  messages: 'messages',
  tokens: 'token ids',
  texts: 'several texts',
  audio: 'an audio file',
  payload: 'a whole payload',
}

export function wrongPrompt(prompt: BenchPrompt, endpoint: string, wanted: string): TokenwrightError {
  return new TokenwrightError(
    'usage',
    `the ${endpoint} endpoint cannot send ${namesOfPrompts[prompt.kind]}`,
    {
      where: 'the prompt',
      fix: `give it ${wanted}, or choose another endpoint`,
    },
  )
}
