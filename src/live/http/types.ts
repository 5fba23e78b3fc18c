/** What a streaming HTTP client is asked, and what it tells; every time is read from one clock when the thing happens. */

export interface HttpTarget {
  readonly protocol: 'http:' | 'https:'
  readonly host: string
  readonly port: number
  /** Path before that of the endpoint, without a slash at its end: '' or '/openai'. */
  readonly basePath: string
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Full path with query. */
  readonly path: string
  /** Without Host, Content-Length and Connection, which the client sets. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
}

/** Told in this order: sent, head, data …, then exactly one of end and failure. Nothing after cancel(). */
export interface ResponseListener {
  /** The bytes were handed to the socket. Called again when a stale connection made a second attempt necessary. */
  sent(facts: SentFacts): void
  head(atUs: number, status: number, headers: ReadonlyMap<string, string>): void
  /**
   * Bytes of the body, transfer coding removed; valid during the call only. atUs is the time of the read they came in:
   * several calls with the same time came in one read.
   */
  data(atUs: number, bytes: Uint8Array): void
  end(atUs: number): void
  failure(atUs: number, failure: TransportFailure): void
}

export interface SentFacts {
  readonly sentUs: number
  readonly connectedUs: number
  readonly reused: boolean
  readonly attempt: number
}

export interface TransportFailure {
  /** connect: no connection. reset: it broke. timeout: nothing came for too long. malformed: no HTTP. incomplete: it ended early. */
  readonly kind: 'connect' | 'reset' | 'timeout' | 'malformed' | 'incomplete'
  readonly message: string
}

export interface Cancellation {
  /** Closes the connection; the listener hears nothing more. */
  cancel(): void
  /** No more bytes are read until resume(): the server is held up once its socket is full. Silence while paused is no time-out. */
  pause(): void
  resume(): void
}

export interface StreamingClient {
  send(request: HttpRequest, listener: ResponseListener): Cancellation
  readonly statistics: ClientStatistics
  /** Closes idle connections and refuses further requests. */
  close(): void
}

export interface ClientStatistics {
  readonly connectionsOpened: number
  readonly staleRetries: number
  readonly reads: number
  readonly bytesRead: number
}
