/** The endpoint that is measured: where it is, how it is asked, and by which client. */
import type { HttpTarget } from '../live/http/types.ts'
import type { EndpointKind } from './endpoints/endpoint.ts'
import type { EndpointOptions } from './endpoints/endpoint-options.ts'

export interface BenchEndpoint {
  /** For people and files: scheme, host, port and path, without credentials. */
  readonly url: string
  readonly target: HttpTarget
  readonly kind: EndpointKind
  /** What `kind` was made with: another thread makes the same of its name and them. */
  readonly kindOptions: Partial<EndpointOptions>
  /** The same without fields that only engines know. */
  readonly plainKind: EndpointKind
  /** Full path: base path and that of the kind. */
  readonly path: string
  readonly model: string
  readonly streaming: boolean
  /** Of every request, the key included: never printed, never stored. */
  readonly headers: Readonly<Record<string, string>>
  /** Fields of every body. */
  readonly extra: Readonly<Record<string, unknown>>
  /** Ask for answers of exactly the length. */
  readonly exactLength: boolean
  readonly requestTimeoutSeconds: number
  readonly reuse: 'pooled' | 'never'
  readonly insecure: boolean
}
