/** What a client is told about a request that the fleet did not serve. */
import { type ApiProblem, problem } from './api-error.ts'
import type { GenerationEnd } from './dispatcher.ts'

/** Seconds after which to come again where nobody says. Assumed: the shortest that Retry-After can say. */
const soonestSeconds = 1

/** Reasons for which coming again later may help are 429 with Retry-After; those of the whole fleet are 503. */
export function problemOfEnd(end: GenerationEnd): ApiProblem {
  const { record, rejection } = end
  const retryAfterSeconds = rejection?.retryAfterSeconds ?? null
  switch (record.reason) {
    case 'queue-full':
    case 'fair-share':
    case 'rate-limit':
    case 'saturated':
    case 'objective-out-of-reach':
      return problem(
        429,
        `The request was refused: ${record.reason}.`,
        null,
        retryAfterSeconds ?? soonestSeconds,
      )
    case 'no-candidate':
    case 'deadline':
      return problem(
        503,
        `The request was refused: ${record.reason}.`,
        null,
        retryAfterSeconds ?? soonestSeconds,
      )
    case 'prompt-exceeds-limit':
      return problem(400, 'The prompt and the answer exceed what the engine takes.', 'input_tokens')
    case 'cache-too-small':
      return problem(
        400,
        'The prompt and the answer do not fit into the KV cache of the engine.',
        'input_tokens',
      )
    default:
      return problem(500, `The request broke off: ${record.reason}.`)
  }
}
