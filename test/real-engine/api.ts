/** Requests and answers as OpenAI and llama-server word them, as far as a load generator needs it. */

export interface AskedCompletion {
  /** Null: of a chat, whose messages are in `prompt`, one a line. */
  readonly kind: 'completion' | 'chat'
  readonly prompt: string
  readonly outputTokens: number | null
  readonly minimumTokens: number
  readonly ignoreEnd: boolean
  readonly temperature: number
  readonly seed: number
  readonly stream: boolean
  readonly includeUsage: boolean
}

export class BadRequest extends Error {}

/** @throws BadRequest */
export function readCompletion(kind: 'completion' | 'chat', text: string): AskedCompletion {
  let body: Readonly<Record<string, unknown>>
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) throw new Error('no object')
    body = parsed as Readonly<Record<string, unknown>>
  } catch {
    throw new BadRequest('the body is no JSON object')
  }
  const number = (name: string) => (typeof body[name] === 'number' ? body[name] : null)
  const options = body.stream_options as { readonly include_usage?: unknown } | undefined
  return {
    kind,
    prompt: kind === 'chat' ? chatPrompt(body.messages) : completionPrompt(body.prompt),
    outputTokens: number('max_completion_tokens') ?? number('max_tokens') ?? number('n_predict'),
    minimumTokens: number('min_tokens') ?? 0,
    ignoreEnd: body.ignore_eos === true,
    temperature: number('temperature') ?? 1,
    seed: number('seed') ?? 0,
    stream: body.stream === true,
    includeUsage: options?.include_usage === true,
  }
}

function completionPrompt(prompt: unknown): string {
  if (typeof prompt !== 'string' || prompt === '') throw new BadRequest('prompt must be a text')
  return prompt
}

/** A line for each message: the model knows no template of its own. */
function chatPrompt(messages: unknown): string {
  if (!Array.isArray(messages) || messages.length === 0) throw new BadRequest('messages must be a list')
  const lines = messages.map((message: { readonly role?: unknown; readonly content?: unknown }) => {
    if (typeof message?.role !== 'string' || typeof message.content !== 'string')
      throw new BadRequest('every message has a role and a content')
    return `${message.role}: ${message.content}\n`
  })
  return `${lines.join('')}assistant:`
}

export interface Usage {
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

export function usageJson({ promptTokens, cachedTokens, outputTokens }: Usage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  }
}

/** Words the chunks of one answer. */
export function answerWriter(kind: 'completion' | 'chat', id: string, model: string) {
  const head = (object: string) => ({ id, object, created: Math.floor(Date.now() / 1000), model })
  const chunk = (choices: readonly unknown[], more: object = {}) =>
    `data: ${JSON.stringify({ ...head(kind === 'chat' ? 'chat.completion.chunk' : 'text_completion'), choices, ...more })}\n\n`
  return {
    /** What comes before the first token: chats open with a role, which is no token. */
    opening: () =>
      kind === 'chat'
        ? chunk([{ index: 0, delta: { role: 'assistant', content: null }, finish_reason: null }])
        : '',
    token: (text: string) =>
      chunk([
        kind === 'chat'
          ? { index: 0, delta: { content: text }, finish_reason: null }
          : { index: 0, text, logprobs: null, finish_reason: null },
      ]),
    finish: (reason: string) =>
      chunk([
        kind === 'chat'
          ? { index: 0, delta: {}, finish_reason: reason }
          : { index: 0, text: '', logprobs: null, finish_reason: reason },
      ]),
    usage: (usage: Usage) => chunk([], { usage: usageJson(usage) }),
    whole: (text: string, reason: string, usage: Usage) =>
      JSON.stringify({
        ...head(kind === 'chat' ? 'chat.completion' : 'text_completion'),
        choices: [
          kind === 'chat'
            ? { index: 0, message: { role: 'assistant', content: text }, finish_reason: reason }
            : { index: 0, text, logprobs: null, finish_reason: reason },
        ],
        usage: usageJson(usage),
      }),
  }
}
