/**
 * What the events of a stream begin with, up to the name of the model, and what is to stand in its place. Two JSON texts that
 * begin with the same bytes mean the same by them, so the replacement is right for every event that begins so.
 */
import { skipSpace, skipValue } from './json-skip.ts'
import type { Splice } from './splice.ts'

export interface EventHead {
  readonly before: Buffer
  readonly after: Buffer
}

const openBrace = 0x7b

/** The head of an event and of what the first of its changes makes of it; null when there is none. */
export function learnHead(data: Buffer, splices: readonly Splice[]): EventHead | null {
  const [first] = splices
  if (first === undefined || data[0] !== openBrace || data.includes(0x0a)) return null
  // Copies: the bytes of an event are another's after the call.
  return {
    before: Buffer.from(data.subarray(0, first.end)),
    after: Buffer.concat([data.subarray(0, first.start), first.bytes]),
  }
}

export function beginsWith(data: Buffer, head: Buffer): boolean {
  return data.length >= head.length && data.compare(head, 0, head.length, 0, head.length) === 0
}

/** A piece of an event that holds usage, with the comma before it; `start` −1: there is none, or none that is plain to see. */
export interface UsagePlace {
  start: number
  end: number
}

const usageName = Buffer.from('"usage"')
const colon = 0x3a
const comma = 0x2c
/** Of a value that is JSON already: deeper than any usage. */
const usageDepth = 100

/**
 * The next field called usage at or behind `from`, wherever in the event; false when there is no comma before it. Within a
 * text its quotes would be escaped, so these bytes are a name, or a text of just this word, which no colon follows.
 */
export function findUsage(data: Buffer, from: number, place: UsagePlace): boolean {
  place.start = -1
  for (let at = data.indexOf(usageName, from); at >= 0; at = data.indexOf(usageName, at + 1)) {
    const behind = skipSpace(data, at + usageName.length)
    if (data[behind] !== colon) continue
    let before = at - 1
    while (before > from && data[before] === 0x20) before--
    if (data[before] !== comma) return false
    place.start = before
    place.end = skipValue(data, skipSpace(data, behind + 1), usageDepth)
    return true
  }
  return true
}
