/** A plain client for the real engine's tests: fetch, and events cut at blank lines. */

export interface StreamedAnswer {
  readonly status: number
  readonly id: string
  /** Text of each event that had any. */
  readonly pieces: readonly string[]
  readonly finishReason: string | null
  readonly usage: AnswerUsage | null
  readonly done: boolean
}

export interface AnswerUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
}

interface Event {
  readonly id: string
  readonly usage?: AnswerUsage
  readonly choices: readonly {
    readonly text?: string
    readonly delta?: { readonly role?: string; readonly content?: string | null }
    readonly finish_reason: string | null
  }[]
}

/** @param onPiece called at every piece of text; ends the request when it returns false */
export async function streamCompletion(
  url: string,
  body: object,
  onPiece: (count: number) => boolean = () => true,
): Promise<StreamedAnswer> {
  const abort = new AbortController()
  const response = await fetch(url, {
    method: 'POST',
    signal: abort.signal,
    body: JSON.stringify({ stream: true, stream_options: { include_usage: true }, ...body }),
  })
  const pieces: string[] = []
  let finishReason: string | null = null
  let usage: AnswerUsage | null = null
  let done = false
  let id = ''
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const part of response.body!) {
      rest += decoder.decode(part, { stream: true })
      const events = rest.split('\n\n')
      rest = events.pop()!
      for (const event of events) {
        const data = event.replace(/^data: /, '')
        if (data === '[DONE]') {
          done = true
          continue
        }
        const chunk = JSON.parse(data) as Event
        id = chunk.id
        usage = chunk.usage ?? usage
        for (const choice of chunk.choices) {
          const text = choice.text ?? choice.delta?.content ?? ''
          if (text !== '') pieces.push(text)
          finishReason = choice.finish_reason ?? finishReason
        }
        if (pieces.length > 0 && !onPiece(pieces.length)) abort.abort()
      }
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error
  }
  return { status: response.status, id, pieces, finishReason, usage, done }
}
