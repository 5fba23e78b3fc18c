/** What went wrong with an upstream, in words for the client, and whose fault it is. */
import type { TransportFailure } from '../../live/index.ts'
import { GatewayError } from '../wire/index.ts'

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** What every upstream would say to this request. 404 is not: there the model may just be missing. 408 and 425 pass with time. */
export function isOwnFault(status: number): boolean {
  return (
    status === 400 || status === 405 || status === 409 || status === 413 || status === 415 || status === 422
  )
}

export function broken(message: string): GatewayError {
  return new GatewayError(502, 'upstream_error', message)
}

export function timedOut(message: string): GatewayError {
  return new GatewayError(504, 'timeout', message)
}

/** The transport's own words name addresses: they are for logs, not for clients. */
export function transportError({ kind }: TransportFailure): GatewayError {
  switch (kind) {
    case 'timeout':
      return timedOut('the upstream did not answer in time')
    case 'connect':
      return new GatewayError(502, 'upstream_error', 'no connection to the upstream')
    case 'reset':
    case 'incomplete':
      return new GatewayError(502, 'upstream_error', 'the upstream broke off its answer')
    case 'malformed':
      return new GatewayError(502, 'upstream_error', 'the upstream’s answer is no HTTP')
  }
}
