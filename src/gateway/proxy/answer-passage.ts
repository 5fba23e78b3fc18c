/** An upstream's answer on its way into the client's words: a stream piece by piece, or a whole body at its end. */
import {
  type AnswerFacts,
  chatToMessagesAnswer,
  chatToMessagesStream,
  createStreamRewriter,
  messagesToChatAnswer,
  messagesToChatStream,
  readBody,
  rewriteBody,
  type StreamRewriter,
} from '../wire/index.ts'
import type { ClientRequest } from './client-request.ts'
import type { UpstreamRequest } from './upstream-request.ts'

export interface PassageSetting {
  readonly client: ClientRequest
  readonly upstream: Pick<UpstreamRequest, 'passage' | 'api'>
  /** The upstream calls the model otherwise than the client. */
  readonly isRenamed: boolean
  readonly requestId: string
  readonly createdSeconds: number
}

export function streamPassage(setting: PassageSetting): StreamRewriter {
  const { client, upstream, requestId, createdSeconds } = setting
  const { model } = client
  switch (upstream.passage) {
    case 'chat-to-messages':
      return chatToMessagesStream(model, requestId)
    case 'messages-to-chat':
      return messagesToChatStream({ model, createdSeconds, includeUsage: client.asksForUsage, requestId })
    case 'same':
      return createStreamRewriter({
        api: upstream.api,
        model: setting.isRenamed ? model : null,
        stripUsage: !client.asksForUsage,
      })
  }
}

export interface WholeAnswer {
  readonly pieces: readonly Buffer[]
  readonly facts: AnswerFacts
}

/** Throws a GatewayError (502) when the answer cannot be told in the client's words. */
export function wholePassage(setting: PassageSetting, body: Buffer): WholeAnswer {
  const { client, upstream, createdSeconds } = setting
  if (upstream.passage === 'same')
    return rewriteBody(upstream.api, body, setting.isRenamed ? client.model : null)
  const { facts, json } = readBody(upstream.api, body)
  if (!facts.complete || json === null) return { pieces: [body], facts }
  const told =
    upstream.passage === 'chat-to-messages'
      ? chatToMessagesAnswer(json, client.model)
      : messagesToChatAnswer(json, client.model, createdSeconds)
  return { pieces: [Buffer.from(JSON.stringify(told))], facts }
}
