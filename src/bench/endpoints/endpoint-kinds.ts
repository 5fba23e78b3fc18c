/** The endpoints that can be measured, by name. */
import { TokenwrightError } from '../../core/errors.ts'
import { chatEndpoint } from './chat.ts'
import { completionsEndpoint } from './completions.ts'
import { embeddingsEndpoint } from './embeddings.ts'
import type { EndpointKind } from './endpoint.ts'
import { defaultEndpointOptions, type EndpointOptions } from './endpoint-options.ts'
import { messagesEndpoint } from './messages.ts'
import { rerankEndpoint } from './rerank.ts'
import { responsesEndpoint } from './responses.ts'
import { templateEndpoint } from './template.ts'
import { transcriptionEndpoint } from './transcription.ts'

const makers = {
  chat: chatEndpoint,
  completions: completionsEndpoint,
  responses: responsesEndpoint,
  messages: messagesEndpoint,
  embeddings: embeddingsEndpoint,
  rerank: rerankEndpoint,
  transcription: transcriptionEndpoint,
  template: templateEndpoint,
} as const

export type EndpointName = keyof typeof makers

export const endpointNames: readonly EndpointName[] = Object.keys(makers) as EndpointName[]

/**
 * The endpoint of that name; what is left out of the options is as usual.
 * @throws TokenwrightError when there is none of that name, or its options do not suffice.
 */
export function endpointKind(name: string, options: Partial<EndpointOptions> = {}): EndpointKind {
  if (!Object.hasOwn(makers, name)) {
    throw new TokenwrightError('usage', `there is no endpoint called ${JSON.stringify(name)}`, {
      where: 'the endpoint',
      fix: `choose one of ${endpointNames.join(', ')}`,
    })
  }
  return makers[name as EndpointName]({ ...defaultEndpointOptions, ...options })
}
