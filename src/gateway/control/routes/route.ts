/** A route as data: who may call it, with what, and what it does. */
import type { ControlParts } from '../control-parts.ts'
import type { Openness } from '../guard.ts'
import type { LiveHub } from '../live-hub.ts'
import type { ControlQuery } from '../query.ts'

export interface ControlCall {
  readonly query: ControlQuery
  /** What stands for `:id` in the path; '' where there is none. */
  readonly id: string
  /** The body as JSON; null where there was none. Unchecked. */
  readonly body: unknown
  readonly parts: ControlParts
  readonly hub: LiveHub
  /** Ends the caller's connection at once. */
  cut(): void
}

export type ControlAnswer =
  | { readonly kind: 'json'; readonly status?: 200 | 201 | 202 | 422 | 503; readonly value: unknown }
  | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
  | { readonly kind: 'events'; readonly stream: ReadableStream<Uint8Array> }

export interface ControlRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly openness: Openness
  /** Parameters of the query; others are refused. */
  readonly query: readonly string[]
  /** It takes a JSON object; left out: no body. */
  readonly takesBody?: boolean
  answer(call: ControlCall): ControlAnswer | Promise<ControlAnswer>
}

export function json(value: unknown): ControlAnswer {
  return { kind: 'json', value }
}
