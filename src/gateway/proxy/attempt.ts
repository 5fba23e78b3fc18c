/**
 * One attempt at one upstream: its times, its answer, its end. It knows nothing of the client: what it has for it, it offers to its
 * owner, who may have another attempt under way (a hedge) or none any more (a client that went away).
 */
import type { Writable } from '../../core/writable.ts'
import type { Cancellation } from '../../live/index.ts'
import type { AttemptSettings } from '../config/gateway-config.ts'
import type { Candidate } from '../dispatch/types.ts'
import {
  type AnswerFacts,
  GatewayError,
  newAnswerFacts,
  type StreamRewriter,
  upstreamError,
} from '../wire/index.ts'
import { type PassageSetting, streamPassage, wholePassage } from './answer-passage.ts'
import { broken, isOwnFault, isSuccess, timedOut, transportError } from './attempt-errors.ts'
import type { Upstream } from './upstream-clients.ts'
import type { UpstreamRequest } from './upstream-request.ts'

export interface AttemptOwner {
  /** It has something for the client: false when another attempt was faster, and this one is to stop. */
  claims(attempt: Attempt): boolean
  /** Of the attempt that claimed. headers: the upstream's, by lower-case name; bytes: of a whole answer, null for a stream. */
  head(attempt: Attempt, headers: ReadonlyMap<string, string>, bytes: number | null): void
  /** All but the end of a stream. */
  bytes(attempt: Attempt, bytes: Buffer): void
  /** Exactly once. */
  over(attempt: Attempt, end: AttemptEnd): void
}

export type AttemptEnd =
  /** tail: what the client has not been given: the last bytes of a stream, all of a whole answer. */
  | { readonly kind: 'served'; readonly tail: Buffer }
  /** error: for the client, should this be the last attempt. Another candidate may do better. */
  | {
      readonly kind: 'failed' | 'limited'
      readonly error: GatewayError
      readonly retryAfterSeconds: number | null
    }
  /** The request's own fault: no candidate would take it. */
  | { readonly kind: 'refused'; readonly error: GatewayError }
  | { readonly kind: 'cancelled' }

export interface Attempt {
  readonly candidate: Candidate
  /** Of the attempts of its request, from 0. */
  readonly number: number
  /** 0: no answer yet. */
  readonly status: number
  readonly facts: Readonly<AnswerFacts>
  readonly startedUs: number
  /** NaN until then. */
  readonly sentUs: number
  readonly firstTextUs: number
  readonly lastTextUs: number
  readonly endUs: number
  readonly bytesRead: number
  cancel(): void
  pause(): void
  resume(): void
  /** Looks at its time-outs. */
  tick(nowUs: number): void
}

export interface AttemptSetting extends PassageSetting {
  readonly candidate: Candidate
  readonly number: number
  readonly upstream: UpstreamRequest
  readonly way: Upstream
  readonly limits: AttemptSettings
  readonly nowUs: () => number
}

/** Of an answer that is no stream, and of an error's body: beyond it nobody reads on. Assumed. */
const mostBodyBytes = 256 * 1024 * 1024
const mostErrorBytes = 64 * 1024

/**
 * What comes before the first text (a role, a message's start) is held back for as long, so that an upstream that breaks off there can
 * still be replaced. Assumed: short beside the patience of any client that waits for a sign of life.
 */
const longestHoldUs = 2_000_000

/** Between the end mark of a stream and the end of its transport. Assumed: they come in one packet, mostly. */
const lingerMs = 1000

const nothing = Buffer.alloc(0)

export function startAttempt(setting: AttemptSetting, owner: AttemptOwner): Attempt {
  const { candidate, way, limits, upstream, client, nowUs } = setting
  const startedUs = nowUs()
  let headers: ReadonlyMap<string, string> = new Map()
  let headUs = Number.NaN
  let readUs = Number.NaN
  let isOver = false
  let isPaused = false
  let isClaimed = false
  let isTransportOver = false
  /** Its end mark came before the end of the transport. */
  let endedBefore = false
  let rewriter: StreamRewriter | null = null
  let textEvents = 0
  /** Of a stream: what its client has not been given yet. Of a whole answer: all of it. */
  const held: Buffer[] = []
  let heldBytes = 0

  function over(end: AttemptEnd): void {
    if (isOver) return
    isOver = true
    attempt.endUs = nowUs()
    rewriter?.readUsage()
    owner.over(attempt, end)
  }

  function fail(error: GatewayError, kind: 'failed' | 'limited' = 'failed'): void {
    if (isOver) return
    call.cancel()
    over({ kind, error, retryAfterSeconds: error.retryAfterSeconds })
  }

  function claim(bytes: number | null): boolean {
    if (isClaimed) return true
    if (!owner.claims(attempt)) {
      call.cancel()
      over({ kind: 'cancelled' })
      return false
    }
    isClaimed = true
    owner.head(attempt, headers, bytes)
    return true
  }

  /** The answer is over; its connection is used again if the upstream ends it soon. */
  function letGo(): void {
    if (!isTransportOver) setTimeout(() => isTransportOver || call.cancel(), lingerMs).unref()
  }

  function handOn(out: Buffer): void {
    for (const piece of held.splice(0)) owner.bytes(attempt, piece)
    if (out.length > 0) owner.bytes(attempt, out)
  }

  function noteText(atUs: number): void {
    if (attempt.facts.textEvents === textEvents) return
    textEvents = attempt.facts.textEvents
    if (Number.isNaN(attempt.firstTextUs)) attempt.firstTextUs = atUs
    attempt.lastTextUs = atUs
  }

  function streamed(stream: StreamRewriter, out: Buffer): void {
    const { facts } = stream
    noteText(readUs)
    if (!isClaimed && facts.problem !== null) {
      fail(broken(`the upstream broke off: ${facts.problem}`))
    } else if (facts.complete) {
      held.push(out)
      endStream(stream)
    } else if (isClaimed || textEvents > 0) {
      if (claim(null)) handOn(out)
    } else if (out.length > 0) held.push(out)
  }

  function keep(bytes: Uint8Array): void {
    heldBytes += bytes.length
    if (!isSuccess(attempt.status)) {
      if (heldBytes <= mostErrorBytes) held.push(Buffer.from(bytes))
    } else if (heldBytes > mostBodyBytes) fail(broken('the upstream’s answer is too long'))
    else held.push(Buffer.from(bytes))
  }

  /** At its end mark, or where the upstream ended it: whichever comes first, for some servers leave the connection open. */
  function endStream(stream: StreamRewriter): void {
    held.push(stream.finish())
    const { facts } = stream
    noteText(readUs)
    const problem = stream.problem ?? facts.problem
    if (problem !== null) {
      if (isClaimed) handOn(nothing)
      fail(broken(problem))
    } else if (!facts.complete && facts.finishReason === null) {
      if (isClaimed) handOn(nothing)
      fail(broken('the upstream ended its answer before it was complete'))
    } else if (claim(null)) {
      endedBefore = true
      over({ kind: 'served', tail: Buffer.concat(held.splice(0)) })
    }
  }

  function endWhole(): void {
    if (client.stream && client.api !== 'transcription') {
      fail(broken('the upstream does not stream this answer'))
      return
    }
    const body = held.length === 1 ? held[0]! : Buffer.concat(held)
    try {
      const { pieces, facts } = wholePassage(setting, body)
      attempt.facts = facts
      if (!facts.complete || facts.problem !== null) {
        fail(broken(facts.problem ?? 'the upstream’s answer is not complete'))
        return
      }
      const tail = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
      if (claim(tail.length)) over({ kind: 'served', tail })
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      fail(error)
    }
  }

  function endError(): void {
    const error = upstreamError(attempt.status, Buffer.concat(held), headers.get('retry-after') ?? null)
    if (attempt.status === 429 || attempt.status === 529) fail(error, 'limited')
    else if (isOwnFault(attempt.status)) over({ kind: 'refused', error })
    else fail(error)
  }

  const attempt: Writable<Attempt> = {
    candidate,
    number: setting.number,
    startedUs,
    status: 0,
    facts: newAnswerFacts(),
    sentUs: Number.NaN,
    firstTextUs: Number.NaN,
    lastTextUs: Number.NaN,
    endUs: Number.NaN,
    bytesRead: 0,
    cancel() {
      if (isOver) return
      call.cancel()
      over({ kind: 'cancelled' })
    },
    pause() {
      isPaused = true
      call.pause()
    },
    resume() {
      isPaused = false
      readUs = nowUs()
      call.resume()
    },
    tick(now) {
      if (isOver) return
      const { firstTokenTimeoutMs, gapTimeoutMs, totalTimeoutMs } = limits
      const sinceMs = (now - startedUs) / 1000
      if (sinceMs >= totalTimeoutMs)
        fail(timedOut(`the answer was not complete within ${totalTimeoutMs / 1000} s`))
      else if (!client.stream) return
      else if (Number.isNaN(attempt.firstTextUs)) {
        if (sinceMs >= firstTokenTimeoutMs)
          fail(timedOut(`no first token within ${firstTokenTimeoutMs / 1000} s`))
        else if (held.length > 0 && rewriter !== null && now - headUs > longestHoldUs && claim(null))
          handOn(nothing)
      } else if (!isPaused && (now - readUs) / 1000 >= gapTimeoutMs)
        fail(timedOut(`nothing came for ${gapTimeoutMs / 1000} s`))
    },
  }
  // Over a kept connection it is sent before this returns.
  const call: Cancellation = way.client.send(upstream.request, {
    sent(sent) {
      if (Number.isNaN(attempt.sentUs)) attempt.sentUs = sent.sentUs
    },
    head(atUs, statusNow, headersNow) {
      attempt.status = statusNow
      headers = headersNow
      headUs = atUs
      const isEvents = (headers.get('content-type') ?? '').includes('text/event-stream')
      if (attempt.status === 200 && client.stream && isEvents) {
        rewriter = streamPassage(setting)
        attempt.facts = rewriter.facts
      }
    },
    data(atUs, bytes) {
      if (isOver) return
      readUs = atUs
      attempt.bytesRead += bytes.length
      if (rewriter === null) keep(bytes)
      else {
        streamed(rewriter, rewriter.push(bytes))
        if (endedBefore) queueMicrotask(letGo)
      }
    },
    end(atUs) {
      isTransportOver = true
      if (isOver) return
      if (Number.isNaN(readUs)) readUs = atUs
      if (rewriter !== null) endStream(rewriter)
      else if (!isSuccess(attempt.status)) endError()
      else endWhole()
    },
    failure(_atUs, failure) {
      isTransportOver = true
      if (isOver) return
      fail(transportError(failure))
    },
  })
  return attempt
}
