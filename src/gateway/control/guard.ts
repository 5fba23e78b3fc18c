/**
 * Who may call what. Without a token: this machine only, reading only. With one: whoever has it. Against pages of other sites in the
 * browser of somebody who may: names in Host (DNS rebinding) and calls that a browser marks as another site's are refused.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { ControlError } from './control-error.ts'

export interface CallFacts {
  readonly method: string
  readonly path: string
  /** As node tells it; undefined: the connection is gone. */
  readonly peer: string | undefined
  readonly host: string | undefined
  readonly authorization: string | undefined
  /** sec-fetch-site of browsers. */
  readonly fetchSite: string | undefined
  /** x-forwarded-for or forwarded: a proxy speaks for somebody else. */
  readonly isForwarded: boolean
}

export interface GuardSettings {
  /** Of the control plane: its own name in Host. */
  readonly host: string
  readonly token: string | null
}

/** open: health and readiness, they say nothing but that. files: the dashboard, which holds nothing and asks for the token. */
export type Openness = 'open' | 'files' | 'read' | 'write'

export type Guard = (call: CallFacts, openness: Openness) => void

/** @returns a check that throws a ControlError. */
export function createGuard({ host, token }: GuardSettings): Guard {
  const expected = token === null ? null : digest(token)
  return (call, openness) => {
    if (openness === 'open') return
    // Who shows the token is no page of another site: browsers do not send it by themselves.
    if (expected !== null && isRight(call.authorization, expected)) return
    if (!isOwnName(call.host, host)) {
      throw new ControlError(
        'misdirected',
        'Host names another server: call it by address, as localhost, or with the token',
      )
    }
    if (openness === 'files' && expected !== null) return
    // A link from another site may lead to the page: it holds nothing, and nobody can frame it.
    if (openness !== 'files' && (call.fetchSite === 'cross-site' || call.fetchSite === 'same-site'))
      throw new ControlError('forbidden', 'pages of other sites may not call the control plane')
    if (expected !== null) {
      throw new ControlError('unauthorized', 'send "Authorization: Bearer …" with the token of control.token')
    }
    if (!isLoopback(call.peer) || call.isForwarded)
      throw new ControlError('forbidden', 'without control.token only calls from this machine are answered')
    if (openness === 'write')
      throw new ControlError(
        'forbidden',
        'without control.token nothing can be changed: set one in the configuration',
      )
  }
}

/** Digests are compared, so that neither place nor length of a difference shows in the time. */
function isRight(authorization: string | undefined, expected: Buffer): boolean {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  return token !== undefined && timingSafeEqual(digest(token), expected)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** An address cannot be rebound; of names only localhost and the configured one are ours. */
export function isOwnName(header: string | undefined, own: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(header ?? '')
  if (match === null) return false
  if (match[1] !== undefined) return isIP(match[1]) === 6
  const name = match[2]!.toLowerCase().replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === own.toLowerCase() || isIP(name) === 4
}

export function isLoopback(peer: string | undefined): boolean {
  return peer === '::1' || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(peer ?? '')
}
