/** Refusals of dispatch and of tenants as errors for the client. */
import type { DispatchRefusal } from '../dispatch/types.ts'
import type { GateRefusal } from '../tenants/tenant-gate.ts'
import { GatewayError, type GatewayErrorCode } from '../wire/index.ts'

interface Words {
  readonly status: number
  readonly code: GatewayErrorCode
  readonly message: string
}

const dispatchWords: Readonly<Record<DispatchRefusal, Words>> = {
  'no-candidate': overloaded('nobody who serves this model is ready'),
  'queue-full': overloaded('too many requests are waiting for this model'),
  deadline: overloaded('the request waited as long as it may'),
  'fair-share': limited('you have more requests waiting than your share'),
  'rate-limit': limited('more requests than the limit of this model lets in'),
  saturated: overloaded('all who serve this model are busy'),
  'objective-out-of-reach': overloaded('the latency objective of this model cannot be met now'),
  'cooling-down': overloaded('all who serve this model failed of late'),
  requirements: {
    status: 400,
    code: 'invalid_request',
    message: 'nobody who serves this model meets the requirements of the request or the model',
  },
  'context-too-long': {
    status: 400,
    code: 'invalid_request',
    message: 'the prompt and its answer are longer than the context of all who serve this model',
  },
}

function overloaded(message: string): Words {
  return { status: 503, code: 'overloaded', message }
}

function limited(message: string): Words {
  return { status: 429, code: 'rate_limit_exceeded', message }
}

export function dispatchError(reason: DispatchRefusal, retryAfterSeconds: number): GatewayError {
  const { status, code, message } = dispatchWords[reason]
  return new GatewayError(status, code, `${message} (${reason})`, status === 400 ? {} : { retryAfterSeconds })
}

export function gateError({ reason, status, message, retryAfterSeconds }: GateRefusal): GatewayError {
  return new GatewayError(status, gateCode(reason, status), `${message} (${reason})`, { retryAfterSeconds })
}

function gateCode(reason: GateRefusal['reason'], status: number): GatewayErrorCode {
  if (reason === 'budget-spent') return 'insufficient_quota'
  switch (status) {
    case 401:
      return 'invalid_api_key'
    case 403:
      return 'permission_denied'
    case 429:
      return 'rate_limit_exceeded'
    case 503:
      return 'overloaded'
    default:
      return 'invalid_request'
  }
}
