/** What the system says of a broken connection, in words that say what to do. */
import { authorityOf } from './target.ts'
import type { HttpTarget, TransportFailure } from './types.ts'

/** Of the errors that Node and OpenSSL give by these names; docs: https://nodejs.org/api/errors.html, tls.html. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name has no address',
  EAI_AGAIN: 'its name could not be looked up just now',
  EHOSTUNREACH: 'there is no way to that machine',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'the machine does not answer',
  EMFILE: 'a limit here and no fault of the server: this process may not open more files, raise `ulimit -n`',
  ENFILE: 'a limit here and no fault of the server: this machine may not open more files',
  EADDRNOTAVAIL:
    'a limit here and no fault of the server: this machine has no free port left, reuse connections or ask for fewer',
  ECONNRESET: 'the server reset the connection',
  EPIPE: 'the server closed the connection while it was being written to',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: give the certificate as an authority',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate comes from an authority that is not known here: give it as an authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate comes from an authority that is not known here: give it as an authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate comes from an authority that is not known here: give it as an authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: write http:// for https://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: write http:// for https://',
}

/** `connected`: the connection had been made before it broke. */
export function failureOf(error: Error, target: HttpTarget, connected: boolean): TransportFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const said = words[code] ?? (error.message === '' ? 'no reason was given' : error.message)
  const named = code === '' || said.includes(code) ? said : `${said} (${code})`
  if (connected) return { kind: 'reset', message: `the connection broke: ${named}` }
  return { kind: 'connect', message: `no connection to ${authorityOf(target)}: ${named}` }
}

/** The server closed the connection in the middle of an answer, or before one. */
export function endedEarly(answered: boolean): TransportFailure {
  return {
    kind: 'incomplete',
    message: answered
      ? 'the server closed the connection before the answer was complete'
      : 'the server closed the connection without an answer',
  }
}
