/** Reads events and bodies as a client would, and keeps what came of each. */
import { type AnswerEvent, type AnswerReader, newAnswerEvent } from './endpoint.ts'
import { endpointKind } from './endpoint-kinds.ts'
import type { EndpointOptions } from './endpoint-options.ts'

export type Sent = string | object

const textOf = (sent: Sent) => (typeof sent === 'string' ? sent : JSON.stringify(sent))

/** What one reader makes of the events of a stream. */
export function readStream(
  name: string,
  events: readonly Sent[],
  options: Partial<EndpointOptions> = {},
): AnswerEvent[] {
  return readAll(
    endpointKind(name, options).reader(),
    events.map(event => Buffer.from(textOf(event))),
  )
}

export function readAll(reader: AnswerReader, events: readonly Buffer[]): AnswerEvent[] {
  const into = newAnswerEvent()
  return events.map(data => {
    reader.event(data, into)
    return { ...into }
  })
}

export function readBody(name: string, body: Sent, options: Partial<EndpointOptions> = {}): AnswerEvent {
  const into = newAnswerEvent()
  endpointKind(name, options)
    .reader()
    .body(Buffer.from(textOf(body)), into)
  return into
}

/** Only what differs from an empty event. */
export function told(event: AnswerEvent): Partial<AnswerEvent> {
  const empty: Readonly<Record<string, unknown>> = { ...newAnswerEvent(), kind: '' }
  return Object.fromEntries(Object.entries(event).filter(([field, value]) => value !== empty[field]))
}
